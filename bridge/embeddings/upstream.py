"""Embed texts with another service: Voyage, or one with OpenAI's API, such as Ollama."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from bridge.embeddings.base import EmbeddingResult, TextOrTokens, Vectors
from bridge.embeddings.names import OPENAI_LENGTHS, resolve_length
from bridge.errors import (
    UPSTREAM_ID,
    BillingFailed,
    BridgeError,
    InvalidRequest,
    ModelNotFound,
    ShuttingDown,
    UpstreamFailed,
    UpstreamSilent,
    UpstreamUnreachable,
    error_for_status,
)

if TYPE_CHECKING:
    # Slow to import, unless the `anthropic` SDK has loaded it already.
    import httpx2

    from bridge.embeddings.dialects import Dialect

_CONNECT_SECONDS = 10.0
Service = Literal["openai", "compatible", "voyage"]

_BY_HOST: Mapping[str, Service] = {
    "api.openai.com": "openai",
    "api.voyageai.com": "voyage",
    "ai.mongodb.com": "voyage",
}

_OWN_STATUSES: Mapping[int, type[BridgeError]] = {422: InvalidRequest}
"""Servers built with FastAPI answer an invalid body with 422."""


class UpstreamEmbedder:
    """An embedder without retries: clients decide about those, as they know how long to wait."""

    name = "upstream"

    def __init__(
        self,
        base_url: str,
        key: str | None,
        model: str,
        *,
        service: Service | None = None,
        silence_seconds: float = 60.0,
    ) -> None:
        """`base_url` ends before `/embeddings`, such as `http://127.0.0.1:11434/v1` for Ollama.

        `model` is the service's name for it. It also answers for OpenAI's names, in OpenAI's
        lengths (see `shaping`). If it is one of OpenAI's models itself, each of them is requested
        under its own name. `service` None is derived from the host.
        """
        self._url = base_url.rstrip("/") + "/embeddings"
        parts = urlsplit(base_url)
        self._where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._service = service or _BY_HOST.get(parts.hostname or "", "compatible")
        self._key = key
        self._model = model
        self._silence = silence_seconds
        self._client: httpx2.AsyncClient | None = None
        self._closed = False
        self._client_lock = threading.Lock()

    def list_models(self) -> Sequence[str]:
        return (self._model, *(name for name in OPENAI_LENGTHS if name != self._model))

    async def embed(
        self, inputs: Sequence[TextOrTokens], *, model: str, dimensions: int | None
    ) -> EmbeddingResult:
        """See `Embedder.embed`. Tokens are sent to OpenAI unchanged, to others as text."""
        own = self._list_own_names()
        length = resolve_length(model, dimensions, own)
        requested = model if model in own else self._model
        dialect = await asyncio.to_thread(self._prepare)
        if self._service != "openai":
            inputs = await asyncio.to_thread(_decode_inputs, inputs)
        batches = [
            await self._request(
                dialect,
                requested,
                inputs[start : start + dialect.max_inputs],
                dimensions if requested == model else None,
            )
            for start in range(0, len(inputs), dialect.max_inputs)
        ]
        parts = [vectors for vectors, _ in batches]
        new_length = None if requested == model else length
        vectors = await asyncio.to_thread(_join_parts, parts, new_length)
        return EmbeddingResult(vectors, sum(tokens for _, tokens in batches), requested)

    async def warm(self) -> None:
        await asyncio.to_thread(self._prepare)

    async def close(self) -> None:
        self._closed = True
        if self._client is not None:
            await self._client.aclose()

    def _list_own_names(self) -> Sequence[str]:
        return tuple(OPENAI_LENGTHS) if self._model in OPENAI_LENGTHS else (self._model,)

    def _prepare(self) -> Dialect:
        """Make the HTTP client; in a thread, because certificates are read from disk."""
        import httpx2

        from bridge.embeddings.dialects import OPENAI, VOYAGE

        headers = {"authorization": f"Bearer {self._key}"} if self._key else {}
        timeout = httpx2.Timeout(self._silence, connect=_CONNECT_SECONDS)
        with self._client_lock:
            if self._client is None:
                self._client = httpx2.AsyncClient(headers=headers, timeout=timeout)
        return VOYAGE if self._service == "voyage" else OPENAI

    async def _request(
        self,
        dialect: Dialect,
        model: str,
        inputs: Sequence[TextOrTokens],
        dimensions: int | None,
    ) -> tuple[Vectors, int]:
        body = await asyncio.to_thread(_encode_body, dialect, model, inputs, dimensions)
        response = await self._post(body)
        if response.status_code != 200:
            raise self._build_error(response)
        try:
            return await asyncio.to_thread(_decode_body, dialect, response.content, len(inputs))
        except (ValueError, RecursionError) as error:
            raise UpstreamFailed(
                f"The response of {self._where} cannot be used: {error}.",
                headers=_pick_headers(response),
            ) from error

    async def _post(self, body: bytes) -> httpx2.Response:
        import httpx2

        if self._closed or self._client is None:
            raise ShuttingDown("The bridge is stopping.")
        try:
            return await self._client.post(
                self._url, content=body, headers={"content-type": "application/json"}
            )
        except httpx2.ConnectTimeout as error:
            raise UpstreamUnreachable(f"Timeout while connecting to {self._where}.") from error
        except httpx2.TimeoutException as error:
            raise UpstreamSilent(f"{self._where} did not respond in time.") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            if self._closed:
                raise ShuttingDown("The bridge is stopping.") from error
            # Some of these exceptions have no message.
            details = f"to {self._where}: {error or type(error).__name__}."
            if isinstance(error, httpx2.ConnectError):
                raise UpstreamUnreachable(f"No connection {details}") from error
            raise UpstreamFailed(f"Lost the connection {details}") from error

    def _build_error(self, response: httpx2.Response) -> BridgeError:
        """Return an error for the status, with the service's own message."""
        from bridge.embeddings.dialects import parse_error

        body = None
        with suppress(ValueError, RecursionError):
            body = json.loads(response.content)
        text, code, param = parse_error(body)
        status = response.status_code
        kind = error_for_status(status, _OWN_STATUSES)
        if code == "model_not_found":
            kind = ModelNotFound
        if code == "insufficient_quota":
            kind = BillingFailed
        message = f"{self._where} answered with status {status}{': ' + text if text else '.'}"
        # OpenAI sends 429, not 402, for an account without credit, and clients expect that.
        own_status = status if kind is BillingFailed else None
        return kind(message, param=param, status=own_status, headers=_pick_headers(response))


def _pick_headers(response: httpx2.Response) -> dict[str, str]:
    names = {"retry-after": "retry-after", "x-request-id": UPSTREAM_ID}
    return {
        ours: value for theirs, ours in names.items() if (value := response.headers.get(theirs))
    }


def _encode_body(
    dialect: Dialect, model: str, inputs: Sequence[TextOrTokens], dimensions: int | None
) -> bytes:
    from bridge.embeddings.dialects import build_body

    return json.dumps(build_body(dialect, model, inputs, dimensions)).encode()


def _decode_body(dialect: Dialect, content: bytes, count: int) -> tuple[Vectors, int]:
    from bridge.embeddings.dialects import parse_response

    answer: Any = json.loads(content)
    return parse_response(dialect, answer, count)


def _decode_inputs(inputs: Sequence[TextOrTokens]) -> list[str]:
    from bridge.embeddings.cl100k import decode_inputs

    return decode_inputs(inputs)


def _join_parts(parts: Sequence[Vectors], length: int | None) -> Vectors:
    """Concatenate the vectors and resize them to `length`, unless it is None."""
    import numpy as np

    from bridge.embeddings.shaping import resize_vectors

    try:
        vectors = np.concatenate(parts)
    except ValueError as error:
        raise UpstreamFailed("The service returned vectors of different lengths.") from error
    return vectors if length is None else resize_vectors(vectors, length)

"""Vectors of another service: any that speaks OpenAI's embeddings (OpenAI, Ollama), and Voyage."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from bridge.embeddings.base import Embedded, TextOrTokens, Vectors
from bridge.embeddings.names import USUAL, length_asked
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
    # Already there where the `anthropic` SDK is; the import takes half a second otherwise.
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
    """Asks, and does not retry: the client does that, who knows how long it can wait."""

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
        """`base_url` ends before `/embeddings`: `http://127.0.0.1:11434/v1`; Ollama needs no key.

        `model` is the service's own name; OpenAI's names are answered by it, too, in OpenAI's
        lengths (see `shaping`), unless it is one of OpenAI's: then each is asked by its name.
        `service`: told by the host when not given.
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
        self._making = threading.Lock()

    def models(self) -> Sequence[str]:
        return (self._model, *(name for name in USUAL if name != self._model))

    async def embed(
        self, inputs: Sequence[TextOrTokens], *, model: str, dimensions: int | None
    ) -> Embedded:
        """See `Embedder.embed`. Tokens go to OpenAI as they are, to others as text."""
        own = self._own()
        length = length_asked(model, dimensions, own)
        asked = model if model in own else self._model
        dialect = await asyncio.to_thread(self._ready)
        if self._service != "openai":
            inputs = await asyncio.to_thread(_as_texts, inputs)
        done = [
            await self._ask(
                dialect,
                asked,
                inputs[start : start + dialect.most_inputs],
                dimensions if asked == model else None,
            )
            for start in range(0, len(inputs), dialect.most_inputs)
        ]
        parts = [part for part, _ in done]
        vectors = await asyncio.to_thread(_joined, parts, None if asked == model else length)
        return Embedded(vectors, sum(tokens for _, tokens in done), asked)

    async def warm(self) -> None:
        await asyncio.to_thread(self._ready)

    async def close(self) -> None:
        self._closed = True
        if self._client is not None:
            await self._client.aclose()

    def _own(self) -> Sequence[str]:
        return tuple(USUAL) if self._model in USUAL else (self._model,)

    def _ready(self) -> Dialect:
        """Makes the client, in a thread: imports and certificates are read from disk."""
        import httpx2

        from bridge.embeddings.dialects import OPENAI, VOYAGE

        headers = {"authorization": f"Bearer {self._key}"} if self._key else {}
        timeout = httpx2.Timeout(self._silence, connect=_CONNECT_SECONDS)
        with self._making:
            if self._client is None:
                self._client = httpx2.AsyncClient(headers=headers, timeout=timeout)
        return VOYAGE if self._service == "voyage" else OPENAI

    async def _ask(
        self,
        dialect: Dialect,
        model: str,
        inputs: Sequence[TextOrTokens],
        dimensions: int | None,
    ) -> tuple[Vectors, int]:
        body = await asyncio.to_thread(_body, dialect, model, inputs, dimensions)
        response = await self._post(body)
        if response.status_code != 200:
            raise self._failure(response)
        try:
            return await asyncio.to_thread(_read, dialect, response.content, len(inputs))
        except ValueError as error:
            raise UpstreamFailed(
                f"The answer of {self._where} cannot be used: {error}.", headers=_kept(response)
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
            raise UpstreamUnreachable(f"No connection to {self._where} in time.") from error
        except httpx2.TimeoutException as error:
            raise UpstreamSilent(f"{self._where} was silent for too long.") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            if self._closed:
                raise ShuttingDown("The bridge is stopping.") from error
            # Some of them have no words.
            words = f"to {self._where}: {error or type(error).__name__}."
            if isinstance(error, httpx2.ConnectError):
                raise UpstreamUnreachable(f"No connection {words}") from error
            raise UpstreamFailed(f"The connection broke {words}") from error

    def _failure(self, response: httpx2.Response) -> BridgeError:
        """By its status; the service's own words are kept."""
        from bridge.embeddings.dialects import read_words

        said = None
        with suppress(ValueError):
            said = json.loads(response.content)
        words, code, param = read_words(said)
        status = response.status_code
        kind = error_for_status(status, _OWN_STATUSES)
        if code == "model_not_found":
            kind = ModelNotFound
        if code == "insufficient_quota":
            kind = BillingFailed
        message = f"{self._where} answered with status {status}{': ' + words if words else '.'}"
        # Its status stays: OpenAI says 429 for an empty account, too.
        kept = status if kind is BillingFailed else None
        return kind(message, param=param, status=kept, headers=_kept(response))


def _kept(response: httpx2.Response) -> dict[str, str]:
    names = {"retry-after": "retry-after", "x-request-id": UPSTREAM_ID}
    return {ours: value for its, ours in names.items() if (value := response.headers.get(its))}


def _body(
    dialect: Dialect, model: str, inputs: Sequence[TextOrTokens], dimensions: int | None
) -> bytes:
    from bridge.embeddings.dialects import request_body

    return json.dumps(request_body(dialect, model, inputs, dimensions)).encode()


def _read(dialect: Dialect, content: bytes, count: int) -> tuple[Vectors, int]:
    from bridge.embeddings.dialects import read_answer

    answer: Any = json.loads(content)
    return read_answer(dialect, answer, count)


def _as_texts(inputs: Sequence[TextOrTokens]) -> list[str]:
    from bridge.embeddings.cl100k import texts_of

    return texts_of(inputs)


def _joined(parts: Sequence[Vectors], length: int | None) -> Vectors:
    """One below the other; brought to `length`, or left as the service gave them."""
    import numpy as np

    from bridge.embeddings.shaping import shaped

    try:
        vectors = np.concatenate(parts)
    except ValueError as error:
        raise UpstreamFailed("The service gave vectors of different lengths.") from error
    return vectors if length is None else shaped(vectors, length)

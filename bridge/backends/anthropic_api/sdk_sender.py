"""Sends requests to Claude's API through the SDK, which renews the token of a profile."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx2
from anthropic import AsyncAnthropic, DefaultAioHttpClient, Timeout

from bridge.backends.anthropic_api.answer_start import CheckedAnswer
from bridge.backends.anthropic_api.sdk_errors import translate_errors
from bridge.backends.anthropic_api.tls import get_tls_context
from bridge.backends.anthropic_api.transport import (
    CONNECT_SECONDS,
    WholeAnswer,
    build_count_body,
)
from bridge.wire.messages import MessagesRequest

UNCOMPRESSED = {"accept-encoding": "identity"}
"""A compressed stream arrives in larger pieces, and so later."""


def make_client(silence_seconds: float) -> AsyncAnthropic:
    """Return a client with the credential that the SDK finds, if any. Blocks.

    Raises NotSignedIn for a profile that cannot be used.
    """
    with translate_errors():
        return AsyncAnthropic(
            # A redirect would take the token to whatever address it names.
            http_client=DefaultAioHttpClient(follow_redirects=False, verify=get_tls_context()),
            # The bridge's own RetryPolicy decides: it also switches between keys.
            max_retries=0,
            timeout=Timeout(silence_seconds, connect=CONNECT_SECONDS),
        )


class SdkSender:
    """Sends each request through the SDK."""

    def __init__(self, client: AsyncAnthropic) -> None:
        self._client = client

    async def send(self, request: MessagesRequest) -> CheckedAnswer:
        with translate_errors():
            response = SdkResponse(await _send_with_sdk(self._client, request))
        return CheckedAnswer(response)

    async def count(self, request: MessagesRequest) -> WholeAnswer:
        with translate_errors():
            # Raw, because the SDK builds objects of whatever has come, and they fail later.
            answer = await self._client.messages.with_raw_response.count_tokens(
                model=request.model,
                messages=[],
                extra_body=build_count_body(request),
                extra_headers=request.headers,
            )
        return _to_whole(answer.http_response)

    async def list_models(self, query: Mapping[str, str | int]) -> WholeAnswer:
        with translate_errors():
            answer = await self._client.models.with_raw_response.list(extra_query=dict(query))
        return _to_whole(answer.http_response)

    async def keep_connected(self) -> None:
        """Do nothing: the SDK opens a connection only for a request with the credential."""

    async def close(self) -> None:
        """Do nothing: the client is closed by its owner."""


class SdkResponse:
    """A response of the SDK as an UpstreamResponse."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._pieces: AsyncGenerator[bytes, None] = response.iter_bytes()

    async def read(self) -> bytes:
        with translate_errors():
            return await anext(self._pieces, b"")

    @property
    def at_end(self) -> bool:
        # Only reading shows it.
        return False

    async def close(self) -> None:
        await self._pieces.aclose()
        await self._response.close()


def _to_whole(response: httpx2.Response) -> WholeAnswer:
    return WholeAnswer(response.status_code, response.headers, response.content)


async def _send_with_sdk(client: AsyncAnthropic, request: MessagesRequest) -> Any:
    return await client.messages.with_streaming_response.create(
        model=request.model,
        max_tokens=request.max_tokens,
        messages=[],
        stream=True,
        # As an extra body the messages are not validated again, which takes long for images.
        extra_body=request.body(),
        extra_headers={**UNCOMPRESSED, **request.headers},
    ).__aenter__()

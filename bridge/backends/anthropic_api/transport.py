"""Two ways to send a request to Claude's API: by the SDK, and over aiohttp as the SDK was seen to.

For each request the SDK builds a model of the options, a URL and headers that are the same every
time; with a key they can be had once. That is a third of the bridge's own time for a request.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
from yarl import URL

from bridge.backends.anthropic_api import errors
from bridge.errors import NotSignedIn, StreamBroken, UpstreamSilent, UpstreamUnreachable
from bridge.wire.json_bytes import encode_json
from bridge.wire.messages import MessagesRequest

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

CONNECT_SECONDS = 10.0
_KEPT_SECONDS = 60.0
"""How long an idle connection is kept: a new one takes two round trips more."""
_UNCOMPRESSED = {"accept-encoding": "identity"}
"""A compressed stream comes in larger pieces, and so later."""


class Answer(Protocol):
    """A 200 that has begun."""

    async def read(self) -> bytes:
        """What has come, or will come next; nothing at its end. Raises BridgeError."""

    async def close(self) -> None:
        """Upstream is told at once."""


class Sender(Protocol):
    """Sends one `POST /v1/messages` after the other."""

    async def send(self, request: MessagesRequest) -> Answer:
        """Asks for a stream. Raises BridgeError for all but a 2xx."""

    async def close(self) -> None: ...


async def sender_for(client: AsyncAnthropic, silence_seconds: float) -> Sender:
    """The quick one where the credential stays the same: a profile's token is renewed."""
    if client.credentials is not None:
        return BySdk(client)
    seen = await _as_sent(client)
    headers = _sendable(seen.headers)
    trust = await asyncio.to_thread(httpx2.create_ssl_context)
    # Who logs in by the address does so in a header by now.
    url = URL(str(seen.url)).with_user(None)
    return Direct(url, headers, silence_seconds, trust)


class BySdk:
    """All the work is the SDK's."""

    def __init__(self, client: AsyncAnthropic) -> None:
        self._client = client

    async def send(self, request: MessagesRequest) -> Answer:
        with errors.translated():
            return _SdkAnswer(await _create(self._client, request))

    async def close(self) -> None:
        """The client is its owner's."""


class _SdkAnswer:
    def __init__(self, response: Any) -> None:
        self._response = response
        self._pieces: AsyncGenerator[bytes, None] = response.iter_bytes()

    async def read(self) -> bytes:
        with errors.translated():
            return await anext(self._pieces, b"")

    async def close(self) -> None:
        await self._pieces.aclose()
        await self._response.close()


class Direct:
    """One POST for each request, to a URL and with headers that are known."""

    def __init__(
        self, url: URL, headers: Mapping[str, str], silence_seconds: float, trust: ssl.SSLContext
    ) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(
            headers=headers,
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_SECONDS, ssl=trust),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_SECONDS, sock_read=silence_seconds
            ),
            proxy=_proxy(self._url.scheme, self._url.host or ""),
        )

    async def send(self, request: MessagesRequest) -> Answer:
        body = encode_json({**request.body(), "stream": True})
        with _failures_before(self._url):
            response = await self._session.post(self._url, data=body, headers=request.headers)
            if response.ok:
                return _DirectAnswer(response)
            async with response:
                said = await response.read()
        raise errors.from_response(response.status, response.headers, said)

    async def close(self) -> None:
        await self._session.close()


class _DirectAnswer:
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._content = response.content

    async def read(self) -> bytes:
        try:
            return await self._content.readany()
        except TimeoutError as error:
            raise UpstreamSilent(errors.SILENT) from error
        except aiohttp.ClientError as error:
            raise StreamBroken(errors.BROKEN) from error

    async def close(self) -> None:
        self._response.close()


@contextmanager
def _failures_before(url: URL) -> Iterator[None]:
    """Those before the answer has begun."""
    try:
        yield
    except TimeoutError as error:
        raise UpstreamSilent(errors.SILENT) from error
    except aiohttp.ClientError as error:
        # What aiohttp says of it names `ssl` whether there is any or not.
        cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
        raise UpstreamUnreachable(errors.unreachable(str(url.origin()), cause)) from error


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """Raises NotSignedIn for what no transport sends, as a key that ends with a line break."""
    for name, value in headers.items():
        if any(sign < " " or sign == "\x7f" for sign in value):
            raise NotSignedIn(
                f"The header `{name}` for Claude's API has a control character in it, such as a "
                "line break, and cannot be sent: set the key anew without it."
            )
    return dict(headers)


def _proxy(scheme: str, host: str) -> str | None:
    """That of the environment or the system, as every other program uses it."""
    found = getproxies()
    return None if proxy_bypass(host) else found.get(scheme) or found.get("all")


async def _create(client: AsyncAnthropic, request: MessagesRequest) -> Any:
    return await client.messages.with_streaming_response.create(
        model=request.model,
        max_tokens=request.max_tokens,
        messages=[],
        stream=True,
        # The body goes in whole: the SDK would walk every message once more otherwise.
        extra_body=request.body(),
        extra_headers={**_UNCOMPRESSED, **request.headers},
    ).__aenter__()


async def _as_sent(client: AsyncAnthropic) -> httpx2.Request:
    """What the SDK sends for a request, without its body: seen on the way, and not sent."""
    seen: list[httpx2.Request] = []

    async def see(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(see)) as nobody:
        with errors.translated():
            blank = MessagesRequest(model="claude", max_tokens=1, messages=())
            await _create(client.with_options(http_client=nobody), blank)
    (request,) = seen
    for name in ("content-length", "host", "connection", "transfer-encoding"):
        request.headers.pop(name, None)
    return request

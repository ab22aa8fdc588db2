"""Sends requests to Claude's API: through the SDK, or over aiohttp with the SDK's headers.

For each request the SDK builds a model of the options, a URL and headers. With an API key these are
always the same, so they are taken from the SDK once. That saves a third of the bridge's own time
for a request.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from bridge.backends.anthropic_api import errors
from bridge.backends.anthropic_api.answer_start import (
    ERROR_SECONDS,
    MAX_ERROR_BYTES,
    CheckedAnswer,
)
from bridge.backends.anthropic_api.inflater import Inflater, choose_inflater
from bridge.backends.anthropic_api.tls import get_tls_context
from bridge.errors import (
    BridgeError,
    NotClaudeApi,
    NotSignedIn,
    StreamBroken,
    UpstreamEncoded,
    UpstreamSilent,
    UpstreamUnreachable,
)
from bridge.wire.json_bytes import encode_json
from bridge.wire.messages import MessagesRequest

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

CONNECT_SECONDS = 10.0
_IDLE_SECONDS = 60.0
"""How long an idle connection stays open: a new one costs two more round trips."""
UNCOMPRESSED = {"accept-encoding": "identity"}
"""A compressed stream arrives in larger pieces, and so later."""


class Sender(Protocol):
    """Sends `POST /v1/messages`."""

    async def send(self, request: MessagesRequest) -> CheckedAnswer:
        """Send a streaming request. Raises BridgeError for any status but 2xx."""

    async def close(self) -> None: ...


async def create_sender(client: AsyncAnthropic, silence_seconds: float) -> Sender:
    """Create the faster sender, unless the SDK renews the credential, as a profile's token."""
    if client.credentials is not None:
        return SdkSender(client)
    template = await _capture_request(client)
    headers = _check_headers(template.headers)
    tls = await asyncio.to_thread(get_tls_context)
    # A user name in the URL has become a header by now.
    url = URL(str(template.url)).with_user(None)
    return DirectSender(url, headers, silence_seconds, tls)


class SdkSender:
    """Sends each request through the SDK."""

    def __init__(self, client: AsyncAnthropic) -> None:
        self._client = client

    async def send(self, request: MessagesRequest) -> CheckedAnswer:
        with errors.translate_errors():
            response = SdkResponse(await _send_with_sdk(self._client, request))
        return CheckedAnswer(response)

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
        with errors.translate_errors():
            return await anext(self._pieces, b"")

    @property
    def at_end(self) -> bool:
        # Only reading shows it.
        return False

    async def close(self) -> None:
        await self._pieces.aclose()
        await self._response.close()


class DirectSender:
    """Sends each request over aiohttp, to a fixed URL and with fixed headers."""

    def __init__(
        self,
        url: URL,
        headers: Mapping[str, str],
        silence_seconds: float,
        ssl_context: ssl.SSLContext,
    ) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(
            headers=headers,
            connector=_Connector(limit=0, keepalive_timeout=_IDLE_SECONDS, ssl=ssl_context),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_SECONDS, sock_read=silence_seconds
            ),
            proxy=_find_proxy(self._url.scheme, self._url.host or ""),
            # Here aiohttp would fail for an encoding it does not know as if there were no answer.
            auto_decompress=False,
        )

    async def send(self, request: MessagesRequest) -> CheckedAnswer:
        body = encode_json({**request.body(), "stream": True})
        try:
            response = await self._session.post(
                self._url,
                data=body,
                headers=request.headers,
                # A redirect would take the API key to whatever address it names.
                allow_redirects=False,
            )
        except (TimeoutError, aiohttp.ClientError) as error:
            raise _translate_connection_error(error, self._url) from error
        if 200 <= response.status < 300:
            return CheckedAnswer(_DirectResponse(response))
        async with response:
            error_body, cut = await _read_error_body(response)
        raise errors.from_response(response.status, response.headers, error_body, cut=cut)

    async def close(self) -> None:
        await self._session.close()


class _Connector(aiohttp.TCPConnector):
    """aiohttp's connection pool, with connections that are read faster."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        protocol = _ConnectionProtocol if _KNOWS_PAUSES else ResponseHandler
        self._factory = functools.partial(protocol, loop=self._loop)


class _ConnectionProtocol(ResponseHandler):
    """aiohttp's protocol, without work for reading that was never paused.

    aiohttp resumes reading, with an empty run of its parser, for each piece that is taken from its
    buffer. That is a tenth of the bridge's own time for an answer, as Claude's API sends each event
    as a piece.
    """

    __slots__ = ()

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Resume reading if it is paused."""
        if self._reading_paused or self._buffer_paused:
            super().resume_reading(resume_parser)


_KNOWS_PAUSES = {"_reading_paused", "_buffer_paused"} <= set(ResponseHandler.__slots__)
"""Whether this version of aiohttp has what `_ConnectionProtocol` reads."""


class _DirectResponse:
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._content = response.content
        self._inflater = choose_inflater(response.headers)

    def read(self) -> Coroutine[Any, Any, bytes]:
        if self._inflater is None:
            return self._read_raw()
        return self._read_inflated(self._inflater)

    @property
    def at_end(self) -> bool:
        return self._content.at_eof()

    async def close(self) -> None:
        self._response.close()

    async def _read_inflated(self, inflater: Inflater) -> bytes:
        # An empty piece would mean the end, but a compressed piece may decode to nothing yet.
        while piece := await self._read_raw():
            if inflated := inflater.feed(piece):
                return inflated
        return b""

    async def _read_raw(self) -> bytes:
        try:
            return await self._content.readany()
        except TimeoutError as error:
            raise UpstreamSilent(errors.SILENT) from error
        except aiohttp.ClientError as error:
            # aiohttp reports the failure in front of the data that came before it.
            if rest := self._content._read_nowait(-1):
                return rest
            raise StreamBroken(errors.BROKEN) from error


async def _read_error_body(response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    """Read the body of an error; return it, and whether the connection broke before its end."""
    body, cut = bytearray(), False
    try:
        async with asyncio.timeout(ERROR_SECONDS):
            while len(body) < MAX_ERROR_BYTES and (piece := await response.content.readany()):
                body += piece
    except (TimeoutError, aiohttp.ClientError):
        cut = True
    inflater = choose_inflater(response.headers)
    # What cannot be decoded stays as it is, and is recognized as that.
    with suppress(UpstreamEncoded):
        return (inflater.feed(bytes(body)) if inflater is not None else bytes(body)), cut
    return bytes(body), cut


def _translate_connection_error(error: TimeoutError | aiohttp.ClientError, url: URL) -> BridgeError:
    """Translate a failure before the response has begun."""
    match error:
        case TimeoutError():
            return UpstreamSilent(errors.SILENT)
        case aiohttp.ClientConnectorError():
            # The text of aiohttp's own error mentions `ssl` even for plain HTTP.
            return _explain_unreachable(url, error.os_error)
        case aiohttp.ClientHttpProxyError():
            return _explain_unreachable(url, error)
        case aiohttp.ClientResponseError():
            return NotClaudeApi(f"{errors.NOT_HTTP} {NotClaudeApi.hint}")
        case aiohttp.ClientOSError() | aiohttp.ServerDisconnectedError():
            return StreamBroken(errors.BROKEN)
        case _:
            return _explain_unreachable(url, error)


def _explain_unreachable(url: URL, cause: Exception) -> UpstreamUnreachable:
    return UpstreamUnreachable(errors.describe_connection_failure(str(url.origin()), cause))


def _check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers. Raises NotSignedIn for a key with a line break, which cannot be sent."""
    for name, value in headers.items():
        if any(character < " " or character == "\x7f" for character in value):
            raise NotSignedIn(
                f"The header `{name}` for Claude's API contains a control character, such as a "
                "line break, and cannot be sent. Set the key again without it."
            )
    return dict(headers)


def _find_proxy(scheme: str, host: str) -> str | None:
    """Find the proxy in the environment or the system's settings, as other programs do."""
    proxies = getproxies()
    return None if proxy_bypass(host) else proxies.get(scheme) or proxies.get("all")


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


async def _capture_request(client: AsyncAnthropic) -> httpx2.Request:
    """Return what the SDK would send for a request, without its body; nothing is sent."""
    captured: list[httpx2.Request] = []

    async def capture(request: httpx2.Request) -> httpx2.Response:
        captured.append(request)
        return httpx2.Response(200)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(capture)) as http_client:
        with errors.translate_errors():
            blank = MessagesRequest(model="claude", max_tokens=1, messages=())
            await _send_with_sdk(client.with_options(http_client=http_client), blank)
    (request,) = captured
    # These belong to one connection and one body; aiohttp sets its own.
    for name in ("content-length", "host", "connection", "transfer-encoding"):
        request.headers.pop(name, None)
    return request

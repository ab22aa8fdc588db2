"""Sends requests to Claude's API over aiohttp.

For each request the SDK builds a model of the options, a URL and headers. With an API key these are
always the same, so the SDK is not needed. That saves a third of the bridge's own time for a
request, and at the start the second and the memory that its import takes.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDict
from yarl import URL

from bridge.backends.anthropic_api import errors
from bridge.backends.anthropic_api.address import ApiAddress
from bridge.backends.anthropic_api.answer_start import (
    ERROR_SECONDS,
    MAX_ERROR_BYTES,
    CheckedAnswer,
)
from bridge.backends.anthropic_api.body_pieces import BodyPieces
from bridge.backends.anthropic_api.inflater import Inflater, choose_inflater
from bridge.errors import (
    BridgeError,
    NotClaudeApi,
    StreamBroken,
    UpstreamEncoded,
    UpstreamFailed,
    UpstreamSilent,
    UpstreamUnreachable,
)
from bridge.inspect.recording import CURRENT_CALL
from bridge.wire.messages import MessagesRequest

CONNECT_SECONDS = 10.0
_IDLE_SECONDS = 60.0
"""How long an idle connection stays open: a new one costs two more round trips."""
_MAX_WHOLE_BYTES = 16 * 1024 * 1024
"""Length of a whole answer, such as a page of models; those of Claude's API are far shorter."""
_WHOLE_SECONDS = 600.0
_LARGE = 512 * 1024
"""Bytes of a body from which it is written piece by piece."""


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """A response with a 2xx status, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class StreamSender(Protocol):
    """Sends requests for streams with one credential."""

    async def send(self, request: MessagesRequest) -> CheckedAnswer:
        """Send `POST /v1/messages` for a stream. Raises BridgeError for any status but 2xx."""

    async def close(self) -> None: ...


class Sender(StreamSender, Protocol):
    """Sends also the other requests to Claude's API."""

    async def count(self, request: MessagesRequest) -> WholeAnswer:
        """Send `POST /v1/messages/count_tokens`. Raises BridgeError for any status but 2xx."""

    async def list_models(self, query: Mapping[str, str | int]) -> WholeAnswer:
        """Send `GET /v1/models`. Raises BridgeError for any status but 2xx."""

    async def keep_connected(self) -> None:
        """Keep a connection open for the next request. Raises BridgeError if there is none."""


class DirectSender:
    """Sends each request over aiohttp, to a fixed address and with fixed headers."""

    def __init__(
        self, address: ApiAddress, silence_seconds: float, ssl_context: ssl.SSLContext
    ) -> None:
        self._address = address
        self._url = address.find("/v1/messages")
        # Without headers of its own: aiohttp would show those to a proxy, with the key in them.
        self._session = aiohttp.ClientSession(
            connector=_Connector(limit=0, keepalive_timeout=_IDLE_SECONDS, ssl=ssl_context),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_SECONDS, sock_read=silence_seconds
            ),
            proxy=_find_proxy(self._url),
            # Here aiohttp would fail for an encoding it does not know as if there were no answer.
            auto_decompress=False,
        )

    async def send(self, request: MessagesRequest) -> CheckedAnswer:
        body = _prepare_body({**request.body(), "stream": True})
        response = await self._begin("POST", self._url, data=body, headers=request.headers)
        return CheckedAnswer(_DirectResponse(response))

    async def count(self, request: MessagesRequest) -> WholeAnswer:
        url = self._address.find("/v1/messages/count_tokens")
        body = _prepare_body(build_count_body(request))
        return await self._fetch("POST", url, data=body, headers=request.headers)

    async def list_models(self, query: Mapping[str, str | int]) -> WholeAnswer:
        return await self._fetch("GET", self._address.find("/v1/models"), params=query)

    async def keep_connected(self) -> None:
        """Send a request without the key, for whose answer any status will do."""
        timeout = aiohttp.ClientTimeout(total=CONNECT_SECONDS)
        response = await self._send_request("HEAD", self._address.find("/"), timeout=timeout)
        response.release()

    async def close(self) -> None:
        await self._session.close()

    async def try_key(self) -> WholeAnswer:
        """Ask for one model, which costs nothing; return the answer whatever its status.

        Raises BridgeError if there is no answer. The body of a refusal may be cut.
        """
        url = self._address.find("/v1/models")
        response = await self._request("GET", url, params={"limit": 1})
        async with response:
            body, _ = await _read_error_body(response)
        return WholeAnswer(response.status, response.headers, body)

    async def _request(
        self, method: str, url: URL, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> aiohttp.ClientResponse:
        """Return a response. Raises BridgeError if there is none."""
        all_headers = CIMultiDict(self._address.headers)
        all_headers.update(headers or {})
        return await self._send_request(method, url, headers=all_headers, **options)

    async def _send_request(self, method: str, url: URL, **options: Any) -> aiohttp.ClientResponse:
        try:
            # A redirect would take the API key to whatever address it names.
            return await self._session.request(method, url, allow_redirects=False, **options)
        # A ValueError: a host that is no name, such as `a..b`.
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise _translate_connection_error(error, url) from error

    async def _begin(self, method: str, url: URL, **options: Any) -> aiohttp.ClientResponse:
        """Return a response with a 2xx status. Raises BridgeError for any other."""
        response = await self._request(method, url, **options)
        if 200 <= response.status < 300:
            return response
        async with response:
            error_body, cut = await _read_error_body(response)
        # Else a key that is not Anthropic's own would be shown to all clients.
        hide = self._address.hide_secret
        error_headers = CIMultiDict((name, hide(value)) for name, value in response.headers.items())
        error_body = hide(error_body.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape"
        )
        raise errors.from_response(response.status, error_headers, error_body, cut=cut)

    async def _fetch(self, method: str, url: URL, **options: Any) -> WholeAnswer:
        response = _DirectResponse(await self._begin(method, url, **options))
        body = bytearray()
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                while piece := await response.read():
                    body += piece
                    if len(body) > _MAX_WHOLE_BYTES:
                        raise UpstreamFailed("Claude's API sent a longer answer than it ever does.")
        except TimeoutError as error:
            raise UpstreamSilent(errors.SILENT) from error
        finally:
            await response.close()
        return WholeAnswer(response.status, response.headers, bytes(body))


def _prepare_body(body: Mapping[str, Any]) -> bytes | aiohttp.Payload:
    """Encode a body as aiohttp should have it, and show it to the recorder."""
    pieces = BodyPieces(body)
    if (call := CURRENT_CALL.get()) is not None:
        call.set_sent(b"".join(pieces))
    return _BodyPayload(pieces) if pieces.size >= _LARGE else b"".join(pieces)


class _BodyPayload(aiohttp.Payload):
    """A large body, which is encoded and written piece by piece.

    aiohttp would write it at once, and copy it twice: into one piece with the headers, and into the
    buffer of the connection.
    """

    _autoclose = True
    _value: BodyPieces

    @property
    def size(self) -> int:
        return self._value.size

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return b"".join(self._value).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        for piece in self._value:
            await writer.write(piece)
            # Else nothing else would run while the system takes all that is written.
            await asyncio.sleep(0)

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Write the whole body, whose length aiohttp has from `size`."""
        await self.write(writer)


def build_count_body(request: MessagesRequest) -> dict[str, Any]:
    """Return the body for counting the tokens of a request, which takes no `max_tokens`."""
    return {name: value for name, value in request.body().items() if name != "max_tokens"}


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


async def _join_arrived(content: aiohttp.StreamReader) -> None:
    """Wait for data, and join what has arrived to one piece.

    Claude's API sends each event as a piece, and aiohttp would take out one after the other. That
    is a fourteenth of the bridge's own time for an answer.
    """
    if content.at_eof():
        # That of a response without a body has no buffer.
        return
    pieces = content._buffer
    while not pieces and not content._eof and content._exception is None:
        await content._wait("readany")
    if len(pieces) > 1:
        joined = b"".join(pieces)
        pieces.clear()
        pieces.append(joined)


_KNOWS_PIECES = {"_buffer", "_eof", "_exception"} <= set(aiohttp.StreamReader.__slots__)
"""Whether this version of aiohttp has what `_join_arrived` reads."""


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
            if _KNOWS_PIECES:
                await _join_arrived(self._content)
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


def _translate_connection_error(
    error: TimeoutError | aiohttp.ClientError | ValueError, url: URL
) -> BridgeError:
    """Translate a failure before the response has begun."""
    match error:
        case TimeoutError():
            return UpstreamSilent(errors.SILENT)
        case aiohttp.ClientConnectorError():
            # The text of aiohttp's own error mentions `ssl` even for plain HTTP.
            return _explain_unreachable(url, error.os_error)
        case aiohttp.ClientHttpProxyError():
            # Its own text has the proxy's address, perhaps with a password.
            return _explain_unreachable(url, f"the proxy answered with status {error.status}")
        case aiohttp.InvalidURL():
            return _explain_unreachable(url, "its address, or that of the proxy, is not valid")
        case aiohttp.ClientResponseError():
            return NotClaudeApi(f"{errors.NOT_HTTP} {NotClaudeApi.hint}")
        case aiohttp.ClientOSError() | aiohttp.ServerDisconnectedError():
            return StreamBroken(errors.BROKEN)
        case _:
            return _explain_unreachable(url, error)


def _explain_unreachable(url: URL, cause: Exception | str) -> UpstreamUnreachable:
    return UpstreamUnreachable(errors.describe_connection_failure(str(url.origin()), cause))


def _find_proxy(url: URL) -> str | None:
    """Find the proxy in the environment or the system's settings, as other programs do."""
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(f"{url.host}:{url.port}"):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"

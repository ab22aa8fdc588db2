"""The server's protocol: aiohttp's, with quiet errors, a limit for idle clients, and a meter."""

from __future__ import annotations

import asyncio
import logging
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError

from bridge.errors import BridgeError, InternalError, InvalidRequest
from bridge.server.http.error_body import UNREADABLE_BODY, build_error_body

_log = logging.getLogger(__name__)

_LINGER_SECONDS = 2.0
"""How long a client may take to reuse a connection before it is closed behind a broken stream."""
_CHECKS = 4


class IdleWrites:
    """Aborts a connection whose client has read nothing for some seconds.

    It looks at the unsent data several times in that period, and counts the looks without progress.
    A computer that was asleep thus counts as one look, not as a period in which nothing was read.
    """

    def __init__(self, transport: asyncio.WriteTransport, seconds: float) -> None:
        self._transport = transport
        self._seconds = seconds
        self._unsent = transport.get_write_buffer_size()
        self._idle_checks = 0
        self._schedule()

    def close(self) -> None:
        """Stop watching."""
        self._timer.cancel()

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._seconds / _CHECKS, self._check)

    def _check(self) -> None:
        unsent = self._transport.get_write_buffer_size()
        self._idle_checks = 0 if unsent < self._unsent else self._idle_checks + 1
        self._unsent = unsent
        if self._idle_checks < _CHECKS:
            self._schedule()
            return
        _log.warning(
            "Closed a connection whose client read nothing for %g seconds (idle_write_seconds).",
            self._seconds,
        )
        # `close` would wait for the data to be sent.
        self._transport.abort()


class QuietHandler(web.RequestHandler):
    """aiohttp's protocol, without its error page, and with `close_soon`.

    aiohttp quotes the line that it cannot parse, in its answer and in the log. The line may contain
    an API key. An error object that does not quote it is sent instead.

    A client that does not read its answer is disconnected after `idle_write_seconds`. This is done
    here and not where answers are written, because it holds for all of them: streams, whole
    answers, sockets, errors and files.
    """

    __slots__ = ("_closing", "_discards", "_idle_write_seconds", "_idle_writes", "accept_data")

    def __init__(self, manager: web.Server, idle_write_seconds: float, **options: Any) -> None:
        super().__init__(manager, **options)
        self._idle_write_seconds = idle_write_seconds
        self._idle_writes: IdleWrites | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._discards = False
        """Whether what arrives is dropped unread, until the connection is closed."""
        self.accept_data: Callable[[int], bool] | None = None
        """Called with the size of all data that arrives; if it returns False, the data is
        discarded."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Pause writers as soon as the system does not take all data."""
        # By default, a client that does not read the last 64 KB would not be noticed.
        cast(asyncio.WriteTransport, transport).set_write_buffer_limits(0)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop watching."""
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass data on if there is memory for it."""
        if self._discards:
            return
        if self._closing is not None:
            # A request after `close_soon`; its response is the last.
            self._closing.cancel()
        if self.accept_data is None or self.accept_data(len(data)):
            super().data_received(data)

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Resume reading if it is paused; aiohttp calls this for each piece of a body."""
        # A version of aiohttp without these does what it always does.
        if getattr(self, "_reading_paused", True) or getattr(self, "_buffer_paused", True):
            super().resume_reading(resume_parser)

    def pause_writing(self) -> None:
        """Begin to watch the client: the system has not taken all data."""
        super().pause_writing()
        if self.transport is not None:
            self._idle_writes = IdleWrites(self.transport, self._idle_write_seconds)

    def resume_writing(self) -> None:
        """Stop watching: the client has read enough."""
        self._stop_watching()
        super().resume_writing()

    def _stop_watching(self) -> None:
        if self._idle_writes is not None:
            self._idle_writes.close()
            self._idle_writes = None

    def close_soon(self) -> None:
        """Close the connection, on which a response has just ended.

        Closing at once would lose the next request of a client that reuses the connection before it
        has noticed. So it stays open for a moment, and if a request comes, its response says
        `Connection: close`.
        """
        if self._closing is None:
            loop = asyncio.get_running_loop()
            self._closing = loop.call_later(_LINGER_SECONDS, self._close_unless_used)

    def _close_unless_used(self) -> None:
        # On a busy loop a request may have arrived that was not read yet.
        if self.transport is not None and not _has_unread_data(self.transport):
            self.force_close()

    def announce_close(self, response: web.StreamResponse) -> None:
        """Say in the last response of a connection that it is the last."""
        if self._closing is not None:
            response.force_close()
            # aiohttp has built the headers by now.
            response.headers["Connection"] = "close"

    def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> Coroutine[Any, Any, tuple[web.StreamResponse, bool]]:
        """Send the response; then close the connection if a compressed body was not read."""
        finishing = super().finish_response(request, resp, start_time)
        if "Content-Encoding" in request.headers and not request.content.is_eof():
            return self._finish_unread(resp, finishing)
        return finishing

    async def _finish_unread(
        self,
        response: web.StreamResponse,
        finishing: Awaitable[tuple[web.StreamResponse, bool]],
    ) -> tuple[web.StreamResponse, bool]:
        """Send the response and close.

        aiohttp would read the rest to ignore it, and so decompress it on the event loop: seconds
        for each body of 60 KB that was refused because it becomes too large.
        """
        response.force_close()
        finished = await finishing
        self._discard_input()
        return finished

    def _discard_input(self) -> None:
        """Drop what arrives until the client closes; aiohttp closes after its lingering time."""
        self._discards = True
        if self.transport is not None:
            # Closing both directions now would make the system discard the response, too.
            if self.transport.can_write_eof():
                self.transport.write_eof()
            self.resume_reading()

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log what aiohttp reports; a body that cannot be decompressed is the client's fault."""
        error = kw.get("exc_info")
        if isinstance(error, web.RequestPayloadError):
            _log.warning("Received a body that cannot be decompressed: %s", error.__cause__)
        else:
            super().log_exception(*args, **kw)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a header that cannot be parsed, or an error outside of the middleware.

        Raises ConnectionError if a response has begun: aiohttp closes the connection then.
        """
        if status < 500:
            _log.warning("Received data that is not HTTP: %s", type(exc).__name__)
            # Also a body that has arrived with its header, and is not encoded as that says.
            is_body = isinstance(exc, ContentEncodingError)
            error: BridgeError = InvalidRequest(
                UNREADABLE_BODY if is_body else "The header of the request cannot be read.",
                status=status,
            )
        else:
            _log.error("A request failed outside of its handler.", exc_info=exc)
            error = InternalError("The bridge itself failed.")
        if request.writer.output_size > 0:
            raise ConnectionError("a response has begun already")
        # Outside of the application, so without its hooks.
        headers = {"Cache-Control": "no-store"}
        response = web.json_response(
            dict(build_error_body(error)), status=error.status, headers=headers
        )
        # The parser does not know where the next request begins, so the connection is closed.
        response.force_close()
        return response


def _has_unread_data(transport: asyncio.BaseTransport) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(transport.get_extra_info("socket"), selectors.EVENT_READ)
        return bool(selector.select(0))


def drop_connection(request: web.Request) -> None:
    """Close the connection in the middle of a response; what was written is still sent."""
    if request.transport is not None:
        request.transport.close()


def get_protocol(request: web.Request) -> QuietHandler | None:
    """Return the protocol of a request's connection; None when it is lost."""
    protocol = request.protocol
    return protocol if isinstance(protocol, QuietHandler) else None

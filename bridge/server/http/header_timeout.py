"""Close a new connection that does not send its first request header in time.

A client that sends its header byte by byte would otherwise hold a connection forever (Slowloris):
aiohttp has a timeout between requests, but none for the first header.

States of a connection:

    waiting    the header's end has not arrived; a timer runs
    passed     the header's end was in the data: the timer is cancelled, and the transport calls the
               server's own protocol directly from now on
    aborted    the timer has fired: the transport is closed without an answer

The inputs are asyncio's protocol callbacks; all are passed on to the server's own protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

_END_OF_HEADER = b"\r\n\r\n"


class HeaderTimeout(asyncio.Protocol):
    """A protocol in front of the server's own, until the first header is complete."""

    def __init__(self, inner: asyncio.Protocol, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not checked: the transports of other event loops, such as uvloop's, have the methods of
        # asyncio's classes, but are not derived from them.
        self._transport = cast(asyncio.Transport, transport)
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._transport.abort)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        # The end may arrive in two pieces, so the last bytes of earlier data are searched, too.
        received = self._tail + data
        self._tail = received[-len(_END_OF_HEADER) + 1 :]
        if _END_OF_HEADER in received:
            self._timer.cancel()
            # Later data does not need this class, so it goes to the inner protocol directly.
            self._transport.set_protocol(self._inner)
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


def add_header_timeout(
    make_protocol: Callable[[], asyncio.Protocol], seconds: float
) -> Callable[[], asyncio.Protocol]:
    """Wrap a protocol factory so that each connection has a header timeout."""
    return lambda: HeaderTimeout(make_protocol(), seconds)

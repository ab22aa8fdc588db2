"""Gives a new connection some seconds to say what it wants: one that only dribbles is cut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_END = b"\r\n\r\n"


class HeaderWatch(asyncio.Protocol):
    """Stands before the server's own protocol until the first header is whole, then steps aside."""

    def __init__(self, inner: asyncio.Protocol, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a stream server
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(self._seconds, transport.abort)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        seen = self._tail + data
        self._tail = seen[-len(_END) + 1 :]
        if _END in seen:
            self._timer.cancel()
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


def watched(make: Callable[[], asyncio.Protocol], seconds: float) -> Callable[[], asyncio.Protocol]:
    """A protocol factory whose connections are watched."""
    return lambda: HeaderWatch(make(), seconds)

"""Reads an answer of Claude's API: from bytes as they come to events, `message_start` the first."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, cast

from bridge.errors import BridgeError, StreamBroken
from bridge.wire.json_bytes import decoded
from bridge.wire.messages import MessageEvent
from bridge.wire.sse import SseDecoder


class Reading:
    """First `begin`, then `events`."""

    def __init__(self, read: Callable[[], Awaitable[bytes]]) -> None:
        """`read` gives what has come, or will come next; nothing at the end."""
        self._read = read
        self._decoder = SseDecoder()
        self._waiting: list[bytes] = []
        """The data of events that have come."""

    async def begin(self) -> None:
        """Ends when `message_start` has come. Raises BridgeError when another thing does."""
        while piece := await self._read():
            self._waiting += self._decoder.feed(piece)
            while self._waiting:
                event = _event(self._waiting[0])
                if event["type"] == "message_start":
                    return
                if event["type"] != "ping":
                    raise StreamBroken(f"Upstream began its answer with {event['type']}.")
                del self._waiting[0]
        raise StreamBroken("Upstream closed the connection before its answer began.")

    async def events(self) -> AsyncGenerator[MessageEvent, None]:
        """All of them. Raises BridgeError when one says so, is none, or the connection breaks."""
        for data in self._waiting:
            yield _event(data)
        while piece := await self._read():
            for data in self._decoder.feed(piece):
                yield _event(data)


def _event(data: bytes) -> MessageEvent:
    try:
        event = decoded(data)
    except ValueError as error:
        raise StreamBroken("Upstream sent an event that is not JSON.") from error
    if not isinstance(event, dict) or "type" not in event:
        raise StreamBroken("Upstream sent an event without a type.")
    if event["type"] == "error":
        raise _named(event)
    return cast(MessageEvent, event)


def _named(event: dict[str, Any]) -> BridgeError:
    from bridge.backends.sdk_errors import from_error_event

    return from_error_event(event)

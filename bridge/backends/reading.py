"""Reads an answer of Claude's API: from bytes as they come to events, `message_start` the first."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

from bridge.errors import BridgeError, StreamBroken
from bridge.wire.json_bytes import decoded
from bridge.wire.messages import MessageEvent
from bridge.wire.sse import SseDecoder


class Reading:
    """First `begin`, then `events`."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._decoder = SseDecoder()
        self._waiting: list[bytes] = []
        """The data of events that have come."""

    async def begin(self) -> None:
        """Ends when `message_start` has come. Raises BridgeError when another thing does."""
        async for piece in self._pieces:
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
        waiting, feed = self._waiting, self._decoder.feed
        for data in waiting:
            yield _event(data)
        async for piece in self._pieces:
            for data in feed(piece):
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

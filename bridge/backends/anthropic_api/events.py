"""Reads an answer of Claude's API: from bytes as they come to events, `message_start` the first."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from typing import Any

from bridge.errors import BridgeError, StreamBroken
from bridge.wire.json_bytes import decode_json
from bridge.wire.messages import ContentBlockDelta, MessageEvent
from bridge.wire.sse import SseDecoder

_PIECES = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "input_json_delta": "partial_json",
}
"""The deltas that are pieces of a text, and where it is."""


class Reading:
    """First `begin`, then `events`."""

    def __init__(self, read: Callable[[], Awaitable[bytes]], *, join: bool = False) -> None:
        """`read` gives what has come, or will come next; nothing at the end.

        `join`: deltas that come together may be given as one.
        """
        self._read = read
        self._join = join
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
        for event in self._told(self._waiting):
            yield event
        while piece := await self._read():
            for event in self._told(self._decoder.feed(piece)):
                yield event

    def _told(self, datas: Iterable[bytes]) -> Iterable[MessageEvent]:
        events = map(_event, datas)
        return joined(events) if self._join else events


def joined(events: Iterable[MessageEvent]) -> Iterator[MessageEvent]:
    """The same answer in fewer events: the deltas of a stretch of text are one."""
    opened: ContentBlockDelta | None = None
    field, pieces = "", list[str]()
    for event in events:
        if event["type"] == "content_block_delta":
            kind = event["delta"]["type"]
            if opened and kind == opened["delta"]["type"] and event["index"] == opened["index"]:
                pieces.append(event["delta"][field])
                continue
        if opened:
            yield {**opened, "delta": {**opened["delta"], field: "".join(pieces)}}
            opened = None
        if event["type"] == "content_block_delta" and kind in _PIECES:
            opened, field = event, _PIECES[kind]
            pieces = [event["delta"][field]]
        else:
            yield event
    if opened:
        yield {**opened, "delta": {**opened["delta"], field: "".join(pieces)}}


def _event(data: bytes) -> MessageEvent:
    try:
        event = decode_json(data)
    except ValueError as error:
        raise StreamBroken("Upstream sent an event that is not JSON.") from error
    if not isinstance(event, dict) or "type" not in event:
        raise StreamBroken("Upstream sent an event without a type.")
    if event["type"] == "error":
        raise _named(event)
    return event  # type: ignore[return-value]  # what it holds is upstream's matter


def _named(event: dict[str, Any]) -> BridgeError:
    from bridge.backends.anthropic_api.errors import from_error_event

    return from_error_event(event)

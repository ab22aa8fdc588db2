"""Reads an answer of Claude's API: from bytes as they arrive to batches of events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from typing import Any

from bridge.backends.base import Batch
from bridge.errors import BridgeError, StreamBroken
from bridge.wire.json_bytes import decode_json
from bridge.wire.messages import ContentBlockDelta, MessageEvent
from bridge.wire.sse import SseDecoder

_TEXT_FIELDS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "input_json_delta": "partial_json",
}
"""The deltas that are pieces of a text, and the field that holds the piece."""


class EventReader:
    """Reads events from a connection: first `begin`, then `read_batches`.

    Input: pieces of bytes from `read`; an empty piece is the end of the connection.
    Output: one batch for each piece that completes an event.

    States: waiting for `message_start` (`begin`; pings before it are dropped, anything else is a
    failure), then reading until the connection ends. The stream machines behind the reader decide
    whether the answer was complete by then.
    """

    def __init__(self, read: Callable[[], Awaitable[bytes]], *, join: bool = False) -> None:
        """`read` returns the bytes that have arrived or will arrive next, and b"" at the end.

        `join`: merge neighbouring deltas of a batch, for callers that want the whole text anyway.
        """
        self._read = read
        self._join = join
        self._decoder = SseDecoder()
        self._waiting: list[bytes] = []
        """The JSON of events that have arrived and were not read yet."""

    async def begin(self) -> None:
        """Return when `message_start` has arrived. Raises BridgeError if another event does."""
        while piece := await self._read():
            self._waiting += self._decoder.feed(piece)
            while self._waiting:
                event = _parse_event(self._waiting[0])
                if event["type"] == "message_start":
                    return
                if event["type"] != "ping":
                    raise StreamBroken(f"Upstream began its answer with {event['type']}.")
                del self._waiting[0]
        raise StreamBroken("Upstream closed the connection before its answer began.")

    async def read_batches(self) -> AsyncGenerator[Batch, None]:
        """Yield the events of each piece.

        Raises BridgeError behind the events before it: for an `error` event, for data that is no
        event, and when the connection breaks.
        """
        waiting = self._waiting
        while True:
            batch, failure = self._parse_batch(waiting)
            if batch:
                yield batch
            if failure is not None:
                raise failure
            piece = await self._read()
            if not piece:
                return
            waiting = self._decoder.feed(piece)

    def _parse_batch(self, datas: Iterable[bytes]) -> tuple[Batch, BridgeError | None]:
        batch: Batch = []
        failure: BridgeError | None = None
        try:
            for data in datas:
                batch.append(_parse_event(data))
        except BridgeError as error:
            failure = error
        return (list(merge_deltas(batch)) if self._join else batch), failure


def merge_deltas(events: Iterable[MessageEvent]) -> Iterator[MessageEvent]:
    """Yield the same answer in fewer events: neighbouring deltas of a block become one."""
    pending: ContentBlockDelta | None = None
    field, pieces = "", list[str]()
    for event in events:
        if event["type"] == "content_block_delta":
            kind = event["delta"]["type"]
            if pending and kind == pending["delta"]["type"] and event["index"] == pending["index"]:
                pieces.append(event["delta"][field])
                continue
        if pending:
            yield {**pending, "delta": {**pending["delta"], field: "".join(pieces)}}
            pending = None
        if event["type"] == "content_block_delta" and kind in _TEXT_FIELDS:
            pending, field = event, _TEXT_FIELDS[kind]
            pieces = [event["delta"][field]]
        else:
            yield event
    if pending:
        yield {**pending, "delta": {**pending["delta"], field: "".join(pieces)}}


def _parse_event(data: bytes) -> MessageEvent:
    """Parse the data of one server-sent event. Raises BridgeError, also for an `error` event."""
    try:
        event = decode_json(data)
    except ValueError as error:
        raise StreamBroken("Upstream sent an event that is not JSON.") from error
    if not isinstance(event, dict) or "type" not in event:
        raise StreamBroken("Upstream sent an event without a type.")
    if event["type"] == "error":
        raise _translate_error(event)
    return event  # type: ignore[return-value]  # its fields are upstream's; each reader checks its own


def _translate_error(event: dict[str, Any]) -> BridgeError:
    # Imported here because it loads the SDK, which takes a second.
    from bridge.backends.anthropic_api.errors import from_error_event

    return from_error_event(event)

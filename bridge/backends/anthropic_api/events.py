"""Reads an answer of Claude's API: from bytes as they arrive to batches of events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from typing import Any, NoReturn

from pydantic_core import from_json

from bridge.backends.base import Batch
from bridge.backends.event_check import CountUnknown, EventCheck
from bridge.errors import BridgeError, StreamBroken, UpstreamSilent
from bridge.wire.json_bytes import decode_json
from bridge.wire.messages import MessageEvent
from bridge.wire.sse import SseDecoder

_TURNS_FOR_OTHERS = 3
"""Turns of the event loop after the first text of an answer. In the first the bytes of other
answers are received, in the second their readers wake up, in the third their first text is written.
"""


class EventReader:
    """Reads events from a connection: first `begin`, then `read_batches`.

    Input: pieces of bytes from `read`; an empty piece is the end of the connection.
    Output: one batch for each piece that completes an event. The piece with the first delta gives
    two: up to that delta, so that the first text is not held up by the work for what follows, and
    the rest.

    States: waiting for `message_start` (`begin`; what may come before it is dropped), reading until
    `message_stop`, and `complete`: what upstream sends behind its answer is not read. If the
    connection ends earlier, the readers of the events notice that `message_stop` is missing.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[bytes]],
        count_unknown: CountUnknown,
        *,
        join: bool = False,
    ) -> None:
        """`read` returns the bytes that have arrived or will arrive next, and b"" at the end.

        `join`: merge neighbouring deltas of a batch, for callers that want the whole text anyway.
        """
        self._read = read
        self._join = join
        self._check = EventCheck(count_unknown, _raise_error)
        self._start: MessageEvent | None = None
        """The first event, between `begin` and `read_batches`."""
        self._decoder = SseDecoder()
        self._waiting: list[bytes] = []
        """The JSON of events that have arrived and were not read yet."""
        self._has_text = join
        """Whether the first delta has been yielded; a whole answer need not be split for it."""

    @property
    def complete(self) -> bool:
        """Whether `message_stop` was read."""
        return self._check.ended

    async def begin(self, seconds: float) -> None:
        """Return when `message_start` has arrived. Raises BridgeError if it cannot.

        `seconds`: pings alone keep the client waiting so long, and until the next one.
        """
        until = time.monotonic() + seconds
        while piece := await self._read():
            self._waiting += self._decode(piece)
            while self._waiting:
                event = self._check.feed(_parse_event(self._waiting.pop(0)))
                if self._check.began:
                    self._start = event
                    return
            if time.monotonic() > until:
                raise UpstreamSilent(f"Claude's API did not begin its answer within {seconds:g} s.")
        raise StreamBroken("Upstream closed the connection before its answer began.")

    async def read_batches(self) -> AsyncGenerator[Batch, None]:
        """Yield the events of each piece.

        Raises BridgeError behind the events before it: for an `error` event, for data that is no
        event, and when the connection breaks.
        """
        datas, start = self._waiting, [] if self._start is None else [self._start]
        while True:
            datas, rest = self._split_at_first_text(datas)
            batch, failure = self._parse_batch(datas)
            if start or batch:
                yield [*start, *batch]
            start = []
            if failure is not None:
                raise failure
            if self.complete:
                return
            if rest:
                # With many answers at once, the first text of all goes before the rest of any.
                for _ in range(_TURNS_FOR_OTHERS):
                    await asyncio.sleep(0)
                datas = rest
            elif piece := await self._read():
                datas = self._decode(piece)
            else:
                return

    def _decode(self, piece: bytes) -> list[bytes]:
        try:
            return self._decoder.feed(piece)
        except ValueError as error:
            raise StreamBroken("Upstream sent an event that is too long.") from error

    def _split_at_first_text(self, datas: list[bytes]) -> tuple[list[bytes], list[bytes]]:
        """Split events behind the first delta of the answer; the second part may be empty."""
        if not self._has_text:
            for index, data in enumerate(datas, 1):
                # Parsing them to find out would take ten times as long.
                if b'"content_block_delta"' in data:
                    self._has_text = True
                    return datas[:index], datas[index:]
        return datas, []

    def _parse_batch(self, datas: Iterable[bytes]) -> tuple[Batch, BridgeError | None]:
        batch: Batch = []
        failure: BridgeError | None = None
        try:
            self._check.feed_all(_parse_events(datas), batch, join=self._join)
        except BridgeError as error:
            # Behind `message_stop`, nothing belongs to the answer.
            failure = None if self.complete else error
        return batch, failure


def _parse_events(datas: Iterable[bytes]) -> Iterator[Any]:
    for data in datas:
        # The fast parser, here and not in a function of its own: most of the time for a delta is
        # spent on calls.
        try:
            yield from_json(data, cache_strings="keys", allow_inf_nan=False)
        except ValueError:
            yield _parse_event(data)


def _parse_event(data: bytes) -> Any:
    """Parse the data of one server-sent event. Raises StreamBroken."""
    try:
        return decode_json(data)
    except ValueError as error:
        raise StreamBroken("Upstream sent an event that is not JSON.") from error


def _raise_error(event: dict[str, Any]) -> NoReturn:
    # Imported here because it loads the SDK, which takes a second.
    from bridge.backends.anthropic_api.errors import from_error_event

    raise from_error_event(event)

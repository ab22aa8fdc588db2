"""Reads what was written to a client as events, and puts them beside those of upstream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bridge.inspect.exchange import Exchange, Moment
from bridge.wire.sse import SseDecoder

_STREAM_STARTS = (b"data:", b"event:", b":")


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event of upstream and what the client got for it, or one of the two."""

    at: float
    call: int | None
    """The number of the request to upstream, from 0."""
    upstream: bytes | None
    client: bytes | None


def list_client_events(exchange: Exchange) -> list[Moment]:
    """Return the events that the client got; a whole answer is one."""
    written = exchange.written
    if exchange.via in ("socket", "background", "again"):
        return list(written)
    if written and written[0].data.startswith(_STREAM_STARTS):
        return list(_decode_stream(written))
    whole = b"".join(moment.data for moment in written)
    return [Moment(written[0].at, whole)] if written else []


def _decode_stream(written: Sequence[Moment]) -> Iterator[Moment]:
    decoder = SseDecoder()
    for moment in written:
        events = decoder.feed(moment.data)
        # A keep-alive is a comment.
        for data in events or ([moment.data.strip()] if moment.data.startswith(b":") else []):
            yield Moment(moment.at, data)


def align_events(exchange: Exchange) -> list[EventRow]:
    """Return the events of both sides in the order of time.

    Beside the events that were read together stand those that were written before the next ones.
    """
    upstream = [
        (event.at, number, event.data)
        for number, call in enumerate(exchange.calls)
        for event in call.list_events()
    ]
    # Several answers at once: the events of each come in their own order.
    upstream.sort(key=lambda event: event[0])
    client = list_client_events(exchange)
    starts = sorted({at for at, _, _ in upstream})
    rows: list[EventRow] = []
    done = _count_until(client, starts[0]) if starts else len(client)
    rows += [EventRow(moment.at, None, None, moment.data) for moment in client[:done]]
    position = 0
    for index, at in enumerate(starts):
        following = starts[index + 1] if index + 1 < len(starts) else float("inf")
        read = []
        while position < len(upstream) and upstream[position][0] == at:
            read.append(upstream[position])
            position += 1
        end = done
        while end < len(client) and client[end].at < following:
            end += 1
        for event, moment in zip_longest(read, client[done:end]):
            rows.append(_build_row(event, moment))
        done = end
    return rows


def _count_until(moments: Sequence[Moment], at: float) -> int:
    return sum(moment.at < at for moment in moments)


def _build_row(event: tuple[float, int, bytes] | None, moment: Moment | None) -> EventRow:
    client = None if moment is None else moment.data
    if event is not None:
        return EventRow(*event, client)
    return EventRow(0.0 if moment is None else moment.at, None, None, client)


def find_text(exchange: Exchange) -> str:
    """Return all content as one text, to search in."""
    parts = [exchange.request.body, *(moment.data for moment in exchange.written)]
    for call in exchange.calls:
        parts += [call.body, *(batch.data for batch in call.batches)]
    text = b"\n".join(parts).decode("utf-8", "replace")
    return "\n".join((exchange.request.path, *exchange.notices, text))

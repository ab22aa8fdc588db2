"""Reading events from bytes; for whole answers their deltas are merged."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.backends.anthropic_api.events import EventReader
from bridge.errors import StreamBroken, UpstreamSilent
from bridge.translate.stream.content_blocks import BlockCollector
from bridge.wire.messages import Block, MessageEvent
from tests import scripts

ANSWER: list[MessageEvent] = [
    scripts.start(),
    *scripts.thinking(0, "Let ", "me ", "think."),
    *scripts.text(1, "Grüße ", "🙂, ", "here:", "\n"),
    *scripts.text(2, "And ", "there."),
    *scripts.tool(3, "toolu_1", "weather", '{"city": ', '"Zürich', '"}'),
    *scripts.end("tool_use"),
]


def ignore(part: str, type: str) -> None:
    """Count nothing."""


def blocks(events: Sequence[MessageEvent]) -> list[Block]:
    answer = BlockCollector()
    for event in events:
        answer.feed(event)
    return answer.list_all_blocks()


def texts(events: Sequence[MessageEvent]) -> list[str]:
    return [
        event["delta"]["text"]
        for event in events
        if event["type"] == "content_block_delta" and "text" in event["delta"]
    ]


def written(events: Sequence[MessageEvent]) -> bytes:
    return b"".join(f"event: x\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def read(*pieces: bytes, join: bool = False) -> tuple[list[MessageEvent], str]:
    """The events, and the message of the failure at their end."""
    batches: list[list[MessageEvent]] = []
    message = ""
    try:
        asyncio.run(read_into(batches, pieces, join))
    except StreamBroken as error:
        message = error.message
    return [event for batch in batches for event in batch], message


def read_batches(*pieces: bytes, join: bool = False) -> list[list[MessageEvent]]:
    batches: list[list[MessageEvent]] = []
    asyncio.run(read_into(batches, pieces, join))
    return batches


async def read_into(batches: list[list[MessageEvent]], pieces: Sequence[bytes], join: bool) -> None:
    left = iter(pieces)

    async def piece() -> bytes:
        return next(left, b"")

    reader = EventReader(piece, ignore, join=join)
    await reader.begin(60)
    async for batch in reader.read_batches():
        batches.append(batch)


@pytest.mark.parametrize("join", [False, True])
def test_an_answer_in_one_piece_is_read(join: bool) -> None:
    events, said = read(written(ANSWER), join=join)
    assert (blocks(events), said) == (blocks(ANSWER), "")
    assert (events == ANSWER) is not join


@given(st.lists(st.integers(0, len(ANSWER))))
def test_joined_deltas_make_the_same_answer_however_they_were_read(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(ANSWER)]
    pieces = [written(ANSWER[a:b]) for a, b in itertools.pairwise(edges) if a < b]
    joined, _ = read(*pieces, join=True)
    assert blocks(joined) == blocks(ANSWER)
    of_blocks = [event for event in ANSWER if event["type"] != "content_block_delta"]
    assert [event for event in joined if event["type"] != "content_block_delta"] == of_blocks


def test_neighbouring_text_becomes_one_delta() -> None:
    events, _ = read(written(ANSWER), join=True)
    assert texts(events) == ["Grüße 🙂, here:\n", "And there."]


def test_text_before_a_failure_is_joined_too() -> None:
    answer = [scripts.start(), *scripts.text(0, "One, ", "two"), *scripts.end("end_turn")]
    cut = written(answer[:4]) + b"event: x\ndata: {\n\n"
    events, said = read(cut, join=True)
    assert (texts(events), said) == (["One, two"], "Upstream sent an event that is not JSON.")


def test_events_before_a_failure_are_read() -> None:
    events, said = read(written(ANSWER[:5]) + b"event: x\ndata: {\n\n" + written(ANSWER[5:]))
    assert (events, said) == (ANSWER[:5], "Upstream sent an event that is not JSON.")


def test_an_answer_must_begin_with_message_start() -> None:
    assert read(written(ANSWER[1:])) == (
        [],
        "Upstream began its answer with content_block_start.",
    )
    assert read() == ([], "Upstream closed the connection before its answer began.")


async def test_pings_alone_do_not_keep_a_client_waiting() -> None:
    async def ping() -> bytes:
        await asyncio.sleep(0.001)
        return b'event: ping\ndata: {"type": "ping"}\n\n'

    with pytest.raises(UpstreamSilent, match=r"did not begin its answer within 0\.05 s"):
        await EventReader(ping, ignore).begin(0.05)


async def test_the_first_text_of_all_answers_goes_before_the_rest_of_any() -> None:
    order: list[str] = []

    async def read_answer(name: str, reader: asyncio.StreamReader) -> None:
        events = EventReader(lambda: reader.read(1 << 16), ignore)
        await events.begin(60)
        async for batch in events.read_batches():
            texts = [event["delta"] for event in batch if event["type"] == "content_block_delta"]
            order.append(f"{name} {len(texts)}")

    near, far = socket.socketpair()
    upstream = asyncio.StreamReader()
    reader, writer = await asyncio.open_connection(sock=near)
    other = asyncio.create_task(read_answer("b", reader))
    await asyncio.sleep(0.01)
    # It is there, and not received yet: the loop has not looked.
    answer = written([scripts.start(), *scripts.text(0, "One ", "two ", "three.")])
    far.send(answer)
    upstream.feed_data(answer)
    upstream.feed_eof()
    await read_answer("a", upstream)
    far.close()
    await other
    assert order == ["a 1", "b 1", "a 2", "b 2"]
    writer.close()
    await writer.wait_closed()


def test_only_the_first_delta_is_split_off() -> None:
    pieces = [written(ANSWER[:3]), written(ANSWER[3:9]), written(ANSWER[9:])]
    assert [len(batch) for batch in read_batches(*pieces)] == [3, 6, len(ANSWER) - 9]
    assert [len(batch) for batch in read_batches(written(ANSWER))] == [3, len(ANSWER) - 3]
    assert len(read_batches(written(ANSWER), join=True)) == 1

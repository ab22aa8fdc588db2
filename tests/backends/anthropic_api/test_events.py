"""Reading events from bytes; for whole answers their deltas are merged."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.backends.anthropic_api.events import EventReader, merge_deltas
from bridge.errors import StreamBroken
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


def blocks(events: Sequence[MessageEvent]) -> list[Block]:
    answer = BlockCollector()
    for event in events:
        answer.feed(event)
    return answer.list_all_blocks()


@given(st.lists(st.integers(0, len(ANSWER))))
def test_merged_deltas_make_the_same_answer_however_they_were_read(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(ANSWER)]
    merged = [event for a, b in itertools.pairwise(edges) for event in merge_deltas(ANSWER[a:b])]
    assert blocks(merged) == blocks(ANSWER)
    of_blocks = [event for event in ANSWER if event["type"] != "content_block_delta"]
    assert [event for event in merged if event["type"] != "content_block_delta"] == of_blocks


def test_neighbouring_text_becomes_one_delta() -> None:
    texts = [
        event["delta"]["text"]
        for event in merge_deltas(ANSWER)
        if event["type"] == "content_block_delta" and "text" in event["delta"]
    ]
    assert texts == ["Grüße 🙂, here:\n", "And there."]


def test_merged_events_are_not_changed_in_place() -> None:
    before = json.dumps(ANSWER)
    list(merge_deltas(ANSWER))
    assert json.dumps(ANSWER) == before


def written(events: Sequence[MessageEvent]) -> bytes:
    return b"".join(f"event: x\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def read(*pieces: bytes, join: bool = False) -> tuple[list[MessageEvent], str]:
    """The events, and what was said of their end."""
    left = iter(pieces)

    async def piece() -> bytes:
        return next(left, b"")

    async def all_of_it() -> tuple[list[MessageEvent], str]:
        events: list[MessageEvent] = []
        try:
            reader = EventReader(piece, join=join)
            await reader.begin()
            async for batch in reader.read_batches():
                events += batch
        except StreamBroken as error:
            return events, error.message
        return events, ""

    return asyncio.run(all_of_it())


@pytest.mark.parametrize("join", [False, True])
def test_an_answer_in_one_piece_is_read(join: bool) -> None:
    events, said = read(written(ANSWER), join=join)
    assert (blocks(events), said) == (blocks(ANSWER), "")
    assert len(events) == (len(list(merge_deltas(ANSWER))) if join else len(ANSWER))


def test_events_before_a_failure_are_read() -> None:
    events, said = read(written(ANSWER[:5]) + b"event: x\ndata: {\n\n" + written(ANSWER[5:]))
    assert (events, said) == (ANSWER[:5], "Upstream sent an event that is not JSON.")


def test_an_answer_must_begin_with_message_start() -> None:
    assert read(written(ANSWER[1:])) == (
        [],
        "Upstream began its answer with content_block_start.",
    )
    assert read() == ([], "Upstream closed the connection before its answer began.")

"""Upstream's events are known, unknown or broken, and nothing behind the check meets a surprise."""

from __future__ import annotations

from typing import Any, NoReturn, get_args

import pytest
from anthropic.types.beta import BetaContentBlock, BetaRawContentBlockDelta, BetaStopReason
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.backends.event_check import EventCheck
from bridge.errors import Overloaded, StreamBroken
from bridge.wire.messages import BLOCK_TYPES, DELTA_TYPES, STOP_REASONS
from tests import scripts

ANSWER = [scripts.start(), *scripts.text(0, "Hi"), *scripts.end("end_turn")]
TEXT = {"type": "text_delta", "text": "Hi"}
TEXT_EVENT = {"type": "content_block_delta", "index": 0, "delta": TEXT}


def refuse(event: Any) -> NoReturn:
    raise Overloaded(event["error"])


def feed(*events: Any) -> tuple[list[Any], list[tuple[str, str]]]:
    """The events passed on, and the unknown parts counted."""
    unknown: list[tuple[str, str]] = []
    check = EventCheck(lambda part, type: unknown.append((part, type)), refuse)
    passed = [check.feed(event) for event in events]
    return [event for event in passed if event is not None], unknown


def change(event: Any, **fields: Any) -> Any:
    return {**event, **fields}


def test_a_known_answer_passes_unchanged() -> None:
    assert feed(*ANSWER) == (ANSWER, [])


def test_unknown_parts_pass_and_are_counted() -> None:
    event = {"type": "future_event", "x": 1}
    block = scripts.block(0, {"type": "future_block"}, {"type": "future_delta"}, TEXT)
    answer = [event, scripts.start(), *block, *scripts.end("future_reason")]
    assert feed(*answer) == (
        answer,
        [
            ("event", "future_event"),
            ("block", "future_block"),
            ("delta", "future_delta"),
            ("stop_reason", "future_reason"),
        ],
    )


@pytest.mark.parametrize("kind", ["web_search_tool_result", "compaction", "fallback"])
def test_a_text_in_a_block_that_has_none_is_dropped_and_counted(kind: str) -> None:
    """The example that Hypothesis found: it came through as Claude's own text."""
    start, stop = scripts.block(0, {"type": kind, "content": []})
    answer = [scripts.start(), start, TEXT_EVENT, stop, *scripts.end("end_turn")]
    passed, unknown = feed(*answer)
    assert passed == [event for event in answer if event is not TEXT_EVENT]
    assert unknown == [("delta", "text_delta")]


def test_an_unknown_event_without_a_plain_name_is_dropped() -> None:
    # On a stream of /v1/messages the type becomes a line of its own.
    assert feed({"type": "a\ndata: b"}, {"type": "é"})[0] == []


def test_an_error_is_raised_at_any_time_but_behind_the_end() -> None:
    for before in ([], ANSWER[:1], ANSWER[:3]):
        with pytest.raises(Overloaded):
            feed(*before, {"type": "error", "error": "busy"})


def test_nothing_passes_behind_the_end() -> None:
    assert feed(*ANSWER, *ANSWER, None, {"type": "error"}) == (ANSWER, [])


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": "ten", "service_tier": ["x"]}])
def test_a_usage_without_counts_is_empty(usage: Any) -> None:
    start = change(scripts.start(), message={"id": "msg_1", "model": "m", "usage": usage})
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}
    (begun, delta), _ = feed(start, end)
    assert (begun["message"]["usage"], delta["usage"]) == ({}, {})


@pytest.mark.parametrize("count", [-1, 1.5, True, "3", 2**70, [1]])
def test_a_count_that_is_none_is_left_out(count: Any) -> None:
    (begun,), _ = feed(scripts.start(input_tokens=count, output_tokens=3))
    assert begun["message"]["usage"] == {"output_tokens": 3}


def test_null_adds_nothing() -> None:
    deltas: list[dict[str, Any]] = [{"type": "text_delta", "text": None}, TEXT]
    passed, _ = feed(scripts.start(), *scripts.block(0, {"type": "text", "text": None}, *deltas))
    assert passed[1:] == scripts.block(0, {"type": "text", "text": ""}, TEXT)


START = scripts.start()
OPEN: Any = scripts.block(0, {"type": "text", "text": ""})[0]
CALL: Any = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}}
BROKEN: dict[str, list[Any]] = {
    "an event without a type": [START, {"index": 0}],
    "an event without a type ": [None],
    "began its answer with content_block_start": [OPEN],
    "began its answer twice": [START, START],
    "message_start whose message is not an object": [{"type": "message_start", "message": []}],
    "message_start whose id is not a string": [
        {"type": "message_start", "message": {"model": "m"}}
    ],
    "content_block_start without a valid index": [START, change(OPEN, index=True)],
    "before the last one had ended": [START, OPEN, change(OPEN, index=1)],
    "the index of an earlier one": [START, *scripts.text(1, "a"), OPEN],
    "content_block_start whose content_block is not an object": [
        START,
        change(OPEN, content_block=[]),
    ],
    "a content block without a type": [START, change(OPEN, content_block={"type": None})],
    "a text block whose text is not a string": [
        START,
        change(OPEN, content_block={"type": "text", "text": 3}),
    ],
    "a tool_use block whose id is not a string": [
        START,
        change(OPEN, content_block={**CALL, "id": None}),
    ],
    "a tool_use block whose input is not an object": [
        START,
        change(OPEN, content_block={**CALL, "input": []}),
    ],
    "content_block_delta for a block that is not open": [START, *scripts.text(0, "a")[1:]],
    "a delta without a type": [START, *scripts.block(0, {"type": "text", "text": ""}, {})],
    "text_delta whose text is not a string": [
        START,
        *scripts.block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": ["a"]}),
    ],
    "text_delta for a block of type tool_use": [START, *scripts.block(0, CALL, TEXT)],
    "citations_delta whose citation is not an object": [
        START,
        *scripts.block(0, {"type": "text", "text": ""}, {"type": "citations_delta"}),
    ],
    "content_block_stop for a block that is not open": [
        START,
        {"type": "content_block_stop", "index": 0},
    ],
    "message_delta whose stop_reason is not a string": [START, *scripts.end(["end_turn"])],  # type: ignore[arg-type]  # as upstream may
    "a usage that is not an object": [START, *scripts.end("end_turn", usage=[1])],
    "in the middle of a content block": [START, OPEN, *scripts.end("end_turn")],
    "without a stop reason": [START, scripts.STOP],
}


@pytest.mark.parametrize("words", BROKEN)
def test_a_broken_event_is_named(words: str) -> None:
    with pytest.raises(StreamBroken, match=words.strip()):
        feed(*BROKEN[words])


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", 0, 1, False, 1.0, "text_delta", "thinking_delta", [], {}]
)


@st.composite
def odd_deltas(draw: st.DrawFn) -> Any:
    """Deltas as upstream must not send them, and some that are right."""
    field, kind = draw(st.sampled_from(["text", "thinking", "", "type"])), draw(ODD)
    event = {**TEXT_EVENT, "delta": {field: draw(ODD), "type": kind}}
    return draw(st.sampled_from([TEXT_EVENT, event, {**TEXT_EVENT, "index": draw(ODD)}]))


CLOSE = {"type": "content_block_stop", "index": 0}
OTHERS = st.sampled_from([START, OPEN, CLOSE, None, 7])


def feed_together(events: list[Any]) -> tuple[list[Any], str]:
    passed: list[Any] = []
    try:
        EventCheck(lambda part, type: None, refuse).feed_all(events, passed)
    except StreamBroken as error:
        return passed, error.message
    return passed, ""


def feed_singly(events: list[Any]) -> tuple[list[Any], str]:
    passed: list[Any] = []
    check = EventCheck(lambda part, type: None, refuse)
    try:
        for event in events:
            passed.append(check.feed(event))
    except StreamBroken as error:
        return [event for event in passed if event is not None], error.message
    return [event for event in passed if event is not None], ""


@given(st.lists(st.one_of(odd_deltas(), OTHERS), max_size=9))
@example([CLOSE, {**TEXT_EVENT, "delta": {"type": None, "": "x"}}])
def test_events_are_checked_together_as_one_by_one(events: list[Any]) -> None:
    answer = [START, OPEN, *events]
    assert feed_together(answer) == feed_singly(answer)


def list_types(union: Any) -> set[str]:
    members = get_args(get_args(union)[0])
    return {member.model_fields["type"].annotation.__args__[0] for member in members}


def test_every_type_of_the_sdk_is_known() -> None:
    assert list_types(BetaContentBlock) <= BLOCK_TYPES
    assert list_types(BetaRawContentBlockDelta) <= DELTA_TYPES
    assert set(get_args(BetaStopReason)) <= STOP_REASONS

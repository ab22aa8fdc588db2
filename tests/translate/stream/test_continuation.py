"""Several turns of Claude as one answer."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import OutputMismatch
from bridge.translate.stream.continuation import MAX_PAUSES, Continuation
from bridge.wire.messages import MessageEvent, MessagesRequest
from tests.scripts import block, end, start, text, thinking, tool

HI: Any = {"role": "user", "content": [{"type": "text", "text": "Hi"}]}
REQUEST = MessagesRequest("claude-opus-5-5", 100, (HI,))
SEARCH = block(
    0,
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
    {"type": "input_json_delta", "partial_json": '{"query": "x"}'},
)
SEARCHED = {
    "type": "server_tool_use",
    "id": "srvtoolu_1",
    "name": "web_search",
    "input": {"query": "x"},
}


def feed(turns: Continuation, *events: MessageEvent) -> list[MessageEvent]:
    return [shown for event in events for shown in turns.feed(event)]


def used(usage: Any) -> Any:
    """Return the event that tells the usage until now, where the answer goes on."""
    delta = {"stop_reason": None, "stop_sequence": None}
    return {"type": "message_delta", "delta": delta, "usage": usage}


def test_a_single_turn_is_unchanged() -> None:
    events = [start(), *text(0, "Hi"), *end("end_turn")]
    turns = Continuation(REQUEST)
    assert feed(turns, *events) == events
    assert turns.take_follow_up() is None
    assert turns.build_stored_turn() is None


def test_a_paused_turn_is_continued() -> None:
    turns = Continuation(REQUEST)
    first = feed(
        turns, start(input_tokens=10), *SEARCH, *end("pause_turn", usage={"output_tokens": 3})
    )
    assert first == [
        start(input_tokens=10),
        *SEARCH,
        used({"input_tokens": 10, "output_tokens": 3}),
    ]
    follow_up = turns.take_follow_up()
    assert follow_up is not None
    assert follow_up.messages == (HI, {"role": "assistant", "content": [SEARCHED]})
    second = feed(
        turns,
        start(input_tokens=20, cache_read_input_tokens=5),
        *text(0, "Found."),
        *end("end_turn", usage={"output_tokens": 4}),
    )
    ending: MessageEvent = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"input_tokens": 30, "cache_read_input_tokens": 5, "output_tokens": 7},
    }
    begun = {"input_tokens": 30, "cache_read_input_tokens": 5, "output_tokens": 4}
    assert second == [used(begun), *text(1, "Found."), ending, {"type": "message_stop"}]
    assert turns.take_follow_up() is None


def test_two_pauses_give_one_assistant_turn() -> None:
    turns = Continuation(REQUEST)
    for _ in range(2):
        feed(turns, start(), *SEARCH, *end("pause_turn"))
        follow_up = turns.take_follow_up()
    assert follow_up is not None
    assert [len(message["content"]) for message in follow_up.messages] == [1, 2]


def test_endless_pauses_are_an_error() -> None:
    turns = Continuation(REQUEST)
    for _ in range(MAX_PAUSES):
        feed(turns, start(), *SEARCH, *end("pause_turn"))
        turns.take_follow_up()
    with pytest.raises(OutputMismatch):
        feed(turns, start(), *SEARCH, *end("pause_turn"))


def test_a_missing_call_is_requested_once() -> None:
    turns = Continuation(REQUEST, must_call="Call it.")
    feed(turns, start(), *text(0, "Well."), *end("end_turn"))
    follow_up = turns.take_follow_up()
    assert follow_up is not None
    assert follow_up.messages[1:] == (
        {"role": "assistant", "content": [{"type": "text", "text": "Well."}]},
        {"role": "user", "content": [{"type": "text", "text": "Call it."}]},
    )
    shown = feed(turns, start(), *tool(0, "toolu_1", "add", "{}"), *end("tool_use"))
    assert shown[1:4] == tool(1, "toolu_1", "add", "{}")
    assert turns.take_follow_up() is None
    assert turns.build_stored_turn() is None


def test_after_an_empty_turn_the_request_joins_the_users_turn() -> None:
    turns = Continuation(REQUEST, must_call="Call it.")
    feed(turns, start(), *end("end_turn"))
    follow_up = turns.take_follow_up()
    assert follow_up is not None
    assert [part["text"] for part in follow_up.messages[0]["content"]] == ["Hi", "Call it."]


def test_an_existing_call_is_not_requested() -> None:
    turns = Continuation(REQUEST, must_call="Call it.")
    feed(turns, start(), *tool(0, "toolu_1", "add"), *end("tool_use"))
    assert turns.take_follow_up() is None


def test_a_call_with_thinking_is_stored() -> None:
    turns = Continuation(REQUEST)
    feed(turns, start(), *thinking(0, "Hm", "m"), *tool(1, "toolu_1", "add", '{"a"', ": 1}"))
    assert turns.build_stored_turn() is None
    feed(turns, *end("tool_use"))
    kept = turns.build_stored_turn()
    assert kept is not None
    assert kept.blocks == (
        {"type": "thinking", "thinking": "Hmm", "signature": "c2ln"},
        {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}},
    )


def test_usage_that_is_reported_on_the_way_is_passed_on() -> None:
    turns = Continuation(REQUEST)
    shown = feed(turns, start(input_tokens=10), used({"input_tokens": 30, "output_tokens": 7}))
    assert shown[1:] == [used({"input_tokens": 30, "output_tokens": 7})]
    ending = end("end_turn", usage={"output_tokens": 9})
    assert feed(turns, *text(0, "Hi"), *ending)[-2:] == ending

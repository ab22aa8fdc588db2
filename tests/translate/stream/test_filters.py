"""Whitespace stops and JSON-only output, for any split of the stream."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import OutputMismatch
from bridge.translate.chat.response_format import ExpectedJson
from bridge.translate.stream.filters import EventFilter, JsonFilter, StopFilter
from bridge.wire.messages import MessageEvent
from tests.scripts import end, start, text


def filter_pieces(
    machine: EventFilter, *pieces: str, reason: str = "end_turn"
) -> list[MessageEvent]:
    events = [start(), *text(0, *pieces), *end(reason)]
    return [out for event in events for out in machine.feed(event)]


def words(events: list[MessageEvent]) -> str:
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    return "".join(delta["text"] for delta in deltas)


def reason(events: list[MessageEvent]) -> str | None:
    (found,) = [
        event["delta"]["stop_reason"] for event in events if event["type"] == "message_delta"
    ]
    return found


def test_a_whitespace_stop_ends_the_answer_before_it() -> None:
    machine = StopFilter(["\n\n"])
    events = filter_pieces(machine, "one\n", "two\n", "\nthree")
    assert machine.ended
    assert words(events) == "one\ntwo"
    assert [event["type"] for event in events[-3:]] == [
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert reason(events) == "stop_sequence"


def test_a_partial_stop_is_sent_at_the_end() -> None:
    machine = StopFilter(["\n\n"])
    assert words(filter_pieces(machine, "one\n")) == "one\n"
    assert not machine.ended


@given(
    st.text("a \n", max_size=12), st.lists(st.sampled_from([" ", "\n", "\n\n", " \n"]), min_size=1)
)
def test_the_first_stop_wins_for_any_split(said: str, stops: list[str]) -> None:
    found = min((said.find(stop) for stop in stops if stop in said), default=len(said))
    assert words(filter_pieces(StopFilter(stops), *said)) == said[:found]
    assert words(filter_pieces(StopFilter(stops), said)) == said[:found]


def filter_json(*pieces: str, schema: dict[str, object] | None = None) -> str:
    return words(filter_pieces(JsonFilter(ExpectedJson(schema)), *pieces))


@pytest.mark.parametrize(
    "said",
    [
        '{"a": 1}',
        '```json\n{"a": 1}\n```',
        'Here you are:\n\n{"a": 1}\n\nAnything else?',
        ' \n{"a": 1}\n',
        '{"a": 1} {"a": 2}',
    ],
)
def test_only_the_json_passes(said: str) -> None:
    assert filter_json(said) == '{"a": 1}'
    assert filter_json(*said) == '{"a": 1}'


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values, max_size=4), st.integers(1, 7))
def test_any_object_passes_unchanged(value: dict[str, object], size: int) -> None:
    written = json.dumps(value)
    pieces = [written[at : at + size] for at in range(0, len(written), size)]
    assert filter_json("```json\n", *pieces, "\n```") == written


@pytest.mark.parametrize(
    ("said", "schema", "problem"),
    [
        ("I would rather not.", None, "is not valid JSON"),
        ('{"a": ', None, "is not valid JSON"),
        pytest.param("[" * 100_000 + "]" * 100_000, None, "is not valid JSON", id="deep"),
        ("[1]", None, "not an object"),
        ('{"a": "one"}', {"properties": {"a": {"type": "integer"}}}, r"`type` fails at \$\.a"),
    ],
)
def test_invalid_json_is_an_error(
    said: str, schema: dict[str, object] | None, problem: str
) -> None:
    with pytest.raises(OutputMismatch, match=problem):
        filter_json(said, schema=schema)


def test_a_truncated_answer_is_not_checked() -> None:
    machine = JsonFilter(ExpectedJson(None))
    assert words(filter_pieces(machine, '{"a": ', reason="max_tokens")) == '{"a": '

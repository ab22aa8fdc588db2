"""The answer does not depend on how upstream splits its stream."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bridge.translate.answer_format import AnswerFormat
from bridge.translate.stream.chat_chunks import ChatStream
from bridge.translate.stream.collect import Collector
from bridge.wire.completion import ChatCompletion
from bridge.wire.messages import MessageEvent
from tests import scripts

SAID = "Grüße 🙂, here:\n"
THOUGHT = "Let me think."
INPUT = json.dumps({"input": 'a "quoted"\n🙂 line'})
ARGUMENTS = json.dumps({"city": "Zürich", "n": [1, 2]})
cuts = st.lists(st.integers(0, 60), max_size=12)


def cut(text: str, places: Sequence[int]) -> list[str]:
    edges = sorted({0, len(text), *(min(place, len(text)) for place in places)})
    return [text[a:b] for a, b in itertools.pairwise(edges)]


def events(places: Sequence[int]) -> list[MessageEvent]:
    return [
        scripts.start(),
        *scripts.thinking(0, *cut(THOUGHT, places)),
        *scripts.text(1, *cut(SAID, places)),
        *scripts.tool(2, "toolu_1", "weather", *cut(ARGUMENTS, places)),
        *scripts.tool(3, "toolu_2", "patch", *cut(INPUT, places)),
        *scripts.end("tool_use"),
    ]


def answer(places: Sequence[int]) -> ChatCompletion:
    style = AnswerFormat(custom=frozenset(["patch"]))
    machine = ChatStream(id="x", model="m", created=7, include_usage=True, answer_format=style)
    collector = Collector()
    for event in events(places):
        collector.feed(machine.feed(event))
    return collector.finish()


def test_the_answer_in_one_piece() -> None:
    message = answer([])["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == (SAID, THOUGHT)
    assert message["tool_calls"] == [
        {
            "id": "toolu_1",
            "type": "function",
            "function": {"name": "weather", "arguments": ARGUMENTS},
        },
        {
            "id": "toolu_2",
            "type": "custom",
            "custom": {"name": "patch", "input": 'a "quoted"\n🙂 line'},
        },
    ]


@given(cuts)
def test_the_answer_is_the_same_for_any_split(places: list[int]) -> None:
    assert answer(places) == answer([])

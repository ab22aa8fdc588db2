"""Keys of conversations: equal if, and only if, Claude Code would get the same frames."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.backends.claude_code.conversation import AnswerRecorder, ConversationHash
from tests import scripts

HI: Any = {"role": "user", "content": [{"type": "text", "text": "Hi"}]}
NEXT: Any = {"role": "user", "content": [{"type": "text", "text": "And now?"}]}
HELLO: Any = {"type": "text", "text": "Hello."}
THOUGHT: Any = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
CALL: Any = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"b": 1, "a": [2.0]}}
SETTINGS = ["claude-opus-5-5", {"max_tokens": 900}, ["Be kind."]]


def answer(*blocks: Any) -> Any:
    return {"role": "assistant", "content": list(blocks)}


def keys_after(*messages: Any, said: Any = (HELLO,), thinking_back: bool = True) -> list[str]:
    return ConversationHash(SETTINGS, messages).list_keys_after(said, thinking_back=thinking_back)


def continued(*messages: Any, settings: Any = SETTINGS) -> str:
    return ConversationHash(settings, messages).continued


def test_the_next_turn_continues_the_conversation() -> None:
    assert continued(HI, answer(HELLO), NEXT) in keys_after(HI)
    once_more = (HI, answer(HELLO), NEXT)
    assert continued(*once_more, answer(HELLO), HI) in keys_after(*once_more)


def test_the_order_of_a_blocks_own_fields_does_not_matter() -> None:
    swapped = dict(reversed(HELLO.items()))
    assert continued(HI, answer(swapped), NEXT) in keys_after(HI)


@pytest.mark.parametrize(
    "key",
    [
        continued(NEXT),
        continued(HI, HI),
        continued(HI, answer(HELLO), NEXT, NEXT),
        continued(HI, answer({**HELLO, "text": "Hello!"}), NEXT),
        continued(HI, answer(HELLO, HELLO), NEXT),
        continued(NEXT, answer(HELLO), NEXT),
        continued(HI, answer(HELLO), NEXT, settings=["claude-opus-5-5", {"max_tokens": 901}, []]),
    ],
)
def test_anything_else_is_another_conversation(key: str) -> None:
    assert key not in keys_after(HI)


def test_the_order_inside_of_a_calls_input_matters() -> None:
    assert continued(HI, answer(CALL), NEXT) in keys_after(HI, said=[CALL])
    swapped = {**CALL, "input": {"a": [2.0], "b": 1}}
    assert continued(HI, answer(swapped), NEXT) not in keys_after(HI, said=[CALL])


def test_who_calls_a_tool_does_not_matter_if_it_is_claude() -> None:
    direct, other = ({**CALL, "caller": {"type": type}} for type in ("direct", "code"))
    assert continued(HI, answer(direct), NEXT) in keys_after(HI, said=[CALL])
    assert continued(HI, answer(other), NEXT) not in keys_after(HI, said=[CALL])


def test_thinking_has_to_come_back_where_the_backend_accepts_it() -> None:
    said = [THOUGHT, CALL]
    with_it, without = continued(HI, answer(*said), NEXT), continued(HI, answer(CALL), NEXT)
    assert keys_after(HI, said=said) == [with_it]
    assert keys_after(HI, said=said, thinking_back=False) == [with_it, without]


def record(*events: Any) -> Any:
    recorder = AnswerRecorder()
    for event in events:
        recorder.feed(event)
    return recorder.get_answer()


def test_an_answer_is_assembled_from_its_events() -> None:
    texts = [*scripts.text(0, "Hel", "lo."), scripts.PING, *scripts.text(1, "Hi!")]
    for stop_reason in ("end_turn", "stop_sequence"):
        answer = record(scripts.start(), *texts, *scripts.end(stop_reason))
        assert answer == [HELLO, {"type": "text", "text": "Hi!"}]


def test_an_answer_with_calls_has_its_thinking_and_the_inputs() -> None:
    events = [
        *scripts.thinking(0, "H", "m."),
        *scripts.tool(1, "toolu_1", "add", '{"b": 1, ', '"a": [2.0]}'),
        *scripts.tool(2, "toolu_2", "now"),
    ]
    now = {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}}
    assert record(scripts.start(), *events, *scripts.end("tool_use")) == [THOUGHT, CALL, now]


@pytest.mark.parametrize(
    "events",
    [
        [*scripts.text(0, "Hello."), *scripts.end("max_tokens")],
        [*scripts.text(0, "Hello."), *scripts.end("refusal")],
        [*scripts.text(0, "Hello."), *scripts.end("pause_turn")],
        [*scripts.text(0, " \n"), *scripts.end("end_turn")],
        [*scripts.text(0, "(no content)"), *scripts.end("end_turn")],
        [*scripts.thinking(0, "Hm."), *scripts.text(1, "Hello."), *scripts.end("end_turn")],
        [*scripts.text(0, "Hello."), *scripts.end("tool_use")],
        [*scripts.tool(0, "toolu_1", "add", "{}"), *scripts.end("max_tokens")],
        [*scripts.tool(0, "toolu_1", "add", "{}"), *scripts.end("end_turn")],
        [*scripts.tool(0, "toolu_1", "add", '{"a": '), *scripts.end("tool_use")],
        [*scripts.tool(0, "toolu_1", "add", "[]"), *scripts.end("tool_use")],
        scripts.end("end_turn"),
        scripts.text(0, "Hello."),
        [{"type": "novelty"}, *scripts.text(0, "Hello."), *scripts.end("end_turn")],
        [
            {"type": "content_block_start", "index": 0, "content_block": {"type": "novelty"}},
            {"type": "content_block_stop", "index": 0},
            *scripts.text(1, "Hello."),
            *scripts.end("end_turn"),
        ],
    ],
)
def test_no_conversation_is_continued_behind_an_unusual_answer(events: list[Any]) -> None:
    assert record(scripts.start(), *events) is None

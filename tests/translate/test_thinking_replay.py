"""Thinking is restored only if everything before it is unchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.store.stored_turn import StoredTurn
from bridge.translate.thinking_replay import (
    has_loop_without_thinking,
    hash_prefix,
    is_thinking_refusal,
    list_call_ids,
    restore_thinking,
    strip_thinking,
)
from bridge.wire.messages import MessagesRequest

THINKING = {"type": "thinking", "thinking": "Hm", "signature": "c2ln"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1"}
TOOLS: Any = ({"name": "add", "input_schema": {}}, {"name": "sub", "input_schema": {}})


def said(role: str, *blocks: Any) -> Any:
    return {"role": role, "content": list(blocks)}


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


ASKED = MessagesRequest("m", 9, (said("user", words("Hi")),), system=(words("S"),), tools=TOOLS)
KEPT = {"toolu_1": StoredTurn(hash_prefix(ASKED), (THINKING, words("Adding. "), CALL))}
BACK = replace(
    ASKED,
    messages=(*ASKED.messages, said("assistant", words("Adding."), CALL), said("user", RESULT)),
)


def test_thinking_is_restored_in_an_unchanged_conversation() -> None:
    assert list_call_ids(BACK) == ["toolu_1"]
    whole = restore_thinking(BACK, KEPT)
    assert whole.messages[1]["content"] == [THINKING, words("Adding. "), CALL]
    assert whole.messages[0] == BACK.messages[0]
    assert strip_thinking(whole).messages[1]["content"] == [words("Adding. "), CALL]


def test_cache_markers_and_tool_order_do_not_count_as_changes() -> None:
    marker = {"type": "ephemeral"}
    marked = replace(
        BACK,
        tools=tuple(reversed(TOOLS)),
        messages=(
            said("user", {**words("Hi"), "cache_control": marker}),
            said("assistant", words("Adding."), {**CALL, "cache_control": marker}),
            said("user", RESULT),
        ),
    )
    assert restore_thinking(marked, KEPT).messages[1]["content"] == [
        THINKING,
        words("Adding. "),
        {**CALL, "cache_control": marker},
    ]


@pytest.mark.parametrize(
    "edited",
    [
        replace(BACK, model="other"),
        replace(BACK, system=(words("T"),)),
        replace(BACK, tools=TOOLS[:1]),
        replace(BACK, messages=(said("user", words("Ho")), *BACK.messages[1:])),
        replace(
            BACK,
            messages=(BACK.messages[0], said("assistant", words("No."), CALL), BACK.messages[2]),
        ),
        replace(
            BACK,
            messages=(
                BACK.messages[0],
                said("assistant", words("Adding."), {**CALL, "input": {"a": 2}}),
                BACK.messages[2],
            ),
        ),
    ],
)
def test_after_any_change_the_clients_version_is_sent(edited: MessagesRequest) -> None:
    assert restore_thinking(edited, KEPT) == edited


def test_a_later_turn_is_restored_only_if_the_earlier_one_is() -> None:
    second = replace(restore_thinking(BACK, KEPT))
    later = {**CALL, "id": "toolu_2"}
    kept = {**KEPT, "toolu_2": StoredTurn(hash_prefix(second), (THINKING, later))}
    turns = (*BACK.messages, said("assistant", later), said("user", RESULT))
    both = restore_thinking(replace(BACK, messages=turns), kept)
    assert [both.messages[i]["content"][0] for i in (1, 3)] == [THINKING, THINKING]
    only_later = {"toolu_2": kept["toolu_2"]}
    assert restore_thinking(replace(BACK, messages=turns), only_later).messages == turns


def test_a_tool_loop_without_thinking_is_detected() -> None:
    assert has_loop_without_thinking(BACK)
    assert not has_loop_without_thinking(restore_thinking(BACK, KEPT))
    asked_anew = replace(BACK, messages=(*BACK.messages[:2], said("user", words("And?"))))
    assert not has_loop_without_thinking(asked_anew)


@pytest.mark.parametrize(
    "refusal",
    [
        "messages.1.content.0: Thinking block is bound to a different conversation.",
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        "`thinking` or `redacted_thinking` blocks in the latest assistant message "
        "cannot be modified",
        "Expected `thinking` or `redacted_thinking`, but found `tool_use`",
    ],
)
def test_refusals_of_thinking_are_recognized(refusal: str) -> None:
    assert is_thinking_refusal(refusal)
    assert not is_thinking_refusal("max_tokens: 5 > 4")

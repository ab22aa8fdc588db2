"""Call ids that Claude Code would take for copies are renamed, each with its result."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.backends.claude_code.call_ids import rename_copies


def build_turns(*ids: str) -> list[Any]:
    calls = [{"type": "tool_use", "id": id, "name": "f", "input": {}} for id in ids]
    results = [{"type": "tool_result", "tool_use_id": id} for id in ids]
    return [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        {"role": "assistant", "content": calls},
        {"role": "user", "content": results},
    ]


@pytest.mark.parametrize(
    "ids", [("a",), ("a", "b_2"), ("a", "a-2"), ("a", "a_x"), ("a_2",), ("_2", "2"), ("",)]
)
def test_other_ids_stay(ids: tuple[str, ...]) -> None:
    turns = build_turns(*ids)
    assert rename_copies(turns) is turns


@pytest.mark.parametrize(
    ("ids", "renamed"),
    [
        (("call_0", "call_0_2"), ("call_0", "call_0-2")),
        (("a_2", "a"), ("a-2", "a")),
        (("a", "a_2", "a_2_3"), ("a", "a-2", "a_2-3")),
        (("a", "a-2", "a_2"), ("a", "a-2", "a-2-")),
    ],
)
def test_a_number_behind_another_id_is_set_apart(
    ids: tuple[str, ...], renamed: tuple[str, ...]
) -> None:
    assert list(rename_copies(build_turns(*ids))) == build_turns(*renamed)

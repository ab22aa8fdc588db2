"""Where a request first differs from the one before it is said in words, to the byte."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.inspect.prefix import compare_requests


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


def user(*words: str) -> dict[str, Any]:
    return {"role": "user", "content": [text(word) for word in words]}


def tool(name: str, description: str = "Looks.") -> dict[str, Any]:
    return {"name": name, "description": description, "input_schema": {"type": "object"}}


BODY: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "tools": [tool("read"), tool("write")],
    "system": [text("Be brief.")],
    "messages": [user("Hello."), user("How are you?")],
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "nothing changed before: the same request"),
        ({"tools": [*BODY["tools"], tool("write")]}, "tools changed: 3 in the place of 2"),
        (
            {"messages": [*BODY["messages"], user("And you?", "Now?")]},
            "nothing changed before: 2 blocks added at the end",
        ),
        (
            {"model": "claude-haiku-5-5"},
            "model changed: claude-haiku-5-5 instead of claude-opus-5-5; each model has a cache of "
            "its own",
        ),
        (
            {"tools": [*BODY["tools"], tool("search")]},
            "tools changed: `search` was added",
        ),
        ({"tools": [tool("read")]}, "tools changed: `write` was removed"),
        (
            {"tools": BODY["tools"][::-1]},
            "tools changed: the order changed: `write` is in the place of `read`",
        ),
        (
            {"tools": [tool("read"), tool("write", "Looks!")]},
            'the tool `write` changed at byte 36: “.","input_schema":{"type":"object"}}” '
            'became “!","input_schema":{"type":"object"}}”',
        ),
        (
            {"system": [text("Be brief today.")]},
            'block 1 of the system prompt changed at byte 31: “."}” became “ today."}”',
        ),
        (
            {"messages": [user("Hello."), user("Who are you?")]},
            'message 2 (user) changed at byte 28: “How are you?"}” became “Who are you?"}”',
        ),
        ({"messages": [user("Hello.")]}, "message 2 (user) is gone"),
        ({"thinking": {"type": "adaptive"}}, "thinking changed, which drops cached messages"),
    ],
)
def test_the_first_difference(changes: dict[str, Any], words: str) -> None:
    assert compare_requests(BODY, {**BODY, **changes}).words == words


def test_cache_markers_are_no_difference() -> None:
    marked = {**BODY, "system": [text("Be brief.", cache_control={"type": "ephemeral"})]}
    difference = compare_requests(BODY, marked)
    assert difference.words == "nothing changed before: the same request"
    assert difference.same_bytes == difference.earlier_bytes


def test_the_bytes_before_the_difference_are_counted() -> None:
    longer = {**BODY, "messages": [user("Hello."), user("How are you now?")]}
    difference = compare_requests(BODY, longer)
    assert 0 < difference.same_bytes < difference.earlier_bytes
    tools = compare_requests(BODY, {**BODY, "tools": [tool("search"), *BODY["tools"]]})
    assert tools.same_bytes == 0

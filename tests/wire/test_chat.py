"""Tools that come again are validated once, and never mixed up."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.wire.chat import MOST_TOOLS, ChatRequest, FunctionTool, KnownTools, Tool


def build_function(
    name: str, description: str = "Does it.", parameters: Any = None, **more: Any
) -> dict[str, Any]:
    schema = parameters or {"type": "object"}
    function = {"name": name, "description": description, "parameters": schema}
    return {"type": "function", "function": function, **more}


def read_tools(*tools: Any) -> list[Tool]:
    message = {"role": "user", "content": "Hi"}
    body = {"model": "claude", "messages": [message], "tools": list(tools)}
    return ChatRequest.model_validate(body).tools or []


def test_the_same_tools_are_validated_once() -> None:
    first = read_tools(build_function("find"), build_function("edit"))
    second = read_tools(build_function("find"), build_function("edit"))

    assert second is first
    assert [tool.function.name for tool in first if isinstance(tool, FunctionTool)] == [
        "find",
        "edit",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        [build_function("find", "Does more.")],
        [build_function("find", cache_control={"type": "ephemeral"})],
        [build_function("find"), build_function("edit")],
        [],
    ],
    ids=["description", "marker", "one more", "none"],
)
def test_a_change_is_seen(changed: list[Any]) -> None:
    before = read_tools(build_function("find"))
    after = read_tools(*changed)

    assert after != before
    assert [tool.model_dump(exclude_unset=True) for tool in after] == changed
    assert read_tools(build_function("find")) is before


def test_tools_that_may_have_a_password_are_not_remembered() -> None:
    server = {"type": "url", "url": "https://tools.example", "authorization_token": "secret"}
    tools = [build_function("find"), {"type": "mcp_toolset", "server": server}]

    assert read_tools(*tools) is not read_tools(*tools)


def test_a_long_list_is_not_remembered() -> None:
    tools = [build_function(f"tool_{at}", "x" * 1000) for at in range(100)]

    assert not isinstance(read_tools(*tools), KnownTools)


@pytest.mark.parametrize(
    "tools",
    [
        [build_function("find", parameters={"enum": [{}] * 20_000})],
        [{"type": "custom", "name": f"tool_{at}"} for at in range(1500)],
    ],
    ids=["values", "tools"],
)
def test_a_short_list_that_takes_much_memory_is_not_remembered(tools: list[Any]) -> None:
    assert not isinstance(read_tools(*tools), KnownTools)


def test_half_of_a_surrogate_pair_is_no_failure() -> None:
    (tool,) = read_tools(build_function("find", "\ud83d"))

    assert tool.model_dump()["function"]["description"] == "\ud83d"


@pytest.mark.parametrize("again", range(2))
def test_what_is_refused_is_refused_again(again: int) -> None:
    unnamed = {"type": "function", "function": {"description": "Has no name."}}

    with pytest.raises(ValidationError) as raised:
        read_tools(build_function("find"), unnamed)

    places = [problem["loc"] for problem in raised.value.errors()]
    assert places == [("tools", 1, "function", "function", "name")]


@pytest.mark.parametrize(
    "tool",
    # The second is valid, and so short that a list of them could be remembered.
    [{"type": "function"}, {"type": "custom", "name": ""}],
    ids=["invalid", "short"],
)
def test_too_many_tools_are_refused_before_they_are_read(tool: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as raised:
        read_tools(*[tool] * (MOST_TOOLS + 1))

    assert [problem["type"] for problem in raised.value.errors()] == ["too_long"]

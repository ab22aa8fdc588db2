"""Tools that come again are translated by what holds for the request that they come with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bridge.errors import InvalidRequest
from bridge.models.rules import ModelRules, get_rules
from bridge.translate.chat.request import Translation, translate_chat
from bridge.wire.chat import ChatRequest

RULES = get_rules("claude-opus-5-5")
CLOSED = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}


def build_tool(name: str, parameters: Any = CLOSED, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters, **more}}


def translate(tools: Sequence[Any], rules: ModelRules = RULES, **more: Any) -> Translation:
    said = [{"role": "user", "content": "Hi"}]
    body = {"model": RULES.id, "messages": said, "tools": list(tools), **more}
    return translate_chat(ChatRequest.model_validate(body), rules, RULES.id)


def list_blocks(translation: Translation) -> list[dict[str, Any]]:
    return list(translation.request.tools or ())


@pytest.mark.parametrize("first", [True, False])
def test_a_changed_rule_holds_for_the_next_request(first: bool) -> None:
    tools = [build_tool("read", strict=True)]
    for has_both in (first, not first):
        rules = replace(RULES, eager_tools=has_both, strict_tools=has_both)
        (block,) = list_blocks(translate(tools, rules))

        assert ("eager_input_streaming" in block, "strict" in block) == (has_both, has_both)


def test_each_request_gets_the_notices() -> None:
    tools = [build_tool("read"), build_tool("read"), build_tool("edit", {"type": "text"})]

    first, second = translate(tools), translate(tools)

    assert first.notices == second.notices
    assert [notice.partition(" ")[0] for notice in first.notices] == ["tools:", "tools:"]


def test_the_choice_holds_for_its_own_request() -> None:
    tools = [build_tool("read"), build_tool("edit")]
    allowed = {"mode": "auto", "tools": [build_tool("edit")]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}

    some, every = translate(tools, tool_choice=choice), translate(tools)

    assert [block["name"] for block in list_blocks(some)] == ["edit"]
    assert [block["name"] for block in list_blocks(every)] == ["read", "edit"]


def test_a_name_may_be_reserved_in_another_request() -> None:
    tools = [build_tool("web_search")]

    both, alone = translate(tools, web_search_options={}), translate(tools)

    assert [block["name"] for block in list_blocks(both)] == ["web_search_2", "web_search"]
    assert [block["name"] for block in list_blocks(alone)] == ["web_search"]


@pytest.mark.parametrize("again", range(2))
def test_a_refused_schema_is_refused_again(again: int) -> None:
    with pytest.raises(InvalidRequest) as raised:
        translate([build_tool("read"), build_tool("edit", {"properties": 5})])

    assert raised.value.param == "tools[1].function.parameters.properties"

"""Function tools and the choice among them, as Anthropic's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.models.rules import ModelRules
from bridge.translate.notices import Notices
from bridge.translate.schema import tool_input
from bridge.wire.chat import ChatRequest, FunctionTool, NamedToolChoice
from bridge.wire.messages import Block

ToolChoice = Mapping[str, Any]


def tool_blocks(tools: Sequence[FunctionTool] | None) -> tuple[Block, ...] | None:
    """One block a tool; a tool without parameters takes an empty object."""
    return tuple(_tool_block(tool) for tool in tools) if tools else None


def _tool_block(tool: FunctionTool) -> Block:
    function = tool.function
    block: Block = {
        "name": function.name,
        "input_schema": tool_input(function.parameters),
        # Arguments are streamed as they are written, not held back until they are valid JSON.
        "eager_input_streaming": True,
    }
    if function.description:
        block["description"] = function.description
    return block


def tool_choice(
    request: ChatRequest, rules: ModelRules, notices: Notices
) -> tuple[ToolChoice | None, str | None]:
    """The choice, and an instruction that stands in where the model cannot be forced."""
    if not request.tools:
        return None, None
    wanted = request.tool_choice or "auto"
    choice, instruction = _choice(wanted, rules)
    if instruction is not None:
        notices.add(f"tool_choice: {rules.id} cannot be forced to call a tool; it is told to")
    if request.parallel_tool_calls is False and choice["type"] != "none":
        choice = {**choice, "disable_parallel_tool_use": True}
    return (None if choice == {"type": "auto"} else choice), instruction


def _choice(wanted: str | NamedToolChoice, rules: ModelRules) -> tuple[dict[str, Any], str | None]:
    if isinstance(wanted, NamedToolChoice):
        name = wanted.function.name
        if rules.forced_tools:
            return {"type": "tool", "name": name}, None
        return {"type": "auto"}, f"Answer by calling the tool `{name}`."
    if wanted == "required":
        if rules.forced_tools:
            return {"type": "any"}, None
        return {"type": "auto"}, "Answer by calling one of the tools."
    return {"type": wanted}, None

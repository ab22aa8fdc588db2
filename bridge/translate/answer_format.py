"""How tool calls are written in the answer to one client."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bridge.translate.chat.computer_toolset import CHAT_PREFIX, TOOLSET_NAME
from bridge.wire.messages import Block

_COUNTED_TOOL = re.compile(r"\btools\.(\d{1,6})\.(?:custom\.)?")


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """The client's names for its tools, and the format it expects calls in."""

    tool_names: Mapping[str, str] = field(default_factory=dict)
    """Claude's name for a tool to the client's, where the two differ."""
    custom: frozenset[str] = frozenset()
    """Claude's names for custom tools, whose input is text."""
    legacy: bool = False
    """Write the call as `function_call`, the predecessor of `tool_calls`."""

    hide_thinking: bool = False
    """Leave Claude's thinking out of the answer."""

    def name_of(self, call: Block) -> str:
        """Return the client's name for the tool in a `tool_use` block."""
        name: str = call["name"]
        if call.get("toolset_name") == TOOLSET_NAME:
            return CHAT_PREFIX + name
        return self.tool_names.get(name, name)


def name_tool(refusal: str, tools: Sequence[Block], answer_format: AnswerFormat) -> str:
    """Replace the number of a tool in the message of a refusal by the client's name for it."""

    def replace_number(match: re.Match[str]) -> str:
        index = int(match[1])
        if index >= len(tools) or "name" not in tools[index]:
            return match[0]
        return f"tool `{answer_format.name_of(tools[index])}`: "

    return _COUNTED_TOOL.sub(replace_number, refusal)

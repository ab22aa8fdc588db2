"""How tool calls are written in the answer to one client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.translate.chat.computer_toolset import CHAT_PREFIX, TOOLSET_NAME
from bridge.wire.messages import Block


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

"""How an answer is told to the client that asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.translate.chat.computer_toolset import CHAT_PREFIX, TOOLSET_NAME
from bridge.wire.messages import Block


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """How calls are told to this client."""

    tool_names: Mapping[str, str] = field(default_factory=dict)
    """From Claude's names to the client's, for those that differ."""
    custom: frozenset[str] = frozenset()
    """Claude's names of the tools whose input is text."""
    legacy: bool = False
    """As one `function_call`, the old way."""

    def name_of(self, call: Block) -> str:
        """The client's name of the tool that Claude calls."""
        name: str = call["name"]
        if call.get("toolset_name") == TOOLSET_NAME:
            return CHAT_PREFIX + name
        return self.tool_names.get(name, name)

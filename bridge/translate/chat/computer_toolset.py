"""Anthropic's computer toolset, for clients that control their own screen.

In a chat, its calls are tool calls whose names begin with `computer__`.
https://platform.claude.com/docs/en/agents-and-tools/tool-use/computer-use-tool
"""

from __future__ import annotations

from bridge.errors import InvalidRequest, NotSupported
from bridge.models.rules import ModelRules
from bridge.wire.chat import ChatRequest, OtherTool
from bridge.wire.messages import Block

TOOLSET_TYPE = "computer_toolset_20260801"
TOOLSET_NAME = "computer"
"""`toolset_name` in its calls and their results."""

CHAT_PREFIX = "computer__"
MEMBERS = frozenset(
    {
        "key",
        "hold_key",
        "type",
        "cursor_position",
        "mouse_move",
        "left_mouse_down",
        "left_mouse_up",
        "left_click",
        "right_click",
        "middle_click",
        "double_click",
        "triple_click",
        "left_click_drag",
        "scroll",
        "wait",
        "screenshot",
        "zoom",
    }
)
_FIELDS = ("type", "configs", "cache_control")


def is_toolset(tool: OtherTool) -> bool:
    return tool.type == TOOLSET_TYPE


def has_toolset(chat: ChatRequest) -> bool:
    return any(map(is_toolset, chat.other_tools))


def build_toolset_block(chat: ChatRequest, rules: ModelRules) -> Block | None:
    """Build the toolset's entry in `tools`, or None if the client did not send one.

    Raises NotSupported or InvalidRequest if the backend or the model has no toolset.
    """
    tool = next(filter(is_toolset, chat.other_tools), None)
    if tool is None:
        return None
    if rules.computer == "not_here":
        raise NotSupported(
            "The computer tool is not available through Claude Code; add an Anthropic API key.",
            param="tools",
        )
    if rules.computer == "none":
        raise InvalidRequest(
            f"{rules.id} does not support {TOOLSET_TYPE}; use claude-opus-4-8 or later, Sonnet 5, "
            "Haiku 5.5, Fable or Mythos.",
            param="tools",
        )
    fields = tool.model_dump()
    return {name: fields[name] for name in _FIELDS if fields.get(name) is not None}


def parse_member(name: str) -> str | None:
    """Return the toolset member that a chat's tool name stands for, or None."""
    member = name.removeprefix(CHAT_PREFIX)
    return member if member != name and member in MEMBERS else None

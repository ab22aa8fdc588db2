"""Anthropic's computer toolset, for clients that drive a screen of their own.

In a chat its calls are tool calls whose names begin with `computer__`.
https://platform.claude.com/docs/en/agents-and-tools/tool-use/computer-use-tool
"""

from __future__ import annotations

from bridge.errors import InvalidRequest, NotSupported
from bridge.models.rules import ModelRules
from bridge.wire.chat import ChatRequest, OtherTool
from bridge.wire.messages import Block

TOOLSET_TYPE = "computer_toolset_20260801"
TOOLSET_NAME = "computer"
"""What its calls and their results say as `toolset_name`."""

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
    if not chat.tools:
        return False
    return any(isinstance(tool, OtherTool) and is_toolset(tool) for tool in chat.tools)


def build_toolset_block(chat: ChatRequest, rules: ModelRules) -> Block | None:
    """Its entry among the tools, when it is wanted. Raises where there is none to have."""
    if not has_toolset(chat):
        return None
    if rules.computer == "not_here":
        raise NotSupported(
            "Claude Code cannot be given a computer tool; a key of Anthropic's is needed.",
            param="tools",
        )
    if rules.computer == "none":
        raise InvalidRequest(
            f"{rules.id} has no computer tool of this kind; claude-opus-4-8 and later, Sonnet 5, "
            "Haiku 5.5, Fable and Mythos have.",
            param="tools",
        )
    tools = (tool for tool in chat.tools or () if isinstance(tool, OtherTool) and is_toolset(tool))
    given = next(tools).model_dump()
    return {name: given[name] for name in _FIELDS if given.get(name) is not None}


def parse_member(name: str) -> str | None:
    """The toolset's own name of a tool call in a chat; None for any other tool's."""
    member = name.removeprefix(CHAT_PREFIX)
    return member if member != name and member in MEMBERS else None

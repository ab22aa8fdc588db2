"""Tools: their definitions, and the choice among them."""

from __future__ import annotations

from typing import Any

from tests.fake_anthropic.checks.blocks import check_marker, check_name
from tests.fake_anthropic.checks.connector import BETA as CONNECTOR_BETA
from tests.fake_anthropic.checks.connector import TOOLSET as MCP_TOOLSET
from tests.fake_anthropic.checks.connector import check_toolset
from tests.fake_anthropic.checks.schemas import check_input_schema, check_strict_schema
from tests.fake_anthropic.rejection import (
    need,
    need_dict,
    need_list,
    need_one_of,
    need_only,
    need_str,
    refuse,
)
from tests.fake_anthropic.rules import Rules

_ANY = frozenset({"type", "name", "cache_control", "allowed_callers", "defer_loading", "strict"})
_CUSTOM = _ANY | {"description", "input_schema", "eager_input_streaming", "input_examples"}
_SEARCH = _ANY | {"allowed_domains", "blocked_domains", "max_uses", "user_location"}
_FETCH = _ANY | {
    "allowed_domains",
    "blocked_domains",
    "citations",
    "max_content_tokens",
    "max_uses",
    "url_sources",
}
_EDITOR = _ANY | {"input_examples"}
_TOOLSET = frozenset({"type", "configs", "cache_control"})
_SCREEN = _ANY | {"display_width_px", "display_height_px", "display_number", "input_examples"}

KINDS: dict[str, tuple[str | None, frozenset[str]]] = {
    "bash_20250124": ("bash", _EDITOR),
    "browser_toolset_20260801": (None, _TOOLSET),
    "code_execution_20250522": ("code_execution", _ANY),
    "code_execution_20250825": ("code_execution", _ANY),
    "code_execution_20260120": ("code_execution", _ANY),
    "code_execution_20260521": ("code_execution", _ANY),
    "computer_20250124": ("computer", _SCREEN),
    "computer_20251124": ("computer", _SCREEN | {"enable_zoom"}),
    "computer_toolset_20260801": (None, _TOOLSET),
    "mcp_toolset": MCP_TOOLSET,
    "memory_20250818": ("memory", _EDITOR),
    "text_editor_20250124": ("str_replace_editor", _EDITOR),
    "text_editor_20250429": ("str_replace_based_edit_tool", _EDITOR),
    "text_editor_20250728": ("str_replace_based_edit_tool", _EDITOR | {"max_characters"}),
    "tool_search_tool_bm25": ("tool_search_tool_bm25", _ANY),
    "tool_search_tool_bm25_20251119": ("tool_search_tool_bm25", _ANY),
    "tool_search_tool_regex": ("tool_search_tool_regex", _ANY),
    "tool_search_tool_regex_20251119": ("tool_search_tool_regex", _ANY),
    "web_fetch_20250910": ("web_fetch", _FETCH),
    "web_fetch_20260209": ("web_fetch", _FETCH),
    "web_fetch_20260309": ("web_fetch", _FETCH | {"use_cache"}),
    "web_fetch_20260318": ("web_fetch", _FETCH | {"use_cache", "response_inclusion"}),
    "web_search_20250305": ("web_search", _SEARCH),
    "web_search_20260209": ("web_search", _SEARCH),
    "web_search_20260318": ("web_search", _SEARCH | {"response_inclusion"}),
}
"""Anthropic's own tools: the name each must have (a toolset has none), and its fields."""
_BETAS = {
    "computer_20250124": "computer-use-2025-01-24",
    "computer_20251124": "computer-use-2025-11-24",
    "mcp_toolset": CONNECTOR_BETA,
}
_RUN_BY_CODE = ("web_search_2026", "web_fetch_2026")
"""Versions that only code in the container may call, unless the request says otherwise."""
MEMBERS = frozenset(
    [
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
    ]
)
_CHOICES = {
    "auto": frozenset({"type", "disable_parallel_tool_use"}),
    "any": frozenset({"type", "disable_parallel_tool_use"}),
    "tool": frozenset({"type", "name", "disable_parallel_tool_use"}),
    "none": frozenset({"type"}),
}


def has_computer(body: dict[str, Any]) -> bool:
    """Whether the request gives Claude the computer toolset."""
    return any(tool.get("type") == "computer_toolset_20260801" for tool in body.get("tools") or ())


def check_tools(body: dict[str, Any], model: Rules, betas: frozenset[str]) -> None:
    """Every tool, and that no two have one name."""
    names: set[str] = set()
    for index, tool in enumerate(need_list(body.get("tools", []), "tools")):
        tool = need_dict(tool, f"tools.{index}")
        if tool.get("type", "custom") in ("custom", None):
            _check_custom(tool, f"tools.{index}.custom")
        else:
            _check_own(tool, f"tools.{index}", model, betas)
        if tool.get("cache_control") is not None:
            check_marker(tool["cache_control"], f"tools.{index}.cache_control")
        name = tool.get("name") or tool.get("mcp_server_name") or tool["type"]
        need(name not in names, "tools: Tool names must be unique.")
        names.add(name)


def _check_custom(tool: dict[str, Any], where: str) -> None:
    need_only(tool, _CUSTOM, where)
    check_name(tool.get("name"), f"{where}.name")
    if "description" in tool:
        need_str(tool["description"], f"{where}.description")
    check_input_schema(tool.get("input_schema"), f"{where}.input_schema")
    if tool.get("strict"):
        schema = tool["input_schema"]
        complete = "required" in schema or not schema.get("properties")
        need(complete, f"{where}.input_schema.required: Field required")
        check_strict_schema(tool["input_schema"], f"{where}.input_schema")


def _check_own(tool: dict[str, Any], where: str, model: Rules, betas: frozenset[str]) -> None:
    kind = tool["type"]
    beta = _BETAS.get(kind)
    if kind not in KINDS or (beta is not None and beta not in betas):
        raise refuse(
            f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected "
            f"tags: 'custom', {', '.join(repr(name) for name in sorted(set(KINDS) - set(_BETAS)))}"
        )
    name, fields = KINDS[kind]
    need_only(tool, fields, f"{where}.{kind}")
    if name is not None:
        need_one_of(tool.get("name"), (name,), f"{where}.{kind}.name")
    if kind.startswith("computer_"):
        need(kind in model.computer, f"'{model.id}' does not support tool types: {kind}.")
    if kind.startswith(_RUN_BY_CODE) and not model.programmatic_tools:
        need(
            tool.get("allowed_callers") == ["direct"],
            f"{where}.{kind}: '{model.id}' does not support programmatic tool calling. Set "
            'allowed_callers to ["direct"].',
        )
    if kind == "mcp_toolset":
        check_toolset(tool, f"{where}.{kind}")
    if kind == "computer_toolset_20260801":
        _check_configs(tool.get("configs") or {}, f"{where}.{kind}.configs")


def _check_configs(configs: Any, where: str) -> None:
    configs = need_dict(configs, where)
    need_only(configs, MEMBERS, where)
    for member, config in configs.items():
        config = need_dict(config or {}, f"{where}.{member}")
        need_only(config, frozenset({"enabled", "defer_loading"}), f"{where}.{member}")


def check_choice(body: dict[str, Any], model: Rules) -> None:
    """`tool_choice`, against the tools, the model and the thinking."""
    if body.get("tool_choice") is None:
        return
    choice = need_dict(body["tool_choice"], "tool_choice")
    kind = need_one_of(choice.get("type"), tuple(_CHOICES), "tool_choice.type")
    need_only(choice, _CHOICES[kind], f"tool_choice.{kind}")
    need(
        bool(body.get("tools")),
        "tool_choice: tool_choice may only be specified while providing tools",
    )
    if kind in ("any", "tool"):
        _check_forced(kind, choice, body, model)


def _check_forced(kind: str, choice: dict[str, Any], body: dict[str, Any], model: Rules) -> None:
    need(
        model.forced_tools,
        f"tool_choice.type: `{kind}` is not supported on this model. Use `auto` or `none`.",
    )
    need(
        (body.get("thinking") or {}).get("type") != "enabled",
        "Thinking may not be enabled when tool_choice forces tool use.",
    )
    if kind == "tool":
        name = need_str(choice.get("name"), "tool_choice.tool.name")
        names = {tool.get("name") for tool in body["tools"]}
        need(name in names, f"tool_choice.name: Tool '{name}' not found in provided tools")

"""Anthropic's server tools: web search, code execution and the MCP connector.

They run at Anthropic, so Claude's calls of them are never the client's to answer. A chat has them
as tools of Anthropic's types; two have a field more than Anthropic's, for what a request names
outside of its tools: `container` of code execution, and `server` of an MCP toolset.
https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import InvalidRequest, NotSupported
from bridge.models.rules import ModelRules
from bridge.translate.chat.server_tools.web_search import NAME as WEB_SEARCH
from bridge.translate.chat.server_tools.web_search import build_web_search_block, is_web_search
from bridge.translate.notices import Notices
from bridge.wire.chat import AllowedToolsChoice, ChatRequest, OtherTool
from bridge.wire.messages import Block
from bridge.wire.response_items.server_calls import CODE_TOOLS

CODE_EXECUTION = "code_execution"
CODE_EXECUTION_TYPE = "code_execution_20260521"
MCP_TOOLSET = "mcp_toolset"
_MCP_BETA = "mcp-client-2026-09-15"

_TOOLSET_FIELDS = ("type", "mcp_server_name", "default_config", "configs", "cache_control")
_OPENAI_NAMES = {CODE_EXECUTION_TYPE: "code_interpreter", MCP_TOOLSET: "mcp"}


@dataclass(frozen=True, slots=True)
class ServerTools:
    """The server tools of a request, and what else the request needs for them."""

    blocks: tuple[Block, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the body."""


_NO_SERVER_TOOLS = ServerTools()


def is_server_tool(tool: OtherTool) -> bool:
    return is_web_search(tool) or tool.type in _OPENAI_NAMES


def has_server_tools(chat: ChatRequest) -> bool:
    return chat.web_search_options is not None or bool(_list_tools(chat))


def list_reserved_names(chat: ChatRequest) -> tuple[str, ...]:
    """Return the names under which Claude calls the server tools of this chat."""
    tools = _list_tools(chat)
    if not tools and chat.web_search_options is None:
        return ()
    searches = chat.web_search_options is not None or any(map(is_web_search, tools))
    runs_code = any(tool.type == CODE_EXECUTION_TYPE for tool in tools)
    return ((WEB_SEARCH,) if searches else ()) + (tuple(sorted(CODE_TOOLS)) if runs_code else ())


def build_server_tools(chat: ChatRequest, rules: ModelRules, notices: Notices) -> ServerTools:
    """Build the server tools. Raises NotSupported if the backend does not have one of them."""
    tools = _list_tools(chat)
    if not tools and chat.web_search_options is None:
        return _NO_SERVER_TOOLS
    for tool in tools:
        if not rules.server_tools and tool.type in _OPENAI_NAMES:
            raise NotSupported(
                f"{_OPENAI_NAMES[tool.type]} is not available through Claude Code; add an "
                "Anthropic API key.",
                param="tools",
            )
    search = build_web_search_block(chat, _find_tool(tools, is_web_search), notices)
    code = _find_tool(tools, lambda tool: tool.type == CODE_EXECUTION_TYPE)
    toolsets = [tool for tool in tools if tool.type == MCP_TOOLSET]
    more: dict[str, Any] = {}
    if toolsets:
        more["mcp_servers"] = [_read_server(tool) for tool in toolsets]
    container = (code.model_extra or {}).get("container") if code is not None else None
    if isinstance(container, str):
        more["container"] = container
    blocks = (
        search,
        {"type": CODE_EXECUTION_TYPE, "name": CODE_EXECUTION} if code is not None else None,
        *(_build_toolset(tool) for tool in toolsets),
    )
    return ServerTools(
        blocks=tuple(block for block in blocks if block),
        headers={"anthropic-beta": _MCP_BETA} if toolsets else {},
        more=more,
    )


def _list_tools(chat: ChatRequest) -> list[OtherTool]:
    """List the server tools that Claude may call; `tool_choice` may leave some of them out."""
    tools = [tool for tool in chat.other_tools if is_server_tool(tool)]
    if not tools or not isinstance(chat.tool_choice, AllowedToolsChoice):
        return tools
    allowed = {
        _identify(tool)
        for tool in chat.tool_choice.allowed_tools.tools
        if isinstance(tool, OtherTool)
    }
    return [tool for tool in tools if _identify(tool) in allowed]


def _identify(tool: OtherTool) -> tuple[str, str]:
    """Return what an entry of `allowed_tools` has in common with the tool that it names."""
    kind = WEB_SEARCH if is_web_search(tool) else tool.type
    return kind, str((tool.model_extra or {}).get("mcp_server_name"))


def _find_tool(
    tools: Sequence[OtherTool], is_wanted: Callable[[OtherTool], bool]
) -> OtherTool | None:
    return next((tool for tool in tools if is_wanted(tool)), None)


def _build_toolset(tool: OtherTool) -> Block:
    fields = tool.model_dump()
    return {name: fields[name] for name in _TOOLSET_FIELDS if fields.get(name) is not None}


def _read_server(tool: OtherTool) -> Any:
    server = (tool.model_extra or {}).get("server")
    if not isinstance(server, Mapping):
        raise InvalidRequest(
            "An mcp_toolset cannot be used here; send the tool `mcp` to /v1/responses.",
            param="tools",
        )
    return server

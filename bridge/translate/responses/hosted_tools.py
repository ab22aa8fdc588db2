"""Convert OpenAI's hosted tools `code_interpreter` and `mcp` to Anthropic's server tools.

What Anthropic cannot do is refused by name, because these tools act without asking the client.
https://platform.openai.com/docs/guides/tools-code-interpreter and …/tools-connectors-mcp
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from bridge.errors import InvalidRequest
from bridge.translate.chat.server_tools.build import (
    CODE_EXECUTION,
    CODE_EXECUTION_TYPE,
    MCP_TOOLSET,
)
from bridge.wire.responses import Item

CODE_INTERPRETER, MCP = "code_interpreter", "mcp"
_CODE_CALL = "code_interpreter_call"
_MCP_ITEMS = ("mcp_call", "mcp_list_tools")

_OUR_CONTAINER = "container_"
"""What the ids of Anthropic's containers begin with."""
_MEMORY_LIMITS = ("1g", "4g")
"""Those that Anthropic's containers, which have 5 GiB, do not fall short of."""
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)


def to_server_tool(tool: Item, where: str, notices: list[str]) -> Item | None:
    """Convert a hosted tool; None if it is another tool. Raises InvalidRequest naming the field."""
    if tool.get("type") == CODE_INTERPRETER:
        return _to_code_execution(tool, where)
    return _to_toolset(tool, where, notices) if tool.get("type") == MCP else None


def check_labels(tools: Sequence[Item]) -> None:
    """Raise InvalidRequest if two MCP servers have the same label."""
    labels = [_get_label(tool) for tool in tools if tool.get("type") == MCP_TOOLSET]
    for label in labels:
        if labels.count(label) > 1:
            _refuse("tools", f"two MCP servers have the server_label {label[:80]}")


def reuse_container(tools: Sequence[Item], items: Sequence[Any]) -> list[Item]:
    """Let code run where it ran last in the conversation, as OpenAI's container `auto` does."""
    container = _find_container(items)
    return [
        {"container": container, **tool}
        if container and tool.get("type") == CODE_EXECUTION_TYPE
        else tool
        for tool in tools
    ]


def is_offered(item: Mapping[str, Any], tools: Sequence[Item]) -> bool:
    """Return whether an item is a call, or a listing, of one of these tools."""
    if item.get("type") == _CODE_CALL:
        return any(tool.get("type") == CODE_EXECUTION_TYPE for tool in tools)
    label = str(item.get("server_label"))
    return item.get("type") in _MCP_ITEMS and any(
        tool.get("type") == MCP_TOOLSET and _get_label(tool) == label for tool in tools
    )


def _get_label(toolset: Item) -> str:
    return str(toolset.get("mcp_server_name"))


def name_server_tool(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    """Convert the entry of a hosted tool in `tool_choice`; return any other unchanged."""
    if choice.get("type") == CODE_INTERPRETER:
        return {"type": CODE_EXECUTION_TYPE}
    if choice.get("type") == MCP:
        return {"type": MCP_TOOLSET, "mcp_server_name": choice.get("server_label")}
    return choice


def _to_code_execution(tool: Item, where: str) -> Item:
    _check_callers(tool, where)
    container = tool.get("container")
    converted = {"type": CODE_EXECUTION_TYPE, "name": CODE_EXECUTION}
    if isinstance(container, str):
        if not container.startswith(_OUR_CONTAINER):
            _refuse(f"{where}.container", f"{container[:80]} is not a container at Anthropic")
        return {**converted, "container": container}
    _check_container(container if isinstance(container, Mapping) else {}, f"{where}.container")
    return converted


def _check_container(container: Mapping[str, Any], where: str) -> None:
    if container.get("file_ids"):
        _refuse(f"{where}.file_ids", "the bridge has no files; put them into the messages")
    memory = container.get("memory_limit")
    if memory is not None and memory not in _MEMORY_LIMITS:
        _refuse(f"{where}.memory_limit", "containers at Anthropic have 5 GiB")
    policy = container.get("network_policy")
    if isinstance(policy, Mapping) and policy.get("type") not in (None, "disabled"):
        _refuse(f"{where}.network_policy", "containers at Anthropic have no network")


def _check_callers(tool: Item, where: str) -> None:
    callers = tool.get("allowed_callers")
    if isinstance(callers, list) and callers and "direct" not in callers:
        _refuse(f"{where}.allowed_callers", "Claude calls this tool itself, which is `direct`")


def _find_container(items: Sequence[Any]) -> str | None:
    for item in reversed(items):
        if isinstance(item, dict) and item.get("type") == _CODE_CALL:
            id = str(item.get("container_id") or "")
            if id.startswith(_OUR_CONTAINER):
                return id
    return None


def _to_toolset(tool: Item, where: str, notices: list[str]) -> Item:
    _check_callers(tool, where)
    label = tool.get("server_label")
    if not isinstance(label, str) or not label:
        _refuse(f"{where}.server_label", "a name is needed")
    server: Item = {"type": "url", "url": _read_url(tool, where), "name": label}
    if (token := _read_token(tool, where)) is not None:
        server["authorization_token"] = token
    allowed = _read_allowed_tools(tool.get("allowed_tools"), f"{where}.allowed_tools")
    _check_approval(tool.get("require_approval"), allowed, f"{where}.require_approval")
    toolset: Item = {"type": MCP_TOOLSET, "mcp_server_name": label, "server": server}
    if allowed is not None:
        toolset["default_config"] = {"enabled": False}
        toolset["configs"] = {name: {"enabled": True} for name in allowed}
    if "cache_control" in tool:
        toolset["cache_control"] = tool["cache_control"]
    if tool.get("defer_loading"):
        notices.append("tools: mcp.defer_loading ignored: Claude gets all tools at once")
    if tool.get("server_description"):
        notices.append("tools: mcp.server_description ignored: Claude reads the server's own words")
    return toolset


def _read_url(tool: Item, where: str) -> str:
    url = tool.get("server_url")
    for name in ("connector_id", "tunnel_id"):
        if not url and tool.get(name):
            _refuse(f"{where}.{name}", "it belongs to OpenAI; send the server's server_url")
    if not isinstance(url, str) or not url:
        _refuse(f"{where}.server_url", "an address is needed")
    if not url.lower().startswith("https://"):
        _refuse(f"{where}.server_url", "Anthropic connects to https addresses only")
    return "https://" + url[len("https://") :]


def _read_token(tool: Item, where: str) -> str | None:
    """Return the access token; the connector sends no other header."""
    token = tool.get("authorization") or None
    if token is not None and not isinstance(token, str):
        _refuse(f"{where}.authorization", "it must be a string")
    headers = tool.get("headers") or {}
    if not isinstance(headers, Mapping):
        _refuse(f"{where}.headers", "it must be an object")
    for name, value in headers.items():
        bearer = _BEARER.fullmatch(str(value).strip())
        if name.lower() != "authorization" or bearer is None:
            _refuse(
                f"{where}.headers",
                f"{name[:40]} cannot be sent; Anthropic sends only `Authorization: Bearer`",
            )
        if token not in (None, bearer[1]):
            _refuse(f"{where}.headers", "authorization has another token")
        token = bearer[1]
    return token


def _read_allowed_tools(allowed: Any, where: str) -> list[str] | None:
    """Return the names of the tools that Claude may call; None for all."""
    if isinstance(allowed, Mapping):
        if allowed.get("read_only") is not None:
            _refuse(f"{where}.read_only", "Anthropic does not tell which tools only read")
        allowed, where = allowed.get("tool_names"), f"{where}.tool_names"
    if allowed is None:
        return None
    if not isinstance(allowed, list) or not all(isinstance(name, str) for name in allowed):
        _refuse(where, "a list of names is needed")
    return allowed


def _check_approval(approval: Any, allowed: list[str] | None, where: str) -> None:
    """Refuse tools that need an approval. OpenAI's default is that all of them do."""
    if approval == "never":
        return
    never = approval.get("never") if isinstance(approval, Mapping) else None
    free = never.get("tool_names") if isinstance(never, Mapping) else None
    free = free if isinstance(free, list) else []
    if allowed is not None and all(name in free for name in allowed):
        return
    _refuse(
        where,
        "Claude's API calls the tools of MCP servers without asking for approval; send `never`, or "
        "name all of allowed_tools in never.tool_names",
    )


def _refuse(param: str, why: str) -> NoReturn:
    raise InvalidRequest(f"Invalid value for {param}: {why}.", param=param)

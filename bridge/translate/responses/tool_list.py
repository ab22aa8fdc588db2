"""Collect the tools of a Responses request: those of `tools`, and those that its items bring.

Each becomes a tool that a chat has. What converts calls of it back is stored beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import InvalidRequest
from bridge.translate.responses import computer
from bridge.translate.responses.client_tools import (
    CLIENT_TOOLS,
    build_function,
    explain_no_client_tool,
)
from bridge.translate.responses.hosted_tools import (
    check_labels,
    is_offered,
    reuse_container,
    to_server_tool,
)
from bridge.wire.chat_input.client_paths import Origin
from bridge.wire.response_items.client_calls import BRINGS_TOOLS, NAMESPACE_SEPARATOR
from bridge.wire.responses import Item

EARLIER = "previous_response_id"
"""The field that brings the items of earlier responses."""


@dataclass(slots=True)
class ToolList:
    """The tools as a chat has them, and what converts their calls back."""

    tools: list[Item] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    """The client's tool that each of `tools` was made of."""
    namespaces: dict[str, tuple[str, str]] = field(default_factory=dict)
    """A tool's name in the chat to its namespace and its name there."""
    client_tools: dict[str, str] = field(default_factory=dict)
    """A function's name in the chat to the built-in tool that it stands for."""

    def find_function(self, kind: str) -> str | None:
        """Return the name of the function that stands for a built-in tool."""
        return next((name for name, tool in self.client_tools.items() if tool == kind), None)

    def offers_tool_of(self, item: Mapping[str, Any]) -> bool:
        """Return whether the request offers the hosted tool that an item is a call of."""
        return is_offered(item, self.tools)


def collect_tools(
    tools: Sequence[Item], items: Sequence[Any], before: int, notices: list[str]
) -> ToolList:
    """Collect all tools, in the order in which they come.

    `before`: the number of items that belong to earlier responses. Raises InvalidRequest naming
    the field.
    """
    flat = ToolList()
    sources = [("tools", tools), *_list_sources(items, before)]
    every = [
        (tool, where if where == EARLIER else f"{where}[{at}]")
        for where, group in sources
        for at, tool in enumerate(group)
    ]
    names = {str(tool.get("name")) for tool, _ in every if isinstance(tool, dict)}
    for tool, where in every:
        if not isinstance(tool, dict):
            raise InvalidRequest("A tool must be an object.", param=where)
        added = _convert_tool(dict(tool), where, names, flat, notices)
        is_namespace = tool.get("type") == "namespace"
        for position, new in enumerate(added):
            # A client may send the same tools again, as after each search.
            if len(sources) == 1 or new not in flat.tools:
                flat.tools.append(new)
                inner = f"{where}.tools[{position}]" if is_namespace else where
                flat.origins.append(Origin(where if where == EARLIER else inner))
    check_labels(flat.tools)
    flat.tools = reuse_container(flat.tools, items)
    return flat


def name_item(at: int, before: int) -> str:
    """Return the client's path for an item; `before` of them belong to earlier responses."""
    return f"input[{at - before}]" if at >= before else EARLIER


def join_name(namespace: Any, name: Any) -> str:
    """Join a namespace and a tool's name there to the tool's name in the chat."""
    return f"{namespace}{NAMESPACE_SEPARATOR}{name}"


def _list_sources(items: Sequence[Any], before: int) -> list[tuple[str, Sequence[Any]]]:
    sources: list[tuple[str, Sequence[Any]]] = []
    for at, item in enumerate(items):
        if not isinstance(item, dict) or item.get("type") not in BRINGS_TOOLS:
            continue
        tools, place = item.get("tools") or [], name_item(at, before)
        where = place if place == EARLIER else f"{place}.tools"
        if not isinstance(tools, list):
            raise InvalidRequest("tools must be a list.", param=where)
        sources.append((where, tools))
    return sources


def _convert_tool(
    tool: Item, where: str, names: set[str], flat: ToolList, notices: list[str]
) -> list[Item]:
    kind = tool.get("type")
    if kind == "namespace":
        return _flatten_namespace(tool, where, flat)
    if computer.is_computer(tool):
        return [computer.to_toolset(tool)]
    server_tool = to_server_tool(tool, where, notices)
    if server_tool is not None:
        return [server_tool]
    if not isinstance(kind, str) or kind not in CLIENT_TOOLS:
        return [tool]
    reason = explain_no_client_tool(tool)
    if reason is not None:
        notices.append(f"tools: {kind} ignored: {reason}")
        return []
    name = flat.find_function(kind) or _choose_name(kind, names)
    flat.client_tools[name] = kind
    return [build_function(tool, name)]


def _choose_name(kind: str, names: set[str]) -> str:
    """Return a name that none of the client's own tools has."""
    name, count = kind, 1
    while name in names:
        count += 1
        name = f"{kind}_{count}"
    return name


def _flatten_namespace(tool: Item, where: str, flat: ToolList) -> list[Item]:
    """Return a namespace's tools, with its name as the prefix of theirs."""
    inner = tool.get("tools")
    if not isinstance(tool.get("name"), str) or not isinstance(inner, list):
        raise InvalidRequest("A namespace must have a name and a list of tools.", param=where)
    members = []
    for member in inner:
        if not isinstance(member, Mapping) or not isinstance(member.get("name"), str):
            raise InvalidRequest("A tool must have a name.", param=f"{where}.tools")
        name = join_name(tool["name"], member["name"])
        flat.namespaces[name] = (tool["name"], member["name"])
        members.append({**member, "name": name})
    return members

"""Convert calls of built-in tools that the client runs to function calls, and their outputs.

These tools are `shell`, `local_shell`, `apply_patch` and `tool_search`. Their items have fields of
their own in a history; Claude sees each as a function of the same name.
https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]

SHELL, LOCAL_SHELL, APPLY_PATCH, TOOL_SEARCH = "shell", "local_shell", "apply_patch", "tool_search"
NAMESPACE_SEPARATOR = "__"
"""Joins a namespace and a tool: Claude's tool names cannot contain `.` or `/`."""

_CALLS = {
    "shell_call": (SHELL, "action"),
    "local_shell_call": (LOCAL_SHELL, "action"),
    "apply_patch_call": (APPLY_PATCH, "operation"),
    "tool_search_call": (TOOL_SEARCH, "arguments"),
}
"""Each call's tool, and the field with its arguments."""
TOOLS_BY_CALL: Mapping[str, str] = {kind: tool for kind, (tool, _) in _CALLS.items()}
BRINGS_TOOLS = ("additional_tools", "tool_search_output")
"""Items whose `tools` Claude can call from then on."""
OUTPUTS = frozenset(
    {
        "shell_call_output",
        "local_shell_call_output",
        "apply_patch_call_output",
        "tool_search_output",
    }
)


def is_run_by_service(item: Mapping[str, Any]) -> bool:
    """Return whether OpenAI ran a tool search itself; Claude then never called it."""
    return item.get("execution") == "server" or not _find_call_id(item)


def as_function_call(item: Mapping[str, Any], name: str | None = None) -> Json:
    """Convert a call; `name` is the function that stands for its tool in this request."""
    tool, field = _CALLS[item["type"]]
    arguments = item.get(field)
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments if isinstance(arguments, Mapping) else {})
    call_id = _find_call_id(item)
    return {
        "type": "function_call",
        "call_id": call_id,
        "name": name or tool,
        "arguments": arguments,
    }


def as_function_output(item: Mapping[str, Any], earlier: Sequence[Any]) -> Json:
    """Convert an output; `earlier` are the items that may contain its call."""
    output = {
        "shell_call_output": _describe_shell_output,
        "apply_patch_call_output": _describe_patch_output,
        "tool_search_output": _describe_found_tools,
    }.get(item["type"], _describe_output)(item)
    call_id = _find_call_id(item)
    if item["type"] == "local_shell_call_output":
        call_id = _find_local_call(call_id, earlier)
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def list_found_names(item: Mapping[str, Any]) -> list[str]:
    """List Claude's names for the tools that a tool search found."""
    tools = item.get("tools")
    found = [tool for tool in tools if isinstance(tool, Mapping)] if isinstance(tools, list) else []
    names = []
    for tool in found:
        name, members = tool.get("name"), tool.get("tools")
        if tool.get("type") == "namespace" and isinstance(members, list):
            inner = [member.get("name") for member in members if isinstance(member, Mapping)]
            names += [f"{name}{NAMESPACE_SEPARATOR}{own}" for own in inner]
        else:
            names.append(str(name or tool.get("type")))
    return names


def _find_call_id(item: Mapping[str, Any]) -> str:
    return str(item.get("call_id") or item.get("id") or "")


def _find_local_call(id: str, earlier: Sequence[Any]) -> str:
    """Return the call's `call_id`: OpenAI's own type names a call of `local_shell` by its `id`."""
    for item in reversed(earlier):
        if isinstance(item, Mapping) and item.get("type") == "local_shell_call":
            call_id = _find_call_id(item)
            if id in (call_id, item.get("id")):
                return call_id
    return id


def _describe_output(item: Mapping[str, Any]) -> Any:
    output = item.get("output")
    return output if isinstance(output, str | list) or output is None else json.dumps(output)


def _describe_shell_output(item: Mapping[str, Any]) -> Any:
    output = item.get("output")
    if not isinstance(output, list):
        return _describe_output(item)
    return "\n".join(_describe_command(part) for part in output)


def _describe_command(part: Any) -> str:
    """Write what one command printed, then how it ended."""
    if not isinstance(part, Mapping):
        return json.dumps(part)
    lines = [str(part["stdout"])] if part.get("stdout") else []
    if part.get("stderr"):
        lines += ["[stderr]", str(part["stderr"])]
    outcome = part.get("outcome")
    outcome = outcome if isinstance(outcome, Mapping) else {}
    if outcome.get("type") == "timeout":
        lines.append("[timed out]")
    elif "exit_code" in outcome:
        lines.append(f"[exit code {outcome['exit_code']}]")
    return "\n".join(lines)


def _describe_patch_output(item: Mapping[str, Any]) -> Any:
    words = f"[{item.get('status') or 'completed'}]"
    output = _describe_output(item)
    return f"{words} {output}" if isinstance(output, str) and output else output or words


def _describe_found_tools(item: Mapping[str, Any]) -> str:
    names = list_found_names(item)
    return (
        f"Found these tools, which you can call now: {', '.join(names)}"
        if names
        else ("Found no tools.")
    )

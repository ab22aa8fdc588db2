"""Built-in tools that the client runs: offered to Claude as functions, their calls converted back.

https://platform.openai.com/docs/guides/tools-shell, …/tools-apply-patch and …/tools-tool-search
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.errors import OutputMismatch
from bridge.wire.response_items.client_calls import (
    APPLY_PATCH,
    LOCAL_SHELL,
    SHELL,
    TOOL_SEARCH,
)
from bridge.wire.responses import Item

CLIENT_TOOLS = frozenset((APPLY_PATCH, LOCAL_SHELL, SHELL, TOOL_SEARCH))

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_MILLISECONDS = {"type": "integer", "description": "Time limit in milliseconds."}

_DESCRIPTIONS: Mapping[str, str] = {
    SHELL: "Run commands in the user's shell. Each command runs on its own; you get its output "
    "and its exit code.",
    LOCAL_SHELL: "Run one command on the user's computer and get its output. The command is a "
    "list: the program, then its arguments.",
    APPLY_PATCH: "Create, update or delete one file. For create_file, `diff` has every line of the "
    "file behind a `+`. For update_file, it has one or more hunks: a line `@@`, optionally with a "
    "line that stands above the change, such as `@@ def main():`; then unchanged lines behind a "
    "space, removed lines behind a `-` and added lines behind a `+`, with three unchanged lines "
    "around each change. It has no line numbers and no file headers.",
    TOOL_SEARCH: "Search for more tools. The tools that it finds can be called afterwards.",
}


def _build_schema(required: list[str], **properties: Any) -> Item:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


_PARAMETERS: Mapping[str, Item] = {
    SHELL: _build_schema(
        ["commands"],
        commands=_TEXTS,
        timeout_ms=_MILLISECONDS,
        max_output_length={"type": "integer", "description": "Most characters of output to get."},
    ),
    LOCAL_SHELL: _build_schema(
        ["command"],
        command=_TEXTS,
        env={"type": "object", "additionalProperties": _TEXT},
        timeout_ms=_MILLISECONDS,
        working_directory=_TEXT,
        user=_TEXT,
    ),
    APPLY_PATCH: _build_schema(
        ["type", "path"],
        type={"type": "string", "enum": ["create_file", "update_file", "delete_file"]},
        path=_TEXT,
        diff=_TEXT,
    ),
    TOOL_SEARCH: _build_schema(["query"], query=_TEXT),
}


def explain_no_client_tool(tool: Item) -> str | None:
    """Return why the client does not run a tool of such a type; None if it does."""
    if tool["type"] == TOOL_SEARCH and tool.get("execution") != "client":
        return "Claude gets all tools at once"
    environment = tool.get("environment")
    kind = environment.get("type") if isinstance(environment, Mapping) else None
    if tool["type"] == SHELL and kind not in (None, "local"):
        is_hosted = isinstance(kind, str) and kind.startswith("container")
        return "its environment is a container at OpenAI" if is_hosted else "unknown environment"
    return None


def build_function(tool: Item, name: str) -> Item:
    """Build the function that stands for a tool."""
    kind = tool["type"]
    own = tool if kind == TOOL_SEARCH else {}
    marker = {field: tool[field] for field in ("cache_control",) if field in tool}
    return {
        "type": "function",
        "name": name,
        "description": own.get("description") or _DESCRIPTIONS[kind],
        "parameters": own.get("parameters") or _PARAMETERS[kind],
        **marker,
    }


def build_call_fields(kind: str, input: Mapping[str, Any]) -> Item:
    """Build the fields of a call's item. Raises OutputMismatch if the arguments do not fit."""
    try:
        return _CONVERTERS[kind](input)
    except (KeyError, TypeError, ValueError) as error:
        raise OutputMismatch(
            f"Claude called {kind} with arguments that do not fit: {str(error)[:80]}."
        ) from error


def _to_search(input: Mapping[str, Any]) -> Item:
    return {"execution": "client", "arguments": dict(input)}


def _to_shell_action(input: Mapping[str, Any]) -> Item:
    limits = {name: input.get(name) for name in ("timeout_ms", "max_output_length")}
    return {"action": {"commands": _read_texts(input["commands"]), **limits}}


def _to_local_action(input: Mapping[str, Any]) -> Item:
    names = ("timeout_ms", "user", "working_directory")
    options = {name: input[name] for name in names if input.get(name) is not None}
    env = {str(name): str(value) for name, value in (input.get("env") or {}).items()}
    command = input["command"]
    if isinstance(command, str):
        raise TypeError("command must be a list")
    command = _read_texts(command)
    return {"action": {"type": "exec", "command": command, "env": env, **options}}


def _to_operation(input: Mapping[str, Any]) -> Item:
    kind, path = input["type"], input["path"]
    if kind not in ("create_file", "update_file", "delete_file") or not isinstance(path, str):
        raise ValueError(f"type {kind}")
    operation = {"type": kind, "path": path}
    if kind == "delete_file":
        return {"operation": operation}
    diff = input["diff"]
    if not isinstance(diff, str):
        raise TypeError("diff")
    return {"operation": {**operation, "diff": diff}}


def _read_texts(value: Any) -> list[str]:
    if isinstance(value, str):
        # One command as a string instead of a list with one entry.
        return [value]
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise TypeError("a list of strings is needed")
    return value


_CONVERTERS = {
    APPLY_PATCH: _to_operation,
    LOCAL_SHELL: _to_local_action,
    SHELL: _to_shell_action,
    TOOL_SEARCH: _to_search,
}

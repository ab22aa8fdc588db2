"""Find the field that the client sent, from the path of a field in the chat that was made of it.

A chat may be made of a body with `input`, of Anthropic's blocks, or of a system prompt beside the
messages. An error about the chat then counts other messages than the client.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bridge.wire.chat_from_responses import to_chat_body
from bridge.wire.chat_input.blocks import read_blocks
from bridge.wire.response_items.client_calls import BRINGS_TOOLS

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_INDEXED = re.compile(r"(?P<name>\w+)\[(?P<at>\d+)\](?P<rest>.*)", re.DOTALL)
_FIELDS = (
    ("response_format.json_schema", "text.format"),
    ("response_format", "text.format"),
    ("verbosity", "text.verbosity"),
    ("max_completion_tokens", "max_output_tokens"),
    ("stop", "stop_sequences"),
    ("reasoning.effort", "reasoning_effort"),
    ("reasoning.max_tokens", "thinking.budget_tokens"),
)
"""The chat's names of fields, and others for them, which a client may have sent instead."""
_KEYS = {"content": "output", "tool_call_id": "call_id", "id": "call_id"}
"""Keys of a message, and those of the item that it was made of."""
_NEEDED = ("call_id", "name")
"""Keys that an item without them has in its message, with no value."""


class Origin(NamedTuple):
    """Where something comes from in the client's body."""

    path: str
    value: Any = None
    """What the client sent there, to find a field in it; None to name it as a whole."""


def find_client_path(path: str, body: Any, *, is_missing: bool = False) -> str:
    """Return the client's path for a field of the chat that was made of `body`.

    `is_missing`: the last key of the path is in neither.
    """
    if not isinstance(body, Mapping):
        return path
    if path.startswith("messages["):
        return follow_origin(path, "messages", list_origins(body), is_missing=is_missing)
    if path.startswith("tools["):
        return follow_origin(path, "tools", _list_tool_origins(body))
    if path == "messages" and "messages" not in body and "input" in body:
        return "input"
    return _rename_field(path, body)


def follow_origin(
    path: str, name: str, origins: Sequence[Origin], *, is_missing: bool = False
) -> str:
    """Return the client's path for a field of the list `name`, whose origins are given."""
    indexed = _INDEXED.fullmatch(path)
    if indexed is None or indexed["name"] != name or int(indexed["at"]) >= len(origins):
        return path
    origin = origins[int(indexed["at"])]
    # The rest of a tool's path is the client's, and has keys of schemas, which contain anything.
    if name == "tools":
        return origin.path + (indexed["rest"] if origin.path.endswith("]") else "")
    return _follow_steps(origin, indexed["rest"], is_missing=is_missing)


def _follow_steps(origin: Origin, rest: str, *, is_missing: bool) -> str:
    """Follow the steps that the client's value has; the others are the chat's own."""
    path, value = origin
    steps = [int(at) if at else key for at, key in _STEP.findall(rest)]
    for position, step in enumerate(steps):
        is_last = position == len(steps) - 1
        if isinstance(step, int):
            if isinstance(value, list) and step < len(value):
                path, value = f"{path}[{step}]", value[step]
        elif isinstance(value, Mapping):
            key = step if step in value else _KEYS.get(step, step)
            if key in value or (is_last and (is_missing or key in _NEEDED)):
                path, value = f"{path}.{key}", value.get(key)
    return path


def list_origins(body: Mapping[str, Any]) -> list[Origin]:
    """List the origin of each message of the chat that is made of `body`."""
    name = "messages" if body.get("messages") is not None else "input"
    prompts = [Origin(field) for field in ("system", "instructions") if body.get(field)]
    sent, made = body.get(name), to_chat_body(body).get("messages")
    if isinstance(sent, str) or not isinstance(made, list):
        return [*prompts, Origin(name)]
    if not isinstance(sent, list):
        return prompts
    # Before them, a message was made of the instructions.
    made = made[len(made) - len(sent) :]
    origins = [
        origin
        for at, (value, message) in enumerate(zip(sent, made, strict=True))
        for origin in _list_split(Origin(f"{name}[{at}]", value), message)
    ]
    return [*prompts, *origins]


def _list_split(origin: Origin, message: Any) -> list[Origin]:
    """Return the origins of the messages that Anthropic's blocks in one are read as."""
    read: list[Any] = read_blocks([message])
    if len(read) == 1 and _count_parts(read[0]) == _count_parts(message):
        return [origin]
    # Its parts have other positions now.
    return [Origin(origin.path)] * len(read)


def _count_parts(message: Any) -> int:
    content = message.get("content") if isinstance(message, Mapping) else None
    return len(content) if isinstance(content, list) else 0


def _list_tool_origins(body: Mapping[str, Any]) -> list[Origin]:
    tools, input = body.get("tools"), body.get("input")
    origins = [Origin(f"tools[{at}]") for at in range(len(tools) if isinstance(tools, list) else 0)]
    if body.get("messages") is not None or not isinstance(input, list):
        return origins
    return origins + [
        Origin(f"input[{at}].tools[{position}]")
        for at, item in enumerate(input)
        if isinstance(item, Mapping) and item.get("type") in BRINGS_TOOLS
        if isinstance(item.get("tools"), list)
        for position in range(len(item["tools"]))
    ]


def _rename_field(path: str, body: Mapping[str, Any]) -> str:
    form = body.get("response_format")
    nested = "response_format.json_schema."
    if path.startswith(nested) and isinstance(form, Mapping) and "json_schema" not in form:
        return f"response_format.{path.removeprefix(nested)}"
    for chat_name, name in _FIELDS:
        root, sent = chat_name.partition(".")[0], name.partition(".")[0]
        if root not in body and sent in body and re.match(rf"{re.escape(chat_name)}(?!\w)", path):
            return name + path[len(chat_name) :]
    return path

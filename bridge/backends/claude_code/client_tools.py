"""The client's tools as an MCP server inside Claude Code, whose calls wait for the results.

Claude gets the tools from the extra body, exactly as the client described them. The server only
makes Claude Code know their names. It then calls the server, with `mcp_message` control requests,
and waits for the results before it sends its next request.

What the real Claude Code (2.1.330) does, over a fake upstream:

- All calls of an answer come at once if the tools are marked as read-only, else one by one. A call
  may wait: one was still open after seven minutes. `tool_progress` frames tell for how long.
- It repeats each result in a `user` frame, with the `tool_result` block as it goes upstream, before
  it sends the request. The results go upstream in the order in which they were given.
- Texts of up to 400,000 characters, with the limits set here and in `command`, and images of up to
  500 kB go upstream as they are. It changes others: no content becomes a sentence, a string becomes
  a list with one text, and the list of a failed call becomes a string.
- A call of a tool that it does not know gets a result at once, and so the next request is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.wire.messages import Block

SERVER = "client"
"""The server's name, also in the flag `--allowedTools`."""
MAX_RESULT_CHARS = 250_000
"""Of all results of a turn together; Claude Code writes long ones to files and sends the path."""

Frame = dict[str, Any]

_PROTOCOL = "2025-11-25"
_HANDSHAKE: Mapping[str, Any] = {
    "protocolVersion": _PROTOCOL,
    "capabilities": {"tools": {}},
    "serverInfo": {"name": SERVER, "version": "1"},
}
_LONGEST_RESULT = 500_000
"""Characters of one result; the most that Claude Code accepts here."""


def list_client_tools(tools: Sequence[Block]) -> list[str]:
    """Return the names of the tools that the client runs; Anthropic runs those of other types."""
    return [str(tool.get("name")) for tool in tools if tool.get("type") in (None, "custom")]


def build_server_fields(names: Sequence[str]) -> dict[str, Any]:
    """Build the fields of `initialize` that declare the server; none without tools."""
    if not names:
        return {}
    listed = {"tools": [_build_listing(name) for name in names]}
    manifest = {"initializeResult": _HANDSHAKE, "toolsListResult": listed}
    return {"sdkMcpServers": [SERVER], "sdkMcpServerManifests": {SERVER: manifest}}


def _build_listing(name: str) -> dict[str, Any]:
    return {
        "name": name,
        # The real schema is in the extra body. Here any input is accepted: the client checks it.
        "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": True},
        "_meta": {"anthropic/maxResultSizeChars": _LONGEST_RESULT},
    }


def read_call_id(frame: Mapping[str, Any]) -> str | None:
    """Return the id of the `tool_use` block that a control request is about; None for others."""
    try:
        message = frame["request"]["message"]
        is_call = message["method"] == "tools/call"
        id = message["params"]["_meta"]["claudecode/toolUseId"]
    except (KeyError, TypeError):
        return None
    return id if is_call and isinstance(id, str) else None


def build_result_frame(call: Frame, result: Block) -> Frame:
    """Build the response to a call: the client's result, in the form that MCP has."""
    content = result["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    answer: dict[str, Any] = {"content": [_convert(block) for block in blocks]}
    if result.get("is_error"):
        answer["isError"] = True
    message = {"jsonrpc": "2.0", "id": call["request"]["message"]["id"], "result": answer}
    response = {
        "subtype": "success",
        "request_id": call["request_id"],
        "response": {"mcp_response": message},
    }
    return {"type": "control_response", "response": response}


def _convert(block: Block) -> Block:
    if block["type"] == "text":
        return block
    source = block["source"]
    return {"type": "image", "data": source["data"], "mimeType": source["media_type"]}


def are_unchanged(results: Sequence[Block]) -> bool:
    """Return whether Claude Code sends these blocks upstream as they are."""
    return all(map(_is_unchanged, results)) and sum(map(_measure, results)) <= MAX_RESULT_CHARS


def _is_unchanged(block: Block) -> bool:
    if block["type"] != "tool_result" or not isinstance(block.get("tool_use_id"), str):
        return False
    content = block.get("content")
    fields = {"type", "tool_use_id", "content"}
    if block.get("is_error") is True:
        return block.keys() == fields | {"is_error"} and _is_text(content)
    if block.keys() != fields or not isinstance(content, list) or not content:
        return False
    return all(_is_plain_text(part) or _is_plain_image(part) for part in content)


def _is_plain_text(part: Block) -> bool:
    return part.keys() == {"type", "text"} and part["type"] == "text" and _is_text(part["text"])


def _is_plain_image(part: Block) -> bool:
    if part.keys() != {"type", "source"} or part["type"] != "image":
        return False
    source = part["source"]
    is_plain = set(source) == {"type", "media_type", "data"}
    return is_plain and bool(source["type"] == "base64")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _measure(block: Block) -> int:
    """Return the characters of a result's texts."""
    content = block["content"]
    parts = [{"text": content}] if isinstance(content, str) else content
    return sum(len(part.get("text", "")) for part in parts)

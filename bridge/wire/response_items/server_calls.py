"""Content blocks of Anthropic's server tools: which there are, and how clients carry them.

The items of the Responses API have no place for all that these blocks hold. So the blocks of our
own items are also packed into `encrypted_content`, and Claude gets them back unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.wire.encrypted_content import decode_opaque, encode_opaque

Json = dict[str, Any]

CODE_TOOLS = frozenset(("code_execution", "bash_code_execution", "text_editor_code_execution"))
"""The names under which Claude calls code execution."""

SERVER_BLOCKS = "server_tool_blocks"
"""The type of an item that holds such blocks, between the Responses API and a chat."""

_MARK = "claude.blocks.1."
_CALLS = ("server_tool_use", "mcp_tool_use")
_FIELDS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "server_tool_use": {"id": str, "name": str, "input": dict},
    "mcp_tool_use": {"id": str, "name": str, "server_name": str, "input": dict},
    "mcp_tool_result": {"tool_use_id": str, "is_error": bool, "content": (str, list)},
    "mcp_tool_listing": {"mcp_server_name": str, "tools": list},
    **{f"{name}_tool_result": {"tool_use_id": str, "content": dict} for name in CODE_TOOLS},
}
"""The blocks that are packed; each field has one of these types."""

SERVER_PARTS = frozenset(_FIELDS)
"""The types of these blocks."""


def is_server_call(block: Mapping[str, Any]) -> bool:
    return block["type"] in _CALLS


def is_server_result(block: Mapping[str, Any]) -> bool:
    return block["type"] != "tool_result" and str(block["type"]).endswith("_tool_result")


def list_open_calls(messages: Sequence[Mapping[str, Any]]) -> list[Json]:
    """List the calls in a conversation whose results are still to come."""
    blocks = [block for message in messages for block in message["content"]]
    calls = [block for block in blocks if block["type"] in _CALLS]
    if not calls:
        return []
    answered = {block["tool_use_id"] for block in blocks if is_server_result(block)}
    return [call for call in calls if call["id"] not in answered]


def pack_blocks(blocks: Sequence[Mapping[str, Any]]) -> str:
    """Encode the blocks of one item."""
    return encode_opaque(_MARK, blocks)


def unpack_blocks(content: object) -> list[Json]:
    """Decode blocks; returns none if another service made the string, or if it is damaged."""
    blocks = decode_opaque(_MARK, content)
    if not isinstance(blocks, list) or not all(map(_is_block, blocks)):
        return []
    return keep_known_blocks(blocks)


def keep_known_blocks(blocks: Sequence[Any]) -> list[Json]:
    """Return the blocks that are whole, without other fields: they go from a client to Claude."""
    return [
        {name: block[name] for name in ("type", *_FIELDS[block["type"]])}
        for block in blocks
        if _is_block(block)
    ]


def _is_block(block: Any) -> bool:
    fields = _FIELDS.get(str(block.get("type"))) if isinstance(block, dict) else None
    if fields is None:
        return False
    return all(isinstance(block.get(name), kinds) for name, kinds in fields.items())

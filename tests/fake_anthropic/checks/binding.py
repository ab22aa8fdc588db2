"""Signatures of thinking: each belongs to one model and one exact conversation before it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

Placed = tuple[str, dict[str, Any]]
"""A block with the role of its message."""
_PREFIX = "RmFrZQ"
_LENGTH = len(_PREFIX) + 64


def sign(body: dict[str, Any]) -> str:
    """Return the signature of thinking that answers this request."""
    return _compute_signature(body, placed_blocks(body["messages"]))


def placed_blocks(messages: list[dict[str, Any]]) -> list[Placed]:
    """List all blocks in order; consecutive messages of one role count as one."""
    return [(message["role"], block) for message in messages for block in blocks_of(message)]


def blocks_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a message's blocks; a string is one text block."""
    return as_blocks(message["content"])


def as_blocks(content: Any) -> list[dict[str, Any]]:
    """Convert content to blocks; missing content gives none."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(content or ())


def foreign_thinking(body: dict[str, Any]) -> list[int]:
    """Find the blocks, numbered through all messages, with thinking of another conversation.

    A signature that the fake did not make is let through: it cannot be judged here.
    """
    blocks = placed_blocks(body["messages"])
    return [
        index
        for index, (_, block) in enumerate(blocks)
        if block["type"] == "thinking"
        and _is_ours(block["signature"])
        and block["signature"] not in _list_possible(body, blocks, index)
    ]


def _list_possible(body: dict[str, Any], blocks: list[Placed], index: int) -> set[str]:
    """Return the valid signatures: the answer began at this or an earlier block of the turn."""
    start = index
    while start and blocks[start - 1][0] == "assistant":
        start -= 1
    return {_compute_signature(body, blocks[:begin]) for begin in range(start, index + 1)}


def _is_ours(signature: str) -> bool:
    return signature.startswith(_PREFIX) and len(signature) == _LENGTH


def _compute_signature(body: dict[str, Any], before: list[Placed]) -> str:
    tools = sorted(
        (_strip_markers(tool) for tool in body.get("tools") or ()),
        key=lambda tool: (tool.get("name", ""), tool.get("type", "")),
    )
    bound = [
        body["model"],
        _strip_markers(as_blocks(body.get("system"))),
        tools,
        _strip_markers(before),
    ]
    text = json.dumps(bound, sort_keys=True)
    return _PREFIX + hashlib.sha256(text.encode()).hexdigest()


def _strip_markers(value: Any) -> Any:
    """Remove cache markers, because moving them is not a change."""
    if isinstance(value, dict):
        return {key: _strip_markers(part) for key, part in value.items() if key != "cache_control"}
    return [_strip_markers(part) for part in value] if isinstance(value, list | tuple) else value

"""Cache markers that the client set: copied to Anthropic's blocks, at most four of them.

A request without markers gets a top-level one, and the API marks the last cacheable block.
https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pydantic import BaseModel

from bridge.wire.messages import Block, Message

MAX_MARKERS = 4


def copy_cache_marker(block: Block, source: BaseModel) -> Block:
    """Return the block with the `cache_control` of the message, part or tool it came from."""
    marker = (source.model_extra or {}).get("cache_control")
    if not isinstance(marker, dict) or marker.get("type") != "ephemeral":
        return block
    known = {name: marker[name] for name in ("type", "ttl") if name in marker}
    return {**block, "cache_control": known}


class MarkedParts(NamedTuple):
    """The parts of a request that can have cache markers, in the order Claude reads them."""

    tools: tuple[Block, ...]
    system: tuple[Block, ...]
    messages: tuple[Message, ...]


def limit_markers(parts: MarkedParts) -> tuple[MarkedParts, bool]:
    """Remove the earliest markers until at most four are left; the API refuses more.

    Also returns whether there are any.
    """
    count = sum(["cache_control" in block for block in (*parts.tools, *parts.system)])
    count += sum(["cache_control" in block for turn in parts.messages for block in turn["content"]])
    if count <= MAX_MARKERS:
        return parts, count > 0
    excess = count - MAX_MARKERS
    tools, excess = _drop_markers(parts.tools, excess)
    system, excess = _drop_markers(parts.system, excess)
    messages: list[Message] = []
    for message in parts.messages:
        content, excess = _drop_markers(message["content"], excess)
        messages.append({"role": message["role"], "content": list(content)})
    return MarkedParts(tools, system, tuple(messages)), True


def mark_instructions(parts: MarkedParts, marker: Mapping[str, str]) -> MarkedParts:
    """Mark the end of the system prompt, or of the tools; without either, nothing is marked."""
    if parts.system:
        return parts._replace(system=_mark_last(parts.system, marker))
    return parts._replace(tools=_mark_last(parts.tools, marker))


def _mark_last(blocks: tuple[Block, ...], marker: Mapping[str, str]) -> tuple[Block, ...]:
    return (*blocks[:-1], {**blocks[-1], "cache_control": marker}) if blocks else ()


def _drop_markers(blocks: Iterable[Block], count: int) -> tuple[tuple[Block, ...], int]:
    """Remove up to `count` markers from the front; also returns how many are still to remove."""
    unmarked: list[Block] = []
    for block in blocks:
        if count and "cache_control" in block:
            block = {name: value for name, value in block.items() if name != "cache_control"}
            count -= 1
        unmarked.append(block)
    return tuple(unmarked), count

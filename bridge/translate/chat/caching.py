"""A client's own cache markers: kept where they stand, four at the most.

Without any, the request is marked as a whole, and upstream marks its last cacheable block.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from bridge.wire.messages import Block

MOST = 4


def copy_cache_marker(block: Block, source: BaseModel) -> Block:
    """The block with the `cache_control` that the client set on its message, part or tool."""
    marker = (source.model_extra or {}).get("cache_control")
    if not isinstance(marker, dict) or marker.get("type") != "ephemeral":
        return block
    kept = {name: marker[name] for name in ("type", "ttl") if name in marker}
    return {**block, "cache_control": kept}


def limit_cache_markers(blocks: Iterable[Block]) -> bool:
    """Takes the earliest markers away where there are too many; whether there are any."""
    with_marker = [block for block in blocks if "cache_control" in block]
    for block in with_marker[:-MOST]:
        del block["cache_control"]
    return bool(with_marker)

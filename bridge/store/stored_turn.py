"""A turn of Claude's as it was, kept so that it can be given back."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.wire.messages import Block


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """`prefix` is the fingerprint of all that Claude was sent before it said `blocks`."""

    prefix: str
    blocks: tuple[Block, ...]

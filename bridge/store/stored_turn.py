"""A turn of Claude's, stored so that later requests can send it back unchanged."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.wire.messages import Block


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """The content blocks of a turn that Claude thought in and called tools in."""

    prefix: str
    """Hash of everything that Claude was sent before this turn; it fits no other conversation."""
    blocks: tuple[Block, ...]

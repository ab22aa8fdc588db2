"""The one check of what programs tell of their objects."""

# A program may tell anything: another type, a text of megabytes, half a character, a box beyond
# every screen. After this check, texts are short and can be encoded, and boxes are plain numbers.

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bridge.computer.elements.base import TEXT_LENGTH, Role, State
from bridge.computer.elements.walking.node import Node, Raw
from bridge.computer.screen.geometry import Rect

_FARTHEST = 1_000_000
"""Points; no screen is there."""
_SIDES = 4


@dataclass(frozen=True, slots=True)
class Facts:
    """What a program tells of an object, checked."""

    node: Node
    role: Role
    name: str
    description: str
    states: frozenset[State]
    box: Rect | None
    value: str
    """At most TEXT_LENGTH characters."""
    address: str
    process: int
    handle: int
    is_page: bool
    is_form: bool
    is_opaque: bool
    clips: bool

    @property
    def lasting_name(self) -> str:
        """The name, but none for a combo box: for some programs, that is what is chosen in it."""
        return "" if self.role == "combo box" else self.name


def check_raw(node: Node, raw: Raw) -> Facts:
    """Make the facts of what a program tells."""
    return Facts(
        node,
        raw.role,
        read_text(raw.name, TEXT_LENGTH),
        read_text(raw.description, TEXT_LENGTH),
        raw.states,
        _read_box(raw.sides),
        "" if raw.role == "password field" else _read_value(raw.value),
        read_text(raw.address, TEXT_LENGTH),
        raw.process,
        raw.handle,
        raw.is_page,
        raw.is_form,
        raw.is_opaque,
        raw.clips,
    )


def read_text(value: Any, length: int) -> str:
    """Return the beginning of a text; empty for anything else."""
    if not isinstance(value, str):
        return ""
    # Windows and macOS have texts with half of a character, which cannot be encoded.
    return value[:length].encode("utf-8", "replace").decode()


def _read_value(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return read_text(value, TEXT_LENGTH)
    return f"{value:g}" if math.isfinite(value) and abs(value) < _FARTHEST**2 else ""


def _read_box(sides: Any) -> Rect | None:
    """Return an area; None if it is empty, or no area at all."""
    if not isinstance(sides, Sequence) or isinstance(sides, str | bytes) or len(sides) != _SIDES:
        return None
    if not all(isinstance(side, int | float) and abs(side) <= _FARTHEST for side in sides):
        return None
    left, top, width, height = (round(side) for side in sides)
    return Rect(left, top, width, height) if width > 0 and height > 0 else None

"""A hand on the mouse between two batches: a push into a corner, or a move where none is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.computer.performer import JITTER
from bridge.computer.screen.geometry import Point, Rect

CORNER = 3
"""Points from both edges of a screen that are still its corner."""

PUSHED = "The pointer was pushed into a corner."
MOVED = "The mouse was moved by hand."


@dataclass(frozen=True, slots=True)
class MouseWatch:
    """Pure: where the pointer was left, and what a person who moves it from there means.

    `free`: they may need the mouse (to approve, to look around), so that only a corner counts.
    """

    left_at: Point
    free: bool

    def stop(self, here: Point, screens: Sequence[Rect]) -> str | None:
        """Why to stop; None while nobody means it."""
        far = max(abs(here.x - self.left_at.x), abs(here.y - self.left_at.y)) > JITTER
        if not far:
            return None
        if any(_in_corner(here, screen) for screen in screens):
            return PUSHED
        return None if self.free else MOVED


def _in_corner(point: Point, screen: Rect) -> bool:
    beside = min(point.x - screen.left, screen.right - 1 - point.x)
    above = min(point.y - screen.top, screen.bottom - 1 - point.y)
    return point in screen and beside <= CORNER and above <= CORNER

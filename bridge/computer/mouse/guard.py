"""Detect that the user takes the mouse between two batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.computer.mouse.track import is_near
from bridge.computer.screen.geometry import Point, Rect

CORNER_POINTS = 3
"""A pointer within this many points of two adjacent edges of a screen is in its corner."""

PUSHED = "The pointer was pushed into a corner."
MOVED = "The mouse was moved by hand."


@dataclass(frozen=True, slots=True)
class MouseGuard:
    """Where Claude left the pointer, compared with where it is now; pure.

    `may_move`: the user may need the mouse (to approve, to look around); then only a push into a
    corner counts as a stop.
    """

    left_at: Point
    may_move: bool

    def find_stop_reason(self, pointer: Point, screens: Sequence[Rect]) -> str | None:
        """Return PUSHED or MOVED if the user wants to stop, else None."""
        # A pointer that Claude left in a corner was not pushed there by the user.
        if is_near(self.left_at, pointer):
            return None
        if any(_is_in_corner(pointer, screen) for screen in screens):
            return PUSHED
        return None if self.may_move else MOVED


def _is_in_corner(point: Point, screen: Rect) -> bool:
    beside = min(point.x - screen.left, screen.right - 1 - point.x)
    above = min(point.y - screen.top, screen.bottom - 1 - point.y)
    return point in screen and beside <= CORNER_POINTS and above <= CORNER_POINTS

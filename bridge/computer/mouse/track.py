"""Tell Claude's own moves of the pointer from the user's."""

# The desktop may be behind: while a window manager decides about a click (a synchronous grab on
# X11), moves wait in a queue and the pointer is still at an earlier place; macOS posts them
# asynchronously. So every place on the way is Claude's until the pointer has been seen at the
# last one. Then only that place is.

from __future__ import annotations

from collections.abc import Callable

from bridge.computer.screen.geometry import Point

JITTER = 10
"""Points that a mouse may move without the user's intent, such as on a shaking table."""

SLICE_SECONDS = 0.02
_MOST_SLICES = 25
_MOST_PLACES = 500


class PointerTrack:
    """The places where the pointer may be without the user having moved it."""

    def __init__(self, at: Point) -> None:
        self._places = [at]

    def restart(self, at: Point) -> None:
        """Accept the pointer where it is."""
        self._places = [at]

    def add_move(self, to: Point, seen: Point) -> None:
        """Record a move to a place, after which the pointer was seen at another or the same.

        At an edge, or between two pixels, the desktop puts the pointer somewhere else.
        """
        if is_near(to, seen):
            self._places = [seen]
        else:
            self._places = [*self._places, seen, to][-_MOST_PLACES:]

    def was_moved_by_hand(self, seen: Point) -> bool:
        """Return whether the pointer is where Claude never moved it."""
        if is_near(self._places[-1], seen):
            # It has arrived: from now on, going back to an earlier place is the user's move.
            self._places = [self._places[-1]]
        return not any(is_near(place, seen) for place in self._places)

    def wait_for_arrival(self, read: Callable[[], Point], sleep: Callable[[float], None]) -> Point:
        """Wait until the pointer is at the last place or stays where it is; return the place."""
        seen = read()
        for _ in range(_MOST_SLICES):
            if len(self._places) == 1 or is_near(self._places[-1], seen):
                break
            sleep(SLICE_SECONDS)
            seen = read()
        return seen


def is_near(first: Point, second: Point) -> bool:
    """Return whether two points differ by no more than a shaking hand moves."""
    return max(abs(first.x - second.x), abs(first.y - second.y)) <= JITTER

"""Clocks that a test sets."""

from __future__ import annotations

from dataclasses import replace

from bridge.computer.approval.asker import Asker
from bridge.deadline import Moment

OWN = Asker("a test", "a test", is_trusted=True)
"""An asker with a credential, so that the user is not asked about it."""


def at(seconds: float) -> Moment:
    """Return a moment at which every clock shows the same."""
    return Moment(seconds, seconds, seconds)


class FakeClocks:
    """Clocks that stand still until they are moved."""

    def __init__(self, seconds: float = 1000.0) -> None:
        self.now = at(seconds)

    def __call__(self) -> Moment:
        return self.now

    def pass_time(self, seconds: float) -> None:
        """Advance all clocks."""
        now = self.now
        self.now = Moment(now.wall + seconds, now.awake + seconds, now.elapsed + seconds)

    def sleep(self, seconds: float) -> None:
        """Sleep, as a laptop does when it is closed."""
        now = self.now
        self.now = replace(now, wall=now.wall + seconds, elapsed=now.elapsed + seconds)

    def set_wall(self, change: float) -> None:
        """Change the time of day, as a user or time synchronization does."""
        self.now = replace(self.now, wall=self.now.wall + change)

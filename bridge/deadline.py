"""The end of what is allowed for some time; neither a sleep nor a changed clock delays it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

SLEEP_TOLERANCE_SECONDS = 1.0
"""Clocks that are read one after the other differ a little."""
READ_TOLERANCE_SECONDS = 0.1
"""How long the reading of all clocks may take; less than either tolerance."""
JUMP_TOLERANCE_SECONDS = 5.0
"""Time synchronization moves the clock by less, step by step."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The time on three clocks, in seconds."""

    wall: float
    """Unix time, which the user and time synchronization can change."""
    awake: float
    """Does not advance while the computer sleeps."""
    elapsed: float
    """Advances also while the computer sleeps."""


ReadClocks = Callable[[], Moment]


@dataclass(frozen=True, slots=True)
class Deadline:
    """An end that comes first of: the seconds on any clock, a sleep, a jump of the clock.

    A user who allows something for 15 minutes thinks of the next 15 minutes. After a sleep or a
    change of the clock, the user has to allow it again.
    """

    start: Moment
    seconds: float

    @property
    def until(self) -> float:
        """The end in Unix seconds, to show it."""
        return self.start.wall + self.seconds

    def has_passed(self, now: Moment) -> bool:
        """Return whether the end has come."""
        start = self.start
        awake, elapsed = now.awake - start.awake, now.elapsed - start.elapsed
        wall = now.wall - start.wall
        has_slept = elapsed - awake > SLEEP_TOLERANCE_SECONDS
        has_jumped = abs(wall - elapsed) > JUMP_TOLERANCE_SECONDS
        return has_slept or has_jumped or max(awake, elapsed, wall) >= self.seconds

    def measure_left(self, now: Moment) -> float:
        """Return the seconds that are left at most."""
        return max(0.0, self.seconds - (now.elapsed - self.start.elapsed))


def read_clocks() -> Moment:
    """Read this system's clocks, practically at the same time."""
    while True:
        before = _read_awake()
        moment = Moment(time.time(), before, _read_elapsed())
        # On a busy machine, the process may have waited between two of them, which looks like a
        # sleep.
        if _read_awake() - before < READ_TOLERANCE_SECONDS:
            return moment


if sys.platform == "win32":
    import ctypes

    _TICKS_PER_SECOND = 10_000_000

    def _read_awake() -> float:
        ticks = ctypes.c_ulonglong()
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(ticks))
        return ticks.value / _TICKS_PER_SECOND

    def _read_elapsed() -> float:
        return time.monotonic()

else:
    # Linux' CLOCK_MONOTONIC stops during a sleep and CLOCK_BOOTTIME does not. On macOS it is
    # CLOCK_MONOTONIC that goes on; there `time.monotonic` reads another clock, which stops.
    _ELAPSED_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def _read_awake() -> float:
        return time.monotonic()

    def _read_elapsed() -> float:
        return time.clock_gettime(_ELAPSED_CLOCK)

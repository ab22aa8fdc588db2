"""Measure the age of stored rows by a clock that no change of the computer's clock can trip.

The age clock counts seconds. While the bridge runs it advances with the time that passes. For the
time between two runs, and for suspends, it follows the computer's clock, but by MAX_STEP at most at
once, and never back. So a clock that is years wrong cannot make everything old. In addition, one
pass deletes the older half of the rows at most.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

DAY = 86_400.0
MAX_STEP = 7 * DAY

CLOCK_SCHEMA = """
CREATE TABLE IF NOT EXISTS age_clock (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    wall REAL NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class ClockState:
    """The age clock's time, and the latest time that the computer's clock has shown."""

    at: float
    wall: float


def advance(state: ClockState, wall: float, elapsed: float) -> ClockState:
    """Return the state after `elapsed` measured seconds, when the computer's clock shows `wall`."""
    step = max(elapsed, min(wall - state.wall, elapsed + MAX_STEP))
    return ClockState(state.at + step, max(state.wall, wall))


def start_state(saved: ClockState | None, newest: float | None, wall: float) -> ClockState:
    """Return the first state of a run; `newest` is the time of the latest row without a clock."""
    if saved is not None:
        return advance(saved, wall, 0.0)
    # A file of an earlier version, whose rows have the computer's time.
    return ClockState(wall if newest is None else min(wall, newest + MAX_STEP), wall)


class AgeClock:
    """The age clock of one store, saved in its file; used by the store's thread."""

    def __init__(
        self,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._monotonic = monotonic
        self._state = ClockState(now(), now())
        self._measured = monotonic()

    def start(self, database: sqlite3.Connection, newest: float | None) -> None:
        """Continue from the time that the file has, and save it."""
        with closing(database.execute("SELECT at, wall FROM age_clock WHERE id = 1")) as rows:
            saved = next((ClockState(at, wall) for at, wall in rows), None)
        self._state = start_state(saved, newest, self._now())
        self._measured = self._monotonic()
        self.save(database)

    def read(self) -> float:
        """Return the present time of the age clock."""
        measured = self._monotonic()
        self._state = advance(self._state, self._now(), max(0.0, measured - self._measured))
        self._measured = measured
        return self._state.at

    def save(self, database: sqlite3.Connection) -> None:
        """Save the present time in the file."""
        at = self.read()
        row = (at, self._state.wall)
        database.execute("INSERT OR REPLACE INTO age_clock VALUES (1, ?, ?)", row)

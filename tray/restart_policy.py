"""What to do when the server's process ended, or does not end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

CANNOT_START = 2
"""Exit code of a server that can never start like this: a taken port, a wrong setting."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
HEALTHY_AFTER = 60.0
"""Seconds of health after which earlier failures are forgotten."""

KILL_AFTER = 3.0
"""Seconds between asking the system to end the server and ending it by force."""


@dataclass(frozen=True)
class Exit:
    """How a server's process ended. `last_line` is the last it said on stderr."""

    code: int
    """Negative: the number of the signal that ended it."""
    healthy_for: float
    """Seconds between its first and its last good answer."""
    last_line: str = ""


@dataclass(frozen=True)
class Rest:
    """Stay stopped; `sentence` says why, empty when it ended as it should."""

    sentence: str


@dataclass(frozen=True)
class TryAgain:
    """Start anew after this pause in seconds."""

    pause: float
    sentence: str


@dataclass(frozen=True)
class Patience:
    """Grows the pauses between starts: 1, 2, 4 … 60 seconds."""

    failures: int = 0

    def after(self, exit: Exit) -> tuple[Patience, Rest | TryAgain]:
        """The next step, and the patience left for the one after."""
        if exit.code == 0:
            return Patience(), Rest("")  # somebody stopped it: not ours to undo
        if exit.code == CANNOT_START:
            return Patience(), Rest(exit.last_line or "The server cannot start; see its log.")
        failures = 0 if exit.healthy_for >= HEALTHY_AFTER else self.failures
        pause = min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE)
        return replace(self, failures=failures + 1), TryAgain(pause, _sentence(exit, pause))


def stop_step(waited: float, grace: float) -> Literal["wait", "terminate", "kill"]:
    """How hard to push a server that was asked to stop `waited` seconds ago."""
    if waited < grace:
        return "wait"
    return "terminate" if waited < grace + KILL_AFTER else "kill"


def _sentence(exit: Exit, pause: float) -> str:
    how = f"was ended by signal {-exit.code}" if exit.code < 0 else f"failed (code {exit.code})"
    why = f": {exit.last_line}" if exit.last_line else ""
    return f"The server {how}; starting again in {pause:.0f} s{why}"

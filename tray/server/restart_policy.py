"""Decide what to do when the server's process has ended, or does not end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

CANNOT_START = 2
"""Exit code of a server that would fail again: its port is taken, or a setting is wrong."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
HEALTHY_AFTER = 60.0
"""Seconds of health after which earlier failures no longer count."""

KILL_AFTER = 3.0
"""Seconds between terminating the server and killing it."""


@dataclass(frozen=True)
class Exit:
    """How a server's process ended; `last_line` is the last line of its stderr."""

    code: int
    """Negative: the number of the signal that ended it."""
    healthy_for: float
    """Seconds since it first answered."""
    last_line: str = ""


@dataclass(frozen=True)
class StayStopped:
    """Do not start again; `message` is empty after a normal exit."""

    message: str


@dataclass(frozen=True)
class StartAgain:
    """Start again after `pause` seconds."""

    pause: float
    message: str


@dataclass(frozen=True)
class RestartPolicy:
    """Pauses between starts grow with each failure: 1, 2, 4 … 60 seconds."""

    failures: int = 0

    def decide(self, exit: Exit) -> tuple[RestartPolicy, StayStopped | StartAgain]:
        """Return the policy for the next exit, and what to do after this one."""
        if exit.code == 0:
            # Another program or a signal stopped it cleanly: the tray must not undo that.
            return RestartPolicy(), StayStopped("")
        if exit.code == CANNOT_START:
            message = exit.last_line or "The server can't start. The log shows the cause."
            return RestartPolicy(), StayStopped(message)
        failures = 0 if exit.healthy_for >= HEALTHY_AFTER else self.failures
        pause = min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE)
        return replace(self, failures=failures + 1), StartAgain(pause, _describe_exit(exit, pause))


def choose_stop_step(waited: float, grace: float) -> Literal["wait", "terminate", "kill"]:
    """Return how to treat a server that was asked to stop `waited` seconds ago."""
    if waited < grace:
        return "wait"
    return "terminate" if waited < grace + KILL_AFTER else "kill"


def _describe_exit(exit: Exit, pause: float) -> str:
    how = f"was killed by signal {-exit.code}" if exit.code < 0 else f"failed (code {exit.code})"
    cause = f": {exit.last_line}" if exit.last_line else ""
    return f"The server {how}; restarting in {pause:.0f} s{cause}"

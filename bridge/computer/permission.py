"""What Claude may do on this desktop now, as set by the user; pure."""

# States are the modes, and the only inputs are the time and a batch's risks:
#
#     off        every batch is refused; the state at start, and after a stop
#     ask        every batch needs the user's approval
#     ask_risky  only batches with a risk need approval
#     allowed    nothing needs approval, until `deadline`; then the mode is off
#
# Only the user changes the mode. Time alone never grants anything: it only ends `allowed`.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.deadline import Deadline, Moment

Mode = Literal["off", "ask", "ask_risky", "allowed"]
Decision = Literal["refuse", "ask", "allow"]

MAX_MINUTES = 120
"""Longest timed grant, in minutes; users forget older ones."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A mode, and for `allowed` its end."""

    mode: Mode = "off"
    deadline: Deadline | None = None

    def __post_init__(self) -> None:
        if (self.mode == "allowed") != (self.deadline is not None):
            raise ValueError("`allowed` needs an end, and no other mode has one")

    @property
    def until(self) -> float | None:
        """The end in Unix seconds, to show it."""
        return None if self.deadline is None else self.deadline.until

    @classmethod
    def from_minutes(cls, minutes: float, now: Moment) -> Permission:
        """Allow everything for some minutes. Raises ValueError beyond MAX_MINUTES."""
        if not 0 < minutes <= MAX_MINUTES:
            raise ValueError(f"minutes must be more than 0 and at most {MAX_MINUTES}")
        return cls("allowed", Deadline(now, minutes * 60))

    def as_of(self, now: Moment) -> Permission:
        """Return the permission in force at a time: off once a timed grant has ended."""
        has_ended = self.deadline is not None and self.deadline.has_passed(now)
        return Permission() if has_ended else self

    def decide(self, risks: Sequence[str], now: Moment) -> Decision:
        """Decide on a batch with these risks."""
        match self.as_of(now).mode:
            case "off":
                return "refuse"
            case "ask":
                return "ask"
            case "ask_risky":
                return "ask" if risks else "allow"
            case "allowed":
                return "allow"

"""What Claude may do on this desktop now, as set by the user; pure."""

# States are the modes, and the only inputs are the time and a batch's risks:
#
#     off        every batch is refused; the state at start, and after a stop
#     ask        every batch needs the user's approval
#     ask_risky  only batches with a risk need approval
#     allowed    nothing needs approval, until `until`; then the mode is off
#
# Only the user changes the mode. Time alone never grants anything: it only ends `allowed`.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Mode = Literal["off", "ask", "ask_risky", "allowed"]
Decision = Literal["refuse", "ask", "allow"]

MAX_MINUTES = 120
"""Longest timed grant, in minutes; users forget older ones."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A mode, and for `allowed` its end.

    `until` is in seconds of the clock that callers pass in as `now`.
    """

    mode: Mode = "off"
    until: float | None = None

    def __post_init__(self) -> None:
        if (self.mode == "allowed") != (self.until is not None):
            raise ValueError("`allowed` needs an end, and no other mode has one")

    @classmethod
    def from_minutes(cls, minutes: float, now: float) -> Permission:
        """Allow everything for some minutes. Raises ValueError beyond MAX_MINUTES."""
        if not 0 < minutes <= MAX_MINUTES:
            raise ValueError(f"minutes must be more than 0 and at most {MAX_MINUTES}")
        return cls("allowed", now + minutes * 60)

    def as_of(self, now: float) -> Permission:
        """Return the permission in force at a time: off once a timed grant has ended."""
        return Permission() if self.until is not None and now >= self.until else self

    def decide(self, risks: Sequence[str], now: float) -> Decision:
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

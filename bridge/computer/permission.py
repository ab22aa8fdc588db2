"""What Claude may do on this desktop just now: the switch that a human sets, as a pure machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Mode = Literal["off", "ask", "ask_risky", "allowed"]
Ruling = Literal["refused", "ask", "allowed"]

LONGEST_MINUTES = 120
"""Nobody remembers longer what they allowed."""


@dataclass(frozen=True, slots=True)
class Leash:
    """`until` is a time of the clock that is handed in, in seconds; only `allowed` has one."""

    mode: Mode = "off"
    until: float | None = None

    def __post_init__(self) -> None:
        if (self.mode == "allowed") != (self.until is not None):
            raise ValueError("only what is allowed has an end, and it always has one")

    @classmethod
    def allowed_for(cls, minutes: float, now: float) -> Leash:
        """Everything, for so long. Raises ValueError beyond LONGEST_MINUTES."""
        if not 0 < minutes <= LONGEST_MINUTES:
            raise ValueError(f"minutes: more than 0, and {LONGEST_MINUTES} at the most")
        return cls("allowed", now + minutes * 60)

    def at(self, now: float) -> Leash:
        """What is in force then: after the time that was allowed, it is off."""
        return Leash() if self.until is not None and now >= self.until else self

    def ruling(self, risks: Sequence[str], now: float) -> Ruling:
        """On a batch with these risks."""
        match self.at(now).mode:
            case "off":
                return "refused"
            case "ask":
                return "ask"
            case "ask_risky":
                return "ask" if risks else "allowed"
            case "allowed":
                return "allowed"

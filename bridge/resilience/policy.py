"""Which failures are worth another try, and how long to wait for it. Pure: time is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bridge.errors import (
    BillingFailed,
    BridgeError,
    Forbidden,
    KeyRejected,
    OutputMismatch,
    Overloaded,
    RateLimited,
    UpstreamFailed,
    UpstreamSilent,
    UpstreamTimedOut,
)

KEY_AT_FAULT = (KeyRejected, BillingFailed, Forbidden)
"""With another key it may go well; with this one it will not, for a good while."""

SET_ASIDE_SECONDS = 3600.0
LIMITED_SECONDS = 30.0
"""How long a limited key rests when upstream does not say."""


def is_passing(error: BridgeError) -> bool:
    """Whether the same request may go well a little later: connection errors, 408, 409, 429,
    5xx and 529; not a silence that has lasted to the time-out.
    """
    if isinstance(error, OutputMismatch | UpstreamSilent):
        return False
    return isinstance(error, UpstreamFailed | Overloaded | RateLimited | UpstreamTimedOut)


def retry_after(error: BridgeError) -> float | None:
    """The seconds that upstream asks to wait; None where it does not say."""
    for name, value in error.headers.items():
        if name.lower() == "retry-after":
            try:
                return max(0.0, float(value))
            except ValueError:
                return None
    return None


@dataclass(frozen=True, slots=True)
class Patience:
    """`tries` in all; the waits between them double from `base`, and are `seconds` at most."""

    tries: int = 3
    base: float = 0.5
    seconds: float = 15.0

    def pause(self, failed: int, error: BridgeError, waited: float, chance: float) -> float | None:
        """Seconds until the next try after `failed` ones; None: it is time to give up.

        `waited` are the seconds already spent waiting, `chance` is random in 0..1. When upstream
        asks for more time than there is, the client is told so at once and may plan for itself.
        """
        if failed >= self.tries or not is_passing(error):
            return None
        asked = retry_after(error)
        # Full jitter on the upper half: clients that failed together do not return together.
        own = self.base * 2 ** (failed - 1) * (0.5 + chance / 2)
        pause = own if asked is None else asked + chance * self.base
        return pause if waited + pause <= self.seconds else None


State = Literal["closed", "open", "half-open"]


class Breaker:
    """Opens after `most` failures in a row; lets one request through after `seconds` to see.

    Each time that one fails, it stays open twice as long, up to `longest` seconds.
    """

    def __init__(self, most: int = 5, seconds: float = 10.0, longest: float = 120.0) -> None:
        self._most = most
        self._seconds = seconds
        self._longest = longest
        self._failures = 0
        self._open_for = seconds
        self._until: float | None = None
        self._probing = False

    def state(self, now: float) -> State:
        if self._until is None:
            return "closed"
        return "open" if now < self._until or self._probing else "half-open"

    def closed_in(self, now: float) -> float:
        """Seconds until a request may go through: 0 when one may now."""
        if self._until is None:
            return 0.0
        return max(self._until - now, 1.0 if self._probing else 0.0)

    def enter(self, now: float) -> bool:
        """Whether a request may go through; in the half-open state only one."""
        state = self.state(now)
        if state == "half-open":
            self._probing = True
        return state != "open"

    def left(self) -> None:
        """The request ended without telling anything of upstream's health."""
        self._probing = False

    def succeeded(self) -> None:
        self._failures, self._until, self._probing = 0, None, False
        self._open_for = self._seconds

    def failed(self, now: float) -> None:
        self._failures += 1
        if self._probing:
            self._open_for = min(self._open_for * 2, self._longest)
            self._until = now + self._open_for
        elif self._failures >= self._most and self._until is None:
            self._until = now + self._open_for
        self._probing = False

"""Decides which failures are retried, and how long to wait. Pure: time and jitter are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bridge.errors import (
    BillingFailed,
    BridgeError,
    Forbidden,
    GatewayFailed,
    KeyRejected,
    NotClaudeApi,
    OutputMismatch,
    Overloaded,
    RateLimited,
    UpstreamFailed,
    UpstreamSilent,
    UpstreamTimedOut,
)
from bridge.errors.retry_after import MAX_WAIT_SECONDS

KEY_FAILURES = (KeyRejected, BillingFailed, Forbidden)
"""Failures of one key: it stays unusable for a while, and another key may work."""

QUARANTINE_SECONDS = 3600.0
"""How long a failed key is not used."""

FIRST_LIMIT_SECONDS = 2.0
MAX_LIMIT_SECONDS = 30.0
"""How long a rate-limited key is not used when upstream does not say so: the first time, doubled
with every further refusal in a row, and at most.
"""


def is_transient(error: BridgeError) -> bool:
    """Return whether the same request may succeed a little later.

    True for connection errors and for the statuses 408, 409, 429, 5xx and 529. False for a silence:
    it has lasted as long as the time-out allows, and a retry would double that. False for an answer
    of something else than Claude's API, unless that is a gateway whose own upstream failed.
    """
    if isinstance(error, OutputMismatch | UpstreamSilent):
        return False
    if isinstance(error, NotClaudeApi):
        return isinstance(error, GatewayFailed)
    return isinstance(error, UpstreamFailed | Overloaded | RateLimited | UpstreamTimedOut)


def parse_retry_after(error: BridgeError) -> float | None:
    """Return the seconds of an error's `Retry-After`; None without one, or for an impossible one.

    The backends write it as a number within MAX_WAIT_SECONDS, whatever upstream sent.
    """
    for name, value in error.headers.items():
        if name.lower() == "retry-after":
            try:
                seconds = float(value)
            except ValueError:
                return None
            return seconds if 0 <= seconds <= MAX_WAIT_SECONDS else None
    return None


def compute_limit_wait(requested: float | None, refusals: int) -> float:
    """Return the seconds for which a rate-limited key is not used, after `refusals` in a row.

    `requested` is upstream's `Retry-After`. A limit of hours is tried again now and then: upstream
    may be wrong, or the user may have raised the limit.
    """
    if requested:
        return min(requested, QUARANTINE_SECONDS)
    return float(min(FIRST_LIMIT_SECONDS * 2 ** min(refusals - 1, 10), MAX_LIMIT_SECONDS))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is sent, and how long to wait in between.

    `attempts` counts all of them. The waits double from `base_seconds`, and add up to
    `max_seconds` at most.
    """

    attempts: int = 3
    base_seconds: float = 0.5
    max_seconds: float = 15.0

    def compute_delay(
        self, failures: int, error: BridgeError, waited: float, jitter: float
    ) -> float | None:
        """Return the seconds until the next attempt; None when there is to be none.

        `failures` are the failed attempts so far, `waited` the seconds spent waiting so far,
        `jitter` is random in 0..1. When upstream asks for a longer wait than is left, the client
        gets the error at once, so that it can plan for itself.
        """
        if failures >= self.attempts or not is_transient(error):
            return None
        requested = parse_retry_after(error)
        # Jitter on the upper half: clients that failed together must not return together, and
        # none of them at once.
        backoff = self.base_seconds * 2 ** (failures - 1) * (0.5 + jitter / 2)
        delay = backoff if requested is None else requested + jitter * self.base_seconds
        return delay if waited + delay <= self.max_seconds else None


BreakerState = Literal["closed", "open", "half-open"]

# The circuit breaker is a machine with three states:
#
#   closed      every request may enter. `record_failure` counts failures in a row; the
#               `max_failures`-th opens the breaker. `record_success` sets the count to 0.
#   open        no request may enter, until `open_seconds` have passed. Requests that entered before
#               go on, and their success closes the breaker.
#   half-open   the time has passed: one request may enter as a probe. Its success closes the
#               breaker, its failure opens it for twice as long as before, up to
#               `max_open_seconds`. `release` (it ended without telling whether upstream is well:
#               cancelled, or the request itself was wrong) lets the next request be the probe.
#
# While a probe runs, the state is reported as open, because nothing else may enter.


class CircuitBreaker:
    """Stops sending requests to an upstream that keeps failing.

    Inputs: `try_enter` before a request, then one of `record_success`, `record_failure` and
    `release`. `now` is in seconds of any monotonic clock.
    """

    def __init__(
        self,
        max_failures: int = 5,
        open_seconds: float = 10.0,
        max_open_seconds: float = 120.0,
    ) -> None:
        self._max_failures = max_failures
        self._first_open_seconds = open_seconds
        self._max_open_seconds = max_open_seconds
        self._failures = 0
        self._open_seconds = open_seconds
        self._open_until: float | None = None
        self._is_probing = False

    def get_state(self, now: float) -> BreakerState:
        if self._open_until is None:
            return "closed"
        return "open" if now < self._open_until or self._is_probing else "half-open"

    def get_wait(self, now: float) -> float:
        """Return the seconds until a request may enter; 0 when one may now."""
        if self._open_until is None:
            return 0.0
        # How long a probe takes is not known; a second is a fair guess for `Retry-After`.
        return max(self._open_until - now, 1.0 if self._is_probing else 0.0)

    def try_enter(self, now: float) -> bool:
        """Return whether a request may enter, and note that it does."""
        state = self.get_state(now)
        if state == "half-open":
            self._is_probing = True
        return state != "open"

    def release(self) -> None:
        """Record a request whose end does not show whether upstream is healthy."""
        self._is_probing = False

    def record_success(self) -> None:
        self._failures, self._open_until, self._is_probing = 0, None, False
        self._open_seconds = self._first_open_seconds

    def record_failure(self, now: float) -> None:
        self._failures += 1
        if self._is_probing:
            self._open_seconds = min(self._open_seconds * 2, self._max_open_seconds)
            self._open_until = now + self._open_seconds
        elif self._failures >= self._max_failures and self._open_until is None:
            self._open_until = now + self._open_seconds
        self._is_probing = False

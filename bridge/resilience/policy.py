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


MAX_REQUESTED_SECONDS = 5.0
"""A longer `Retry-After` is passed on at once."""


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
        `jitter` is random in 0..1. When upstream asks for a long wait, or for a longer one than is
        left, the client gets the error at once, so that it can plan for itself.
        """
        if failures >= self.attempts or not is_transient(error):
            return None
        requested = parse_retry_after(error)
        if requested is not None and requested > MAX_REQUESTED_SECONDS:
            return None
        # Jitter on the upper half: clients that failed together must not return together, and
        # none of them at once.
        backoff = self.base_seconds * 2 ** (failures - 1) * (0.5 + jitter / 2)
        delay = backoff if requested is None else requested + jitter * self.base_seconds
        return delay if waited + delay <= self.max_seconds else None


BreakerState = Literal["closed", "open", "half-open"]

# The circuit breaker of one key and one model is a machine with three states:
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
# While a probe runs, the state is reported as open, because nothing else may enter. Only the
# request that is the probe ends it: one that entered long before may end meanwhile.


class CircuitBreaker:
    """Stops sending requests to an upstream that keeps failing.

    Inputs: `try_enter` before a request, then one of `record_success`, `record_failure` and
    `release`. `now` is in seconds of any monotonic clock; `request` is any object that stands for
    the request, from its entry to its end.
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
        self._probe: object | None = None
        self.last_failure: BridgeError | None = None
        """What upstream said last; None after a success."""

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to remember."""
        return not self._failures and self._open_until is None

    def get_state(self, now: float) -> BreakerState:
        if self._open_until is None:
            return "closed"
        is_open = now < self._open_until or self._probe is not None
        return "open" if is_open else "half-open"

    def get_wait(self, now: float) -> float:
        """Return the seconds until a request may enter; 0 when one may now."""
        if self._open_until is None:
            return 0.0
        # How long a probe takes is not known; a second is a fair guess for `Retry-After`.
        return max(self._open_until - now, 1.0 if self._probe is not None else 0.0)

    def try_enter(self, now: float, request: object) -> bool:
        """Return whether a request may enter, and note that it does."""
        state = self.get_state(now)
        if state == "half-open":
            self._probe = request
        return state != "open"

    def release(self, request: object) -> None:
        """Record a request whose end does not show whether upstream is healthy."""
        if self._probe is request:
            self._probe = None

    def hand_over(self, request: object, answer: object) -> None:
        """Let the answer that has begun stand for its request."""
        if self._probe is request:
            self._probe = answer

    def record_success(self) -> None:
        self._failures, self._open_until, self._probe = 0, None, None
        self._open_seconds = self._first_open_seconds
        self.last_failure = None

    def record_failure(self, now: float, request: object, error: BridgeError | None = None) -> None:
        self._failures += 1
        self.last_failure = error
        if self._probe is request:
            self._open_seconds = min(self._open_seconds * 2, self._max_open_seconds)
            self._open_until, self._probe = now + self._open_seconds, None
        elif self._failures >= self._max_failures and self._open_until is None:
            self._open_until = now + self._open_seconds


class ModelBreakers:
    """The circuit breakers of one key, one for each model; models differ in how busy they are."""

    def __init__(self) -> None:
        self._by_model: dict[str, CircuitBreaker] = {}

    def get(self, model: str) -> CircuitBreaker:
        """Return the breaker of a model, for a request that keeps it until it ends."""
        breaker = self._by_model.pop(model, None)
        if breaker is None:
            if len(self._by_model) >= MOST_BREAKERS:
                self._forget_oldest()
            breaker = CircuitBreaker()
        # The last one is the one that was used last.
        self._by_model[model] = breaker
        return breaker

    def get_wait_for(self, model: str, now: float) -> float:
        """Return the seconds until a request for a model may enter; 0 when one may now."""
        breaker = self._by_model.get(model)
        return 0.0 if breaker is None else breaker.get_wait(now)

    def get_state(self, now: float) -> BreakerState:
        """Return the worst state of all models."""
        states = {breaker.get_state(now) for breaker in self._by_model.values()}
        worst: tuple[BreakerState, ...] = ("open", "half-open")
        return next((state for state in worst if state in states), "closed")

    def get_wait(self, now: float) -> float:
        """Return the longest wait of all models, in seconds."""
        return max((breaker.get_wait(now) for breaker in self._by_model.values()), default=0.0)

    def _forget_oldest(self) -> None:
        """Forget the breaker that was not used for longest; first one that remembers nothing."""
        idle = (model for model, breaker in self._by_model.items() if breaker.is_idle)
        del self._by_model[next(idle, next(iter(self._by_model)))]


MOST_BREAKERS = 64
"""Breakers of one key; clients choose the names of models."""


def tells_of_outage(error: BridgeError) -> bool:
    """Return whether a failure shows that upstream does not work.

    One that is busy works, and says itself when to come back.
    """
    return is_transient(error) and not isinstance(error, RateLimited | Overloaded)

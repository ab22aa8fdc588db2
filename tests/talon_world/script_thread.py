"""The virtual clock, and the thread that scripts run on with its watchdog."""

import contextlib
import gc
import heapq
import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# In seconds of real time. Generous, because the test machine may be busy: blocking calls are found
# by the guard.
WAITING_LIMIT = 10.0

KEYS_AT_ONCE = 100


def _time_fixed_work() -> float:
    """Return the seconds of processor time that a fixed piece of work takes now."""
    started = time.thread_time()
    sum(number * number for number in range(20_000))
    return time.thread_time() - started


# A processor that is shared does less in a second of its own time: the watchdog allows for it.
_USUAL_SECONDS = min(_time_fixed_work() for _ in range(10))


def _measure_slowness() -> float:
    """Return how many times longer work takes now than when the tests began, at least 1."""
    return max(1.0, min(_time_fixed_work() for _ in range(3)) / _USUAL_SECONDS)


class Violation(AssertionError):
    """Something that the real Talon would reject, warn about, or do wrong."""


@dataclass
class Job:
    """A cron job; `every` is None for one that runs once."""

    callback: Callable[[], Any]
    every: float | None
    cancelled: bool = False


@dataclass(order=True)
class Event:
    """Something that happens at a time: a cron job, or a delayed action of an app."""

    at: float
    order: int
    job: Job | None = field(compare=False)
    happen: Callable[[], Any] = field(compare=False)


class ScriptThread:
    """Time passes only in `advance`; cron jobs run only there, never inline."""

    def __init__(self, watchdog: float) -> None:
        self.now = 0.0
        self.watchdog = watchdog
        self.violations: list[str] = []
        self.slowest = 0.0
        self._depth = self._keys = 0
        self._waited = 0.0
        self._in_command = False
        self._ident = threading.get_ident()
        self._order = itertools.count()
        self._events: list[Event] = []

    @property
    def busy(self) -> bool:
        """Whether a script is running right now, here on its thread."""
        return self._depth > 0 and threading.get_ident() == self._ident

    @property
    def jobs(self) -> list[Job]:
        """The cron jobs that are still to run."""
        return [e.job for e in self._events if e.job is not None and not e.job.cancelled]

    def flag(self, sentence: str) -> None:
        """Record a violation and raise it; the record survives if a script catches it."""
        self.violations.append(sentence)
        raise Violation(sentence)

    def count_keys(self, count: int) -> None:
        """Count pressed keys, because Talon waits one or two milliseconds after each."""
        self._keys += count
        if self.busy and self._keys > KEYS_AT_ONCE:
            self.flag(f"{self._keys} keys in one callback block speech recognition")

    def require(self, what: str) -> None:
        """Flag a call from another thread."""
        if threading.get_ident() != self._ident:
            self.flag(f"{what} was called off the script thread")

    @contextlib.contextmanager
    def relax_watchdog(self) -> Iterator[None]:
        """Allow slow callbacks while files load: speech does not matter yet."""
        watchdog, slowest = self.watchdog, self.slowest
        self.watchdog = WAITING_LIMIT
        yield
        self.watchdog, self.slowest = watchdog, slowest

    def run(self, call: Callable[..., Any], *args: Any) -> Any:
        """Run one callback under the watchdog."""
        if self._depth:
            return call(*args)
        self._depth, self._waited, self._keys = 1, 0.0, 0
        gc.disable()  # pytest's garbage must not count as Talon's time
        start, worked = time.perf_counter(), time.thread_time()
        try:
            return call(*args)
        finally:
            self._depth = 0
            spent = time.thread_time() - worked + self._waited
            gc.enable()
            self._watch(spent, call, self.watchdog)
            self._watch(time.perf_counter() - start, call, WAITING_LIMIT)

    def charge(self, seconds: float) -> None:
        """Count time that the real call would take, without moving the clock."""
        self._waited += seconds

    def schedule(self, seconds: float, callback: Callable[[], Any], repeat: bool) -> Job:
        """Put a cron job on the clock."""
        job = Job(callback, seconds if repeat else None)
        self._push(seconds, job, callback)
        return job

    def later(self, seconds: float, happen: Callable[[], Any]) -> None:
        """Schedule an app's action, which also runs while a script sleeps."""
        self._push(seconds, None, happen)

    @contextlib.contextmanager
    def run_command(self) -> Iterator[None]:
        """Mark the time in which a spoken command runs: there, actions may wait."""
        self._in_command = True
        try:
            yield
        finally:
            self._in_command = False

    def wait_in_command(self, who: str, seconds: float) -> None:
        """Wait for an app inside a spoken command; flag it in a cron job or an event handler."""
        if not self._in_command:
            self.flag(f"{who} blocks the script thread outside of a spoken command")
        self._let_apps_run(seconds)

    def sleep(self, seconds: float) -> None:
        """Block the script thread: apps go on, cron does not."""
        self._waited += seconds
        self._let_apps_run(seconds)

    def _let_apps_run(self, seconds: float) -> None:
        jobs = [event for event in self._events if event.job]
        self._events = [event for event in self._events if not event.job]
        self.advance(seconds)
        self._events += jobs
        heapq.heapify(self._events)

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        end = self.now + seconds
        while self._events and self._events[0].at <= end:
            event = heapq.heappop(self._events)
            self.now = max(self.now, event.at)
            self._happen(event)
        self.now = max(self.now, end)

    def _happen(self, event: Event) -> None:
        job = event.job
        if job is None:
            event.happen()
        elif not job.cancelled:
            if job.every:
                self._push(job.every, job, event.happen)
            self.run(event.happen)

    def _push(self, seconds: float, job: Job | None, happen: Callable[[], Any]) -> None:
        heapq.heappush(self._events, Event(self.now + seconds, next(self._order), job, happen))

    def _watch(self, seconds: float, call: Callable[..., Any], limit: float) -> None:
        if limit != WAITING_LIMIT:
            self.slowest = max(self.slowest, seconds)
        if seconds > limit and seconds > limit * _measure_slowness():
            name = getattr(call, "__qualname__", call)
            self.flag(f"the script thread was blocked for {seconds * 1000:.0f} ms by {name}")


def seconds_in(spec: str) -> float:
    """Return the seconds in one of Talon's time specs, such as 50ms."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(us|ms|s|m|h|d)", spec)
    if not match:
        raise ValueError(f"not a time spec: {spec!r}")
    return float(match[1]) * UNITS[match[2]]

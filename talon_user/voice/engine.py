"""Runs what was asked for, one after the other, by one cron job that is there only meanwhile."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from talon import cron


class Task(Protocol):
    """Something that goes on for a while, in small steps."""

    over: bool

    @property
    def resting(self) -> bool:
        """Tell whether there is nothing to do until the user says or does something."""
        ...

    def begin(self) -> None:
        """Start, without waiting."""
        ...

    def advance(self, now: float) -> None:
        """Do what can be done at this time, in seconds; it takes a few milliseconds at most."""
        ...

    def stop(self) -> None:
        """Come to an end soon, because the user said so."""
        ...

    def end(self) -> None:
        """Leave nothing behind, at once."""
        ...


class Engine:
    """The queue of tasks, and errands that run beside them."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Call `changed` after every step."""
        self.front: Any = None
        self._waiting: deque[Task] = deque()
        self._errands: list[Task] = []
        self._job: Any = None
        self._changed = changed

    @property
    def waiting(self) -> int:
        """Return how many tasks wait for the one that runs."""
        return len(self._waiting)

    def add(self, *tasks: Task) -> None:
        """Put tasks at the end of the queue."""
        self._waiting.extend(tasks)
        self._settle()

    def beside(self, errand: Task) -> None:
        """Run an errand at once, whatever else runs."""
        self._errands.append(errand)
        errand.begin()
        self._settle()

    def stop(self) -> bool:
        """Stop the task that runs and drop those that wait; return whether there was any."""
        had = self.front is not None
        self._waiting.clear()
        if had:
            self.front.stop()
        self._settle()
        return had

    def end(self) -> None:
        """End everything at once."""
        self._waiting.clear()
        for task in [*self._errands, *([self.front] if self.front is not None else [])]:
            task.end()
        self._errands, self.front = [], None
        self._settle()

    def wake(self) -> None:
        """Go on after the user said or did something."""
        self._settle()

    def _tick(self) -> None:
        now = time.monotonic()
        for task in [*self._errands, *([self.front] if self.front is not None else [])]:
            try:
                task.advance(now)
            except Exception:  # raised on, into Talon's log; but it must not go on failing
                task.end()
                task.over = True
                self._settle()
                raise
        self._settle()

    def _settle(self) -> None:
        self._errands = [errand for errand in self._errands if not errand.over]
        while self.front is None or self.front.over:
            self.front = self._waiting.popleft() if self._waiting else None
            if self.front is None:
                break
            self.front.begin()
        busy = bool(self._errands) or (self.front is not None and not self.front.resting)
        if busy and self._job is None:
            self._job = cron.interval("50ms", self._tick)
        elif not busy and self._job is not None:
            cron.cancel(self._job)
            self._job = None
        self._changed()

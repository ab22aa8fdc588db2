"""The one thread that calls a platform's accessibility functions, which block."""

# States of a program: answering → paused, for PAUSE_SECONDS, once it did not answer in time.
# States of the thread: opening → idle ⇄ working; failed, if the platform cannot be opened; left, if
# a call never returns: then another thread does the work, up to _MOST_THREADS of them in all.
#
# A caller waits for at most its own time. Work that is still waiting then is never begun, and work
# that was begun ends at its next call, as its `Deadline` has passed.

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, TypeVar

from bridge.computer.elements.walking.node import Source, TimedOut, Unanswered
from bridge.errors import InvalidRequest

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

PAUSE_SECONDS = 4.0
"""How long a program that did not answer in time is not asked again."""
_MARGIN_SECONDS = 0.02
"""Work ends that long before its caller stops waiting, unless a call does not return."""
_SLOW_SECONDS = 0.05
"""A program that had less for its work when the caller's time ended is not to blame."""
STUCK_SECONDS = 2.0
"""How long after its time a call may still return, before another thread takes over."""
_MOST_THREADS = 4
_CLOSING_SECONDS = 1.0


class Late(Unanswered):
    """The time for some work is over, though its program did answer."""


class NotOpen(Exception):
    """The platform's accessibility functions could not be opened."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When some work has to end, in monotonic time."""

    ends: float

    def check(self) -> None:
        """Raise Late once the time is over."""
        if time.monotonic() > self.ends:
            raise Late("The time is over.")


@dataclass(slots=True)
class _Job:
    process: int
    work: Callable[[Deadline], Any]
    deadline: Deadline
    future: Future[Any] = field(default_factory=Future)
    started: float | None = None


class Worker:
    """`run` blocks its caller, never for much longer than the given time."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._paused: dict[int, float] = {}
        self._jobs = SimpleQueue[_Job | None]()
        self._current: _Job | None = None
        self._count = 0
        self._has_failed = False
        self._start_thread()

    def run(self, process: int, work: Callable[[Deadline], _Result], seconds: float) -> _Result:
        """Do some work on a program, given by its process.

        Raises Unanswered, what the work raises of InvalidRequest, and NotOpen.
        """
        if self._has_failed:
            raise NotOpen
        if self.is_paused(process):
            raise TimedOut("The program did not answer in time.")
        self._replace_stuck_thread()
        job = _Job(process, work, Deadline(time.monotonic() + seconds - _MARGIN_SECONDS))
        self._jobs.put(job)
        try:
            result: _Result = job.future.result(seconds)
        except FutureTimeoutError as error:
            if not job.future.cancel():
                self._pause_if_slow(job)
            raise TimedOut("The program did not answer in time.") from error
        return result

    def is_paused(self, process: int) -> bool:
        """Return whether a program is left alone because it did not answer in time."""
        return self._paused.get(process, 0) > time.monotonic()

    def close(self) -> None:
        """End the thread; one whose call does not return ends once it does."""
        self._jobs.put(None)
        self._thread.join(_CLOSING_SECONDS)

    def _start_thread(self) -> None:
        self._count += 1
        self._thread = threading.Thread(
            target=self._serve, args=(self._jobs,), name="elements", daemon=True
        )
        self._thread.start()

    def _replace_stuck_thread(self) -> None:
        job = self._current
        if job is None or time.monotonic() < job.deadline.ends + STUCK_SECONDS:
            return
        if self._count < _MOST_THREADS:
            # The thread ends with its queue, once its call returns.
            self._jobs.put(None)
            self._jobs, self._current = SimpleQueue(), None
            self._start_thread()

    def _serve(self, jobs: SimpleQueue[_Job | None]) -> None:
        try:
            self._source.open()
        except Exception as error:  # noqa: BLE001 - whatever fails, the desktop works without elements
            _log.debug("Elements are not known: %s: %s.", type(error).__name__, error)
            self._has_failed = True
        while (job := jobs.get()) is not None:
            if job.future.set_running_or_notify_cancel():
                self._do(job, jobs)

    def _do(self, job: _Job, jobs: SimpleQueue[_Job | None]) -> None:
        job.started = time.monotonic()
        if jobs is self._jobs:
            self._current = job
        try:
            if self._has_failed:
                raise NotOpen
            if self.is_paused(job.process):
                raise TimedOut("The program did not answer in time.")
            with self._source.enclose_call():
                result = job.work(job.deadline)
        except TimedOut as error:
            self._pause_if_slow(job)
            job.future.set_exception(error)
        except (Unanswered, InvalidRequest, NotOpen) as error:
            job.future.set_exception(error)
        except Exception as error:  # noqa: BLE001 - an object that is odd is unknown, and ends nothing
            _log.debug("An element is not known: %s: %s.", type(error).__name__, error)
            job.future.set_exception(Unanswered(type(error).__name__))
        else:
            job.future.set_result(result)
        finally:
            if self._current is job:
                self._current = None

    def _pause_if_slow(self, job: _Job) -> None:
        now = time.monotonic()
        if job.process and job.started is not None and now - job.started > _SLOW_SECONDS:
            self._paused[job.process] = now + PAUSE_SECONDS

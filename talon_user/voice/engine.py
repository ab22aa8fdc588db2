"""Run tasks one after the other, with a cron job that exists only while there is work."""

import logging
import time
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any, Optional

from talon import cron

from .task import Task

STOP_SECONDS = 3.0
"""A stopped task that has not ended by then is ended: the next question must not wait for it."""
FAILED = "That did not work because of an error: {error}. Talon's log has the details."
log = logging.getLogger("claude")


class Engine:
    """The queue of tasks, and short tasks that run in the background beside it."""

    # States: idle (no cron job) and busy (a cron job advances all running tasks every 50 ms).
    # It is busy while a background task runs, or a current task that is not idle or is stopping.
    # Inputs: `add`, `run_in_background`, `stop`, `end`, `apply` for the user's commands and
    # Talon's events, and `wake` after anything else changed a task.
    # Outputs: `on_change` after every input and step, and `on_failure` once for a task that raises.
    # Such a task ends, whatever it was doing, so that the next one can begin.

    def __init__(self, on_change: Callable[[], None], on_failure: Callable[[str], None]) -> None:
        """Call `on_change` after every step, and `on_failure` with a sentence for the user."""
        self.current: Optional[Task] = None
        self._queue: deque[Task] = deque()
        self._background: list[Task] = []
        self._job: Any = None
        self._stopped_at: Optional[float] = None
        self._on_change, self._on_failure = on_change, on_failure

    @property
    def queued(self) -> int:
        """The number of tasks that wait for the current one."""
        return len(self.list_waiting())

    def list_waiting(self) -> list[str]:
        """Return the titles of the tasks that wait, the next one first."""
        return [task.title for task in self._queue if task.title]

    def drop_last(self) -> str:
        """Remove the newest task that waits, and return its title, or empty if none waits."""
        title = ""
        while self._queue and not title:
            title = self._queue.pop().title
        # Steps that only prepare the dropped task go with it.
        while self._queue and not self._queue[-1].title:
            self._queue.pop()
        self.wake()
        return title

    def add(self, *tasks: Task) -> None:
        """Append tasks to the queue."""
        self._queue.extend(tasks)
        self.wake()

    def run_in_background(self, task: Task) -> None:
        """Start a task at once, whatever else runs; pass on what its `begin` raises."""
        # Begin before adding: a task that cannot begin must not keep the timer running.
        task.begin()
        self._background.append(task)
        self.wake()

    def stop(self) -> bool:
        """Stop the current task and empty the queue; return whether a task was running."""
        was_running = self.current is not None
        self._queue.clear()
        self._stopped_at = time.monotonic() if was_running else None
        self.apply(lambda task: task.stop())
        return was_running

    def end(self) -> None:
        """End all tasks at once."""
        self._queue.clear()
        for task in self._list_running():
            self._end_task(task)
        self._background = []
        self.wake()

    def apply(self, step: Callable[[Task], None]) -> None:
        """Do something with the current task, if there is one."""
        if self.current is not None:
            self._run(self.current, step)
        self.wake()

    def attempt(self, step: Callable[[], None]) -> bool:
        """Do something that apps or packages may let fail; report a failure and return False."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - apps, packages and Talon raise anything
            _log_error(error)
            self._on_failure(FAILED.format(error=str(error) or type(error).__name__))
            return False
        return True

    def wake(self) -> None:
        """Start the next task if the current one is done, and start or stop the timer."""
        self._background = [task for task in self._background if not task.done]
        while self.current is None or self.current.done:
            self._stopped_at = None
            self.current = self._queue.popleft() if self._queue else None
            if self.current is None:
                break
            self._run(self.current, lambda task: task.begin())
        self._set_timer(bool(self._background) or self._is_current_busy())
        self._on_change()

    def _is_current_busy(self) -> bool:
        task = self.current
        return task is not None and (self._stopped_at is not None or not task.idle)

    def _set_timer(self, busy: bool) -> None:
        # A job that always runs would use power all day.
        if busy and self._job is None:
            self._job = cron.interval("50ms", self._tick)
        elif not busy and self._job is not None:
            cron.cancel(self._job)
            self._job = None

    def _tick(self) -> None:
        now = time.monotonic()
        for task in self._list_running():
            self._run(task, lambda task: task.advance(now))
        is_late = self._stopped_at is not None and now - self._stopped_at >= STOP_SECONDS
        if self.current is not None and is_late:
            self._end_task(self.current)
        self.wake()

    def _run(self, task: Task, step: Callable[[Task], None]) -> None:
        """Let a task do one step; a task that raises ends, with one notice."""
        if not self.attempt(lambda: step(task)):
            self._end_task(task)

    def _end_task(self, task: Task) -> None:
        """End a task at once, even if its clean-up fails."""
        try:
            task.end()
        except Exception as error:  # noqa: BLE001 - see `attempt`
            _log_error(error)
        task.done = True

    def _list_running(self) -> list[Task]:
        return [*self._background, *([self.current] if self.current is not None else [])]


def _log_error(error: Exception) -> None:
    """Log where an error was raised, but not its message, which may quote the user's text."""
    # Not `format_tb`: it reads the source files, and takes up to 20 ms.
    places = [
        f"{frame.f_code.co_filename}, line {line}, in {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    log.error("%s:\n%s", type(error).__name__, "\n".join(places))

"""Run tasks one after the other, with a cron job that exists only while there is work."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, Optional

from talon import cron

from .task import Task


class Engine:
    """The queue of tasks, and short tasks that run in the background beside it."""

    # States: idle (no cron job) and busy (a cron job advances all running tasks every 50 ms).
    # It is busy while a background task runs, or a current task that is not idle.
    # Inputs: `add`, `run_in_background`, `stop`, `end`, and `wake` after anything else changed a
    # task. Output: `on_change` after every input and step.

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Call `on_change` after every step."""
        self.current: Optional[Task] = None
        self._queue: deque[Task] = deque()
        self._background: list[Task] = []
        self._job: Any = None
        self._on_change = on_change

    @property
    def queued(self) -> int:
        """The number of tasks that wait for the current one."""
        return len(self._queue)

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
        if self.current is not None:
            self.current.stop()
        self.wake()
        return was_running

    def end(self) -> None:
        """End all tasks at once."""
        self._queue.clear()
        for task in self._list_running():
            task.end()
        self._background, self.current = [], None
        self.wake()

    def wake(self) -> None:
        """Start the next task if the current one is done, and start or stop the timer."""
        self._background = [task for task in self._background if not task.done]
        while self.current is None or self.current.done:
            self.current = self._queue.popleft() if self._queue else None
            if self.current is None:
                break
            self.current.begin()
        self._set_timer(bool(self._background) or not (self.current is None or self.current.idle))
        self._on_change()

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
            try:
                task.advance(now)
            except Exception:
                # Talon logs what is raised here and calls again in 50 ms. The task must not fail
                # each time, so it ends.
                task.end()
                task.done = True
                self.wake()
                raise
        self.wake()

    def _list_running(self) -> list[Task]:
        return [*self._background, *([self.current] if self.current is not None else [])]

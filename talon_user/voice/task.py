"""The base classes of everything that runs in small steps: tasks, and sinks for answers."""

from typing import Optional

from ..core.journal import Entry


class Task:
    """A job that runs in steps of a few milliseconds, because speech uses the same thread.

    Subclasses override what they need; every method of this class does nothing but end the task.
    """

    # States: waiting (in the engine's queue), running (after `begin`), done. A running task may be
    # idle: nothing happens until the user speaks, and the engine needs no timer.
    # Inputs: `advance` every 50 ms; the user's commands `stop`, `resume` and `move_here`; Talon's
    # `hold` before each phrase and `release` after one of ours; `check_focus` when the focus moves;
    # `end` on a reload or an exception.
    # Outputs: `done`, `idle`, `pause_reason`, `title`.
    # What the user and Talon do is passed on to the task `inner`, if there is one.

    def __init__(self) -> None:
        """Create a task that has not begun."""
        self.done = False
        self.inner: Optional[Task] = None

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do until the user speaks."""
        return False

    @property
    def title(self) -> str:
        """What the task does, for the list of the queue, or empty for a step of the next task."""
        return ""

    @property
    def pause_reason(self) -> str:
        """Why the task is paused, as a sentence, or empty."""
        return ""

    def begin(self) -> None:
        """Start, without waiting."""

    def advance(self, now: float) -> None:
        """Do what can be done at `now`, in seconds of a monotonic clock."""

    def stop(self) -> None:
        """End soon, because the user stopped it."""
        self.end()

    def end(self) -> None:
        """End at once and release everything."""
        self.done = True

    def hold(self) -> None:
        """Pause while the user speaks a phrase, which may move the caret."""
        if self.inner is not None:
            self.inner.hold()

    def release(self) -> None:
        """Undo `hold`, because the phrase was one of our commands and moved nothing."""
        if self.inner is not None:
            self.inner.release()

    def announce_pause(self) -> None:
        """Notify the user if the task is still paused after their phrase."""
        if self.inner is not None:
            self.inner.announce_pause()

    def check_focus(self) -> None:
        """Pause if another window has the focus."""
        if self.inner is not None:
            self.inner.check_focus()

    def resume(self) -> None:
        """Continue in the same window."""
        if self.inner is not None:
            self.inner.resume()

    def move_here(self) -> None:
        """Continue in the focused window."""
        if self.inner is not None:
            self.inner.move_here()


class Sink(Task):
    """A task that delivers one answer; `feed` takes its pieces, `finish` its end."""

    @property
    def entry(self) -> Optional[Entry]:
        """What the answer inserted into a window, if anything."""
        return None

    def feed(self, piece: str) -> None:
        """Take one piece of the answer."""

    def finish(self) -> None:
        """Take the end of the answer."""

"""Decide when to tell the user that Claude has not answered yet."""

from typing import Optional

STILL_WAITING = (
    "Still waiting for Claude, for {seconds:.0f} s now. Say “claude stop” to wait no longer."
)
TIMED_OUT = (
    "Claude has not answered within {seconds:.0f} s. Say “claude retry”, or wait longer with the "
    "setting user.claude_timeout_seconds."
)


class FirstWordsTimer:
    """The wait for the first words of one answer, with one notice and a limit."""

    def __init__(self, sent_at: float, seconds: float) -> None:
        """Wait from `sent_at` for `seconds`; with 0, without end."""
        self._sent_at, self._seconds = sent_at, seconds if seconds > 0 else float("inf")
        self._has_noticed = False

    def take_notice(self, now: float) -> Optional[str]:
        """Return the notice once, when it is due."""
        waited = now - self._sent_at
        if self._has_noticed or waited < self._seconds / 2:
            return None
        self._has_noticed = True
        return STILL_WAITING.format(seconds=waited)

    def find_problem(self, now: float) -> Optional[str]:
        """Return why to wait no longer, or None."""
        if now - self._sent_at < self._seconds:
            return None
        return TIMED_OUT.format(seconds=self._seconds)

"""The pause of a session whose user has moved the mouse; only the user ends it."""

# States: running (`reason` is empty), paused, and closed, after the session has ended: for good.
# Inputs: `begin`, `end` (from the user), `close`. Outputs: `wait`, and `changes` to show them.

from __future__ import annotations

import asyncio

from bridge.deadline import Deadline, ReadClocks

PAUSE_MINUTES = 10
"""Longest pause; users forget a longer one, and the desktop is taken meanwhile."""
PAUSED_TOO_LONG = "Computer use was paused for too long, so it has ended."


class Pause:
    """Used on the event loop only."""

    def __init__(self, clocks: ReadClocks) -> None:
        self._clocks = clocks
        self._deadline: Deadline | None = None
        self._may_act = asyncio.Event()
        self._may_act.set()
        self._is_closed = False
        self.reason = ""
        """Why it is paused, as a sentence; empty while it is not."""
        self.changes: asyncio.Queue[str] = asyncio.Queue()
        """Each new `reason`."""

    @property
    def is_too_long(self) -> bool:
        """Whether the longest pause is over."""
        return self._deadline is not None and self._deadline.has_passed(self._clocks())

    def begin(self, reason: str) -> None:
        """Pause; the first reason counts."""
        if not self.reason and not self._is_closed:
            self._deadline = Deadline(self._clocks(), PAUSE_MINUTES * 60)
            self._may_act.clear()
            self._announce(reason)

    def end(self) -> None:
        """Continue."""
        if self.reason:
            self._deadline = None
            self._may_act.set()
            self._announce("")

    def close(self) -> None:
        """End every wait, because the session has ended."""
        self._deadline, self._is_closed = None, True
        self._may_act.set()

    async def wait(self) -> None:
        """Wait until it is not paused, or closed."""
        await self._may_act.wait()

    def _announce(self, reason: str) -> None:
        self.reason = reason
        self.changes.put_nowait(reason)

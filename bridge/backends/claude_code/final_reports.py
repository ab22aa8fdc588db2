"""Reads the use of the plan, which a process reports behind its answer, before it is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

from bridge.backends.claude_code.frames import Frame, is_limits, read_limits
from bridge.backends.claude_code.process import ClaudeProcess
from bridge.errors import StreamBroken

SECONDS = 0.3
"""Longest time; Claude Code needs about 30 ms."""


class FinalReports:
    """Processes whose answer is complete: their clients no longer wait for them."""

    def __init__(
        self,
        end: Callable[[ClaudeProcess], None],
        note_limits: Callable[[Mapping[str, Any]], None],
        seconds: float = SECONDS,
    ) -> None:
        """`end` ends a process in the background; `note_limits` gets the use of the plan."""
        self._end = end
        self._note_limits = note_limits
        self._seconds = seconds
        self._reading: set[asyncio.Task[None]] = set()

    def await_report(self, process: ClaudeProcess, frames: Sequence[Frame]) -> None:
        """Read the process's frames until one reports the plan, then end the process.

        `frames` are those that were read already. A `result` without a report before it means
        that the plan is unchanged.
        """
        task = asyncio.create_task(self._read(process, frames))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def finish(self) -> None:
        """Wait until all of them have been handed to `end`."""
        if self._reading:
            await asyncio.wait(self._reading)

    async def _read(self, process: ClaudeProcess, frames: Sequence[Frame]) -> None:
        try:
            # A process that ends or writes something odd has no report.
            with suppress(TimeoutError, StreamBroken, StopAsyncIteration):
                async with (
                    asyncio.timeout(self._seconds),
                    aclosing(process.read_frames()) as reads,
                ):
                    while not self._feed(frames):
                        frames = await anext(reads)
        finally:
            self._end(process)

    def _feed(self, frames: Sequence[Frame]) -> bool:
        """Note the reports; return whether no other will come."""
        limits = [read_limits(frame) for frame in frames if is_limits(frame)]
        for each in limits:
            self._note_limits(each)
        return bool(limits) or any(frame.get("type") == "result" for frame in frames)

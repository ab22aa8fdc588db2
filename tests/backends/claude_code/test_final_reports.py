"""What a process reports of the plan behind its answer is read, for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

from bridge.backends.claude_code.final_reports import FinalReports
from bridge.backends.claude_code.frames import Frame
from bridge.backends.claude_code.process import ClaudeProcess

LIMITS: Frame = {"type": "rate_limit_event", "rate_limit_info": {"status": "allowed"}}
RESULT: Frame = {"type": "result"}
STOP: Frame = {"type": "stream_event", "event": {"type": "message_stop"}}


class Process:
    """Writes these batches of frames, then nothing more; its output ends if `ends` is set."""

    def __init__(self, *batches: list[Frame], ends: bool = False) -> None:
        self._batches = batches
        self._ends = ends

    async def read_frames(self) -> AsyncGenerator[list[Frame], None]:
        for batch in self._batches:
            yield batch
        if not self._ends:
            await asyncio.Event().wait()


async def read_report(
    process: Process, *frames: Frame, seconds: float = 30
) -> tuple[list[Any], int]:
    """Return what was reported, and how often the process was ended."""
    reports_read: list[Any] = []
    ended: list[ClaudeProcess] = []
    reports = FinalReports(ended.append, reports_read.append, seconds)
    reports.await_report(cast(ClaudeProcess, process), frames)
    assert ended == [], "nobody waits for it"
    await reports.finish()
    assert ended == [cast(ClaudeProcess, process)]
    return reports_read, len(ended)


async def test_a_report_is_read_and_the_process_ended() -> None:
    assert await read_report(Process([STOP], [LIMITS], [RESULT])) == ([{"status": "allowed"}], 1)


async def test_a_report_that_came_with_the_answer_needs_no_more_reading() -> None:
    assert await read_report(Process(), STOP, LIMITS) == ([{"status": "allowed"}], 1)


async def test_an_unchanged_plan_is_not_reported() -> None:
    assert await read_report(Process([STOP], [RESULT])) == ([], 1)


async def test_a_silent_process_is_ended_after_a_moment() -> None:
    assert await read_report(Process([STOP]), seconds=0.01) == ([], 1)


async def test_a_process_that_ends_by_itself_is_removed() -> None:
    assert await read_report(Process([STOP], ends=True)) == ([], 1)


async def test_finish_returns_at_once_without_processes() -> None:
    async with asyncio.timeout(30):
        await FinalReports(lambda process: None, lambda limits: None).finish()

"""Sessions are kept within limits, and end at the first unexpected frame."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, cast

import pytest

from bridge.backends.claude_code.frames import EndedTurn, Frame
from bridge.backends.claude_code.process import ClaudeProcess
from bridge.backends.claude_code.sessions import LiveSessions

STOP: Frame = {"type": "stream_event", "event": {"type": "message_stop"}}
RESULT: Frame = {"type": "result", "subtype": "success", "is_error": False}
AFTER_TURN: list[Frame] = [
    STOP,
    {"type": "assistant", "message": {}},
    {"type": "rate_limit_event"},
    RESULT,
]


class Process:
    """As much of a process as a session sees; `write` is what Claude Code writes."""

    def __init__(self) -> None:
        self._output: asyncio.Queue[list[Frame]] = asyncio.Queue()

    def write(self, *frames: Frame) -> None:
        self._output.put_nowait(list(frames))

    async def read_frames(self) -> AsyncGenerator[list[Frame], None]:
        while frames := await self._output.get():
            yield frames


class Kept:
    """Sessions whose processes are these fakes, and the processes that they have ended."""

    def __init__(self, limit: int = 2, **limits: Any) -> None:
        self.ended: list[Any] = []
        self.live = LiveSessions(self.ended.append, limit, **limits)

    def keep(self, key: str, *frames: Frame, calls: Sequence[str] = ()) -> Process:
        process = Process()
        turn = EndedTurn([key], frozenset(calls))
        assert self.live.keep(cast(ClaudeProcess, process), turn, frames)
        return process

    async def take(self, key: str) -> ClaudeProcess | None:
        session = await self.live.take(key)
        return None if session is None else session.process

    async def wait_ended(self, *processes: Process) -> None:
        async with asyncio.timeout(30):
            while self.ended != list(processes):
                await asyncio.sleep(0.001)


async def test_the_next_turn_takes_the_process_once() -> None:
    kept = Kept()
    process = kept.keep("a", *AFTER_TURN)
    assert await kept.take("b") is None
    assert await kept.take("a") is cast(ClaudeProcess, process)
    assert await kept.take("a") is None
    kept.live.end_all()
    assert kept.ended == [], "it belongs to the taker"


async def test_a_fast_client_waits_for_the_end_of_the_turn() -> None:
    kept = Kept()
    process = kept.keep("a", STOP)
    taking = asyncio.create_task(kept.take("a"))
    await asyncio.sleep(0.01)
    assert not taking.done()
    process.write(RESULT)
    assert await taking is cast(ClaudeProcess, process)


async def test_of_two_requests_at_once_one_gets_the_process() -> None:
    kept = Kept()
    process = kept.keep("a", STOP)
    taking = [asyncio.create_task(kept.take("a")) for _ in range(2)]
    await asyncio.sleep(0.01)
    process.write(RESULT)
    assert sorted(map(bool, await asyncio.gather(*taking))) == [False, True]


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "system", "subtype": "status", "status": "requesting"},
        {"type": "stream_event", "event": {"type": "message_start"}},
        {"type": "assistant", "is_api_error_message": True},
        {"type": "result", "is_error": True},
        {"type": "user", "message": {}},
        {"type": "something_new"},
    ],
)
async def test_an_unexpected_frame_behind_the_turn_ends_the_process(frame: Frame) -> None:
    kept = Kept()
    process = kept.keep("a", STOP)
    process.write(frame)
    await kept.wait_ended(process)
    assert await kept.take("a") is None


@pytest.mark.parametrize("frame", [RESULT, STOP, {"type": "system"}, {"type": "something_new"}])
async def test_an_unexpected_frame_while_idle_ends_the_process(frame: Frame) -> None:
    kept = Kept()
    process = kept.keep("a", *AFTER_TURN)
    process.write({"type": "command_lifecycle"}, frame)
    await kept.wait_ended(process)


def call(id: str) -> Frame:
    message = {"method": "tools/call", "params": {"_meta": {"claudecode/toolUseId": id}}}
    return {"type": "control_request", "request_id": id, "request": {"message": message}}


async def test_a_tool_loop_goes_on_when_all_calls_have_come() -> None:
    kept = Kept()
    process = kept.keep("a", STOP, call("one"), calls=("one", "two"))
    taking = asyncio.create_task(kept.live.take("a"))
    await asyncio.sleep(0.01)
    assert not taking.done()
    process.write({"type": "tool_progress"}, call("two"))
    session = await taking
    assert session is not None
    assert session.calls == {"one": call("one"), "two": call("two")}


@pytest.mark.parametrize("frame", [RESULT, {"type": "user"}, call("three")])
async def test_a_tool_loop_that_goes_on_by_itself_is_ended(frame: Frame) -> None:
    kept = Kept()
    process = kept.keep("a", call("one"), STOP, calls=("one", "two"))
    process.write(frame)
    await kept.wait_ended(process)


async def test_a_process_that_ends_by_itself_is_no_session() -> None:
    kept = Kept()
    process = kept.keep("a", *AFTER_TURN)
    process.write()
    await kept.wait_ended(process)


async def test_the_least_recently_used_makes_room() -> None:
    kept = Kept(limit=2)
    first, second = kept.keep("a", *AFTER_TURN), kept.keep("b", *AFTER_TURN)
    third = kept.keep("c", *AFTER_TURN)
    assert (kept.ended, len(kept.live)) == ([first], 2)
    kept.live.end_oldest()
    assert kept.ended == [first, second]
    kept.live.end_all()
    kept.live.end_oldest()
    assert kept.ended == [first, second, third]


async def test_a_session_ends_when_its_time_is_over() -> None:
    kept = Kept(idle_seconds=0.02)
    process = kept.keep("a", *AFTER_TURN)
    await kept.wait_ended(process)
    kept = Kept(settle_seconds=0.02)
    process = kept.keep("a", STOP)
    await kept.wait_ended(process)


async def test_a_client_that_leaves_while_it_waits_leaves_the_session() -> None:
    kept = Kept()
    process = kept.keep("a", STOP)
    taking = asyncio.create_task(kept.take("a"))
    await asyncio.sleep(0.01)
    taking.cancel()
    await asyncio.wait([taking])
    process.write(RESULT)
    assert await kept.take("a") is cast(ClaudeProcess, process)


async def test_nothing_is_kept_without_a_key_or_a_place() -> None:
    process = cast(ClaudeProcess, Process())
    assert not LiveSessions(lambda process: None, 0).keep(process, EndedTurn(["a"]), [])
    assert not LiveSessions(lambda process: None, 1).keep(process, None, [])

"""Live sessions: processes that have answered, kept for the next turn of their conversation.

What the real Claude Code (2.1.330) does, over a fake upstream that records what it gets:

- After `end_turn` and `stop_sequence` it writes `message_stop` and, within 0.1 s, a `result` frame.
  It sends nothing more upstream until the next user turn. Before each request it writes a `system`
  frame with the status `requesting`. After `tool_use` it waits for the results of the calls; see
  `client_tools`. After other stop reasons it sends requests by itself.
- The next request has the earlier messages as a new process would send them, except for the notes
  that Claude Code adds itself (its environment, the model, the date): they stay behind the first
  user turn that this process answered, instead of moving to the last.
- It sends the thinking of its earlier answers. As nothing before that thinking has changed, models
  accept it that refuse it from a new process, where the notes have moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

from bridge.backends.claude_code.client_tools import read_call_id
from bridge.backends.claude_code.frames import EndedTurn, Frame, is_limits, read_limits
from bridge.backends.claude_code.process import ClaudeProcess
from bridge.errors import StreamBroken

IDLE_SECONDS = 300.0
"""A session ends then. Claude's own prompt cache lasts as long."""
SETTLE_SECONDS = 10.0
"""Time limit for the frames behind a stop reason; they take 0.1 s."""

_HARMLESS = ("command_lifecycle", "rate_limit_event", "tool_progress")
"""Frames that may come at any time: none is about a request."""

# States of a session:
#
#   settling  The stop reason was relayed. Claude Code still writes the frames behind it.
#   idle      Its `result` has come, or all of its calls: it waits for the next user turn.
#   over      Something unexpected has come, perhaps of a request that nobody asked for; or its time
#             has run out; or it had to make room. The process is ended.
#
# A request that continues the conversation takes the process of an idle session.


class Session:
    """A process between two turns of a conversation; see the states above."""

    def __init__(self, process: ClaudeProcess, turn: EndedTurn) -> None:
        self.process = process
        self.keys = turn.keys
        """The keys of the conversation; each of them finds it."""
        self.calls = dict(turn.calls)
        """Its requests for results, by the ids of the calls."""
        self.is_idle = asyncio.Event()
        self.watching: asyncio.Task[None] | None = None
        self._called = turn.called
        self._has_stopped = False
        """Whether `message_stop` has come."""

    def feed(self, frame: Frame) -> bool:
        """Handle a frame between two turns; return False if the session is over."""
        kind = frame.get("type")
        if kind in _HARMLESS:
            return True
        return not self.is_idle.is_set() and self._settle(kind, frame)

    def _settle(self, kind: object, frame: Frame) -> bool:
        match kind:
            case "assistant":
                return not frame.get("is_api_error_message")
            case "stream_event" if _read_event_type(frame) == "message_stop":
                self._has_stopped = True
            case "control_request" if (id := read_call_id(frame)) in self._called:
                self.calls[str(id)] = frame
            case "result" if not self._called and not frame.get("is_error"):
                self.is_idle.set()
                return True
            case _:
                return False
        if self._called and self._has_stopped and self.calls.keys() == self._called:
            self.is_idle.set()
        return True


def _read_event_type(frame: Frame) -> object:
    event = frame.get("event")
    return event.get("type") if isinstance(event, dict) else None


class LiveSessions:
    """Keeps the most recently used sessions.

    Each holds a slot of the process pool; `end_oldest` frees one for a request that waits.
    """

    def __init__(
        self,
        end: Callable[[ClaudeProcess], None],
        limit: int,
        *,
        note_limits: Callable[[Mapping[str, Any]], None] = lambda limits: None,
        idle_seconds: float = IDLE_SECONDS,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        """`end` ends a process in the background. With a `limit` of 0 no session is kept.

        `note_limits` gets what a process reports of the plan's limits.
        """
        self._end_process = end
        self._note_limits = note_limits
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._settle_seconds = settle_seconds
        self._sessions: list[Session] = []
        """The least recently used first."""

    def __len__(self) -> int:
        return len(self._sessions)

    def keep(self, process: ClaudeProcess, turn: EndedTurn | None, frames: Sequence[Frame]) -> bool:
        """Keep a process whose turn has ended; return whether it is kept.

        Without a `turn` it is not. `frames` are those that were read together with the turn's end,
        and come behind it.
        """
        if turn is None or not self._limit:
            return False
        while len(self._sessions) >= self._limit:
            self.end_oldest()
        session = Session(process, turn)
        self._sessions.append(session)
        session.watching = asyncio.create_task(self._watch(session, frames))
        return True

    async def take(self, key: str) -> Session | None:
        """Return the session that has this conversation; None if there is none.

        A client may be faster than Claude Code, whose last frames are awaited then.
        """
        session = next((session for session in self._sessions if key in session.keys), None)
        if session is None or session.watching is None:
            return None
        await _wait_until_idle(session, session.watching)
        # It may be over by now, or another request has taken it.
        if session not in self._sessions:
            return None
        self._sessions.remove(session)
        session.watching.cancel()
        try:
            await asyncio.wait([session.watching])
        except asyncio.CancelledError:
            self._end_process(session.process)
            raise
        return session

    def end_oldest(self) -> None:
        """End the least recently used session, if there is one."""
        if self._sessions:
            self._end(self._sessions[0])

    def end_all(self) -> None:
        """End all sessions."""
        while self._sessions:
            self.end_oldest()

    async def _watch(self, session: Session, frames: Sequence[Frame]) -> None:
        """Read what the process writes between two turns, until the session is over."""
        # Whatever the reason, a process that ends or is silent is of no use any more.
        with suppress(TimeoutError, StreamBroken, StopAsyncIteration):
            async with (
                asyncio.timeout(self._settle_seconds) as limit,
                aclosing(session.process.read_frames()) as reads,
            ):
                is_expected = self._feed(session, frames, limit)
                while is_expected:
                    is_expected = self._feed(session, await anext(reads), limit)
        self._end(session)

    def _feed(self, session: Session, frames: Sequence[Frame], limit: asyncio.Timeout) -> bool:
        was_idle = session.is_idle.is_set()
        for frame in filter(is_limits, frames):
            self._note_limits(read_limits(frame))
        is_expected = all(map(session.feed, frames))
        if session.is_idle.is_set() and not was_idle:
            limit.reschedule(asyncio.get_running_loop().time() + self._idle_seconds)
        return is_expected

    def _end(self, session: Session) -> None:
        if session not in self._sessions:
            return
        self._sessions.remove(session)
        # First of all, since the process's output has only one reader at a time.
        if session.watching is not None and session.watching is not asyncio.current_task():
            session.watching.cancel()
        self._end_process(session.process)


async def _wait_until_idle(session: Session, watching: asyncio.Task[None]) -> None:
    """Wait until a session is idle or over."""
    if session.is_idle.is_set():
        return
    waiting = asyncio.create_task(session.is_idle.wait())
    try:
        await asyncio.wait((waiting, watching), return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()

"""The loop: Claude's turn, its actions, what came of them, and again, until there are none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from bridge.agent.events import ActionsDone, ApprovalRequested, Event, LoopEnded
from bridge.agent.history import History
from bridge.agent.tool_calls import add_computer_tools, read_calls, refusals, results
from bridge.backends.base import Backend
from bridge.computer.approvals import PendingApproval
from bridge.computer.session import BatchResult, Session
from bridge.errors import ComputerOff, Stopped
from bridge.models.prices import calculate_cost
from bridge.models.rules import ModelRules
from bridge.translate.stream.content_blocks import BlockCollector
from bridge.translate.stream.message_end import MessageEnd
from bridge.wire.messages import Block, MessageEvent, MessagesRequest, Usage

_Item = TypeVar("_Item")
_BOUND = ("always", "between_tools", "can_disable")
"""Kinds of thinking whose signature holds only behind exactly what it followed."""

OVER = (
    "Not executed: {limit}. Do not use the computer any more; say in a few words what was done "
    "and what is left."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one run; what is over them is not done, and Claude says where it got."""

    steps: int
    seconds: float
    dollars: float


@dataclass
class _Spent:
    began: float
    steps: int = 0
    dollars: Decimal = Decimal()

    def limit(self, limits: Limits, now: float) -> str | None:
        """Which limit is reached, in words."""
        if self.steps >= limits.steps:
            return f"the limit of {limits.steps} turns is reached (computer_max_steps)"
        if now - self.began >= limits.seconds:
            minutes = limits.seconds / 60
            return f"the limit of {minutes:g} minutes is reached (computer_max_minutes)"
        if self.dollars >= Decimal(limits.dollars):
            return f"the limit of {limits.dollars:g} dollars is reached (computer_max_dollars)"
        return None


class AgentLoop:
    """One task. `events` are to be read once."""

    def __init__(
        self,
        backend: Backend,
        request: MessagesRequest,
        rules: ModelRules,
        session: Session,
        limits: Limits,
        *,
        dry_run: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`rules`: the model's on this road. Raises InvalidRequest for what cannot be together."""
        self._backend = backend
        self._history = History(
            add_computer_tools(request, rules),
            thinking_back=rules.thinking_back,
            bound=rules.thinking in _BOUND,
        )
        self._session = session
        self._limits = limits
        self._dry_run = dry_run
        self._clock = clock
        self._spent = _Spent(clock())
        self._blocks: list[Block] = []
        self._paused = False

    async def events(self) -> AsyncGenerator[Event, None]:
        """Until Claude ends, a limit is reached, or the person says stop.

        Raises what a backend raises, and DesktopUnavailable.
        """
        over: str | None = None
        try:
            while True:
                async with aclosing(self._turn()) as turn:
                    async for event in turn:
                        yield event
                calls = [block for block in self._blocks if block["type"] == "tool_use"]
                if self._paused:
                    self._history.go_on(self._blocks)
                elif not calls:
                    yield LoopEnded("limit" if over else "completed", self._spent.steps, over)
                    return
                elif over is not None:
                    yield LoopEnded("limit", self._spent.steps, over)
                    return
                elif (over := self._spent.limit(self._limits, self._clock())) is not None:
                    reason = OVER.format(limit=over)
                    self._history.answered(self._blocks, refusals(calls, reason))
                else:
                    async with aclosing(self._acted(calls)) as acted:
                        async for note in acted:
                            yield note
        except (Stopped, ComputerOff) as error:
            yield LoopEnded("stopped", self._spent.steps, error.message)

    async def _turn(self) -> AsyncGenerator[MessageEvent, None]:
        answer, ending = BlockCollector(), MessageEnd()
        request = self._history.request
        async with (
            aclosing(_answer(self._backend, request)) as asked,
            aclosing(_until(self._session, asked)) as events,
        ):
            async for event in events:
                answer.feed(event)
                ending.feed(event)
                yield event
        ending.finish()
        self._spent.steps += 1
        self._spent.dollars += _dollars(request.model, ending.usage)
        self._paused = ending.stop_reason == "pause_turn"
        whole = ending.stop_reason == "tool_use" or self._paused
        # A call that was cut off in the middle is none.
        self._blocks = [
            block for block in answer.list_blocks() if whole or block["type"] != "tool_use"
        ]

    async def _acted(self, calls: Sequence[Block]) -> AsyncGenerator[Event, None]:
        actions, problem = read_calls(calls)
        if not actions:
            self._history.answered(self._blocks, results(calls, (), problem))
            yield ActionsDone((), problem)
            return
        asked: asyncio.Queue[PendingApproval] = asyncio.Queue()
        acting = asyncio.create_task(self._session.act(actions, asked.put, dry_run=self._dry_run))
        try:
            async for waiting in _while(acting, asked):
                yield ApprovalRequested(waiting)
            done = await acting
        finally:
            acting.cancel()
            await asyncio.wait([acting])
        self._history.answered(self._blocks, results(calls, done.outcomes, problem))
        yield _told(done, problem)


def _told(done: BatchResult, problem: str | None) -> ActionsDone:
    failed = next((outcome.text for outcome in done.outcomes if outcome.failed), problem)
    return ActionsDone(tuple(outcome.what for outcome in done.outcomes), failed)


def _dollars(model: str, usage: Usage) -> Decimal:
    """At list price; a model whose price is not known is held by turns and time."""
    price = calculate_cost(
        model,
        usage.get("input_tokens") or 0,
        usage.get("cache_creation_input_tokens") or 0,
        usage.get("cache_read_input_tokens") or 0,
        usage.get("output_tokens") or 0,
    )
    return price or Decimal()


async def _answer(backend: Backend, request: MessagesRequest) -> AsyncGenerator[MessageEvent, None]:
    async with backend.stream(request) as stream:
        async for event in stream:
            yield event


async def _until(session: Session, events: AsyncIterator[_Item]) -> AsyncGenerator[_Item, None]:
    """The events, ended by the person's stop at once. Raises Stopped."""
    stopped = asyncio.create_task(session.stopped.wait())
    try:
        while True:
            coming = asyncio.ensure_future(anext(events))
            try:
                await asyncio.wait([coming, stopped], return_when=asyncio.FIRST_COMPLETED)
                session.check()
                event = await coming
            except StopAsyncIteration:
                return
            finally:
                coming.cancel()
                await asyncio.wait([coming])
            yield event
    finally:
        stopped.cancel()


async def _while(
    task: asyncio.Task[BatchResult], queue: asyncio.Queue[PendingApproval]
) -> AsyncGenerator[PendingApproval, None]:
    """What comes into the queue until the task is over."""
    while not task.done():
        coming = asyncio.create_task(queue.get())
        try:
            await asyncio.wait([coming, task], return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                yield coming.result()
        finally:
            coming.cancel()

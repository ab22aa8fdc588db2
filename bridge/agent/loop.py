"""The agent loop: repeat Claude's turn, its actions and their results until the task ends."""

# Each turn ends in one of these, and only the first three lead to another turn:
#
#     paused                    ask Claude to continue (`pause_turn`), up to 20 times in a row
#     calls                     carry out the batch, send the results
#     calls, but limit reached  send refusals, so that Claude can say how far it got
#     no calls                  end: completed
#     any turn after refusals   end: limit (unless it is paused)
#
# A stop, or the end of a timed grant, ends the loop at any point: `stopped`. Failures of the
# backend and DesktopUnavailable are raised. A session that pauses holds its batches by itself; the
# loop only tells so, also while Claude's turn is streamed.

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from bridge.agent.events import (
    ActionsDone,
    ApprovalRequested,
    Event,
    LoopEnded,
    PauseChanged,
    Status,
)
from bridge.agent.history import History
from bridge.agent.tool_calls import add_computer_tools, build_refusals, build_results, read_calls
from bridge.backends.base import Backend, Batch
from bridge.backends.batches import map_batches
from bridge.computer.approval.pending import PendingApproval
from bridge.computer.session import BatchResult, Session
from bridge.deadline import read_clocks
from bridge.errors import ComputerOff, Stopped
from bridge.models.prices import calculate_cost
from bridge.models.rules import ModelRules
from bridge.translate.stream.content_blocks import BlockCollector
from bridge.translate.stream.continuation import check_pauses
from bridge.translate.stream.message_end import MessageEnd
from bridge.translate.stream.usage import count_hour_writes, list_counts
from bridge.wire.messages import Block, MessageEvent, MessagesRequest, Usage

_log = logging.getLogger(__name__)

_Item = TypeVar("_Item")
_BOUND = ("always", "between_tools", "can_disable")
"""Kinds of thinking whose signature is valid only if nothing before it has changed."""

LIMIT_REACHED = (
    "Not executed: {limit}. Do not use the computer again; briefly say what was done and what is "
    "left to do."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one task; once one is reached, Claude is asked to say how far it got."""

    steps: int
    seconds: float
    dollars: float


@dataclass
class _Progress:
    started: float
    steps: int = 0
    dollars: Decimal = Decimal()

    def find_limit(self, limits: Limits, now: float) -> str | None:
        """Return the limit that was reached, as a phrase; None if there is none."""
        if self.steps >= limits.steps:
            return f"the limit of {limits.steps} turns is reached (computer_max_steps)"
        if now - self.started >= limits.seconds:
            minutes = limits.seconds / 60
            return f"the limit of {minutes:g} minutes is reached (computer_max_minutes)"
        if self.dollars >= Decimal(limits.dollars):
            return f"the limit of {limits.dollars:g} dollars is reached (computer_max_dollars)"
        return None


class AgentLoop:
    """One task; call `run` once."""

    def __init__(
        self,
        backend: Backend,
        request: MessagesRequest,
        rules: ModelRules,
        session: Session,
        limits: Limits,
        *,
        dry_run: bool = False,
        clock: Callable[[], float] = lambda: read_clocks().elapsed,
    ) -> None:
        """`rules`: the model's, as narrowed by the backend. Raises InvalidRequest for tools."""
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
        self._progress = _Progress(clock())
        self._blocks: list[Block] = []
        self._pauses = 0
        """Turns in a row that Claude paused."""

    def run(self) -> AsyncGenerator[list[Event], None]:
        """Run the task and yield its events; the last one is LoopEnded.

        Claude's events come in the batches they were read in, the loop's own one by one.

        Raises what the backend raises, DesktopUnavailable, and OutputMismatch for too many pauses.
        """
        batches = self._run_task()
        return _insert_pauses(self._session, batches) if self._session.pauses else batches

    async def _run_task(self) -> AsyncGenerator[list[Event], None]:
        limit: str | None = None
        try:
            while True:
                async with aclosing(self._stream_turn()) as turn:
                    async for batch in turn:
                        yield batch
                calls = [block for block in self._blocks if block["type"] == "tool_use"]
                check_pauses(self._pauses)
                if self._pauses:
                    self._history.add_paused_turn(self._blocks)
                elif not calls or limit is not None:
                    status: Status = "limit" if limit else "completed"
                    yield [LoopEnded(status, self._progress.steps, limit)]
                    return
                elif (limit := self._progress.find_limit(self._limits, self._clock())) is not None:
                    refusals = build_refusals(calls, LIMIT_REACHED.format(limit=limit))
                    self._history.add_turn(self._blocks, refusals)
                else:
                    async with aclosing(self._carry_out(calls)) as events:
                        async for event in events:
                            yield [event]
        except (Stopped, ComputerOff) as error:
            yield [LoopEnded("stopped", self._progress.steps, error.message)]

    async def _stream_turn(self) -> AsyncGenerator[list[Event], None]:
        answer, ending = BlockCollector(), MessageEnd()
        request = self._history.request

        def feed(event: MessageEvent) -> list[Event]:
            answer.feed(event)
            ending.feed(event)
            return [event]

        async with (
            aclosing(_open_and_read(self._backend, request)) as answers,
            aclosing(_iterate_until_stop(self._session, answers)) as batches,
        ):
            async for batch in map_batches(batches, feed):
                yield batch
        ending.finish()
        self._progress.steps += 1
        self._progress.dollars += _calculate_dollars(request.model, ending.usage)
        self._pauses = self._pauses + 1 if ending.stop_reason == "pause_turn" else 0
        # With another stop reason, the last call may be incomplete.
        complete = ending.stop_reason in ("tool_use", "pause_turn")
        self._blocks = [
            block for block in answer.list_blocks() if complete or block["type"] != "tool_use"
        ]

    async def _carry_out(self, calls: Sequence[Block]) -> AsyncGenerator[Event, None]:
        actions, problem = read_calls(calls)
        if not actions:
            self._history.add_turn(self._blocks, build_results(calls, (), problem))
            yield ActionsDone((), problem)
            return
        approvals: asyncio.Queue[PendingApproval] = asyncio.Queue()
        acting = asyncio.create_task(
            self._session.act(actions, approvals.put, dry_run=self._dry_run)
        )
        try:
            async for approval in _drain_while_running(acting, approvals):
                yield ApprovalRequested(approval)
            result = await acting
        finally:
            acting.cancel()
            await asyncio.wait([acting])
        self._history.add_turn(self._blocks, build_results(calls, result.outcomes, problem))
        yield _summarize(result, problem)


def _summarize(result: BatchResult, problem: str | None) -> ActionsDone:
    failed = next((outcome.text for outcome in result.outcomes if outcome.failed), problem)
    return ActionsDone(tuple(outcome.what for outcome in result.outcomes), failed)


def _calculate_dollars(model: str, usage: Usage) -> Decimal:
    """Return a turn's list price; 0 if unknown, as turns and time limit the task as well."""
    try:
        price = calculate_cost(
            model, *list_counts(usage), cache_write_1h_tokens=count_hour_writes(usage)
        )
    except Exception:  # noqa: BLE001 - what was done on the desktop must still be reported
        _log.exception("The price of a turn is unknown")
        return Decimal()
    return price or Decimal()


async def _open_and_read(backend: Backend, request: MessagesRequest) -> AsyncGenerator[Batch, None]:
    """Read an answer; opening it is part of the iteration, so that a stop ends that, too."""
    async with aclosing(await backend.open(request)) as stream:
        async for batch in stream:
            yield batch


async def _iterate_until_stop(
    session: Session, events: AsyncIterator[_Item]
) -> AsyncGenerator[_Item, None]:
    """Yield the events; raise Stopped as soon as the session is stopped."""
    stopped = asyncio.create_task(session.stopped.wait())
    try:
        while True:
            upcoming = asyncio.ensure_future(anext(events))
            try:
                await asyncio.wait([upcoming, stopped], return_when=asyncio.FIRST_COMPLETED)
                session.check()
                event = await upcoming
            except StopAsyncIteration:
                return
            finally:
                upcoming.cancel()
                await asyncio.wait([upcoming])
            yield event
    finally:
        stopped.cancel()


async def _insert_pauses(
    session: Session, batches: AsyncGenerator[list[Event], None]
) -> AsyncGenerator[list[Event], None]:
    """Yield the batches, and each change of the pause as soon as it happens."""
    changed = asyncio.create_task(session.pause.changes.get())
    upcoming = asyncio.ensure_future(anext(batches))
    try:
        while True:
            await asyncio.wait([changed, upcoming], return_when=asyncio.FIRST_COMPLETED)
            if changed.done():
                yield [PauseChanged(changed.result())]
                changed = asyncio.create_task(session.pause.changes.get())
            else:
                yield await upcoming
                upcoming = asyncio.ensure_future(anext(batches))
    except StopAsyncIteration:
        return
    finally:
        changed.cancel()
        upcoming.cancel()
        await asyncio.wait([changed, upcoming])
        await batches.aclose()


async def _drain_while_running(
    task: asyncio.Task[BatchResult], queue: asyncio.Queue[PendingApproval]
) -> AsyncGenerator[PendingApproval, None]:
    """Yield what is put into the queue until the task is done."""
    while not task.done():
        upcoming = asyncio.create_task(queue.get())
        try:
            await asyncio.wait([upcoming, task], return_when=asyncio.FIRST_COMPLETED)
            if upcoming.done():
                yield upcoming.result()
        finally:
            upcoming.cancel()

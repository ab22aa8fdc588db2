"""One caller's use of the desktop, in batches of actions."""

# States: open, from `ComputerService.open_session` on, and stopped, after `end`. A batch (`act`) of
# an open session goes through these steps, each of which may end it:
#
#     preview    find the windows the actions are for; a window on the never list → refused
#     dry run    → not executed
#     permission off → ComputerOff; allowed → next step; ask → wait for the user's approval
#     approval   denied, or no answer → not executed
#     carry out  one action after the other, up to the first failure
#
# Inputs besides `act`: `end`, `resume`, and the mouse. While a batch acts, the performer watches
# the mouse; between batches `watch` does. A moved mouse ends the session, a push into a corner also
# turns computer use off. In a session that `pauses`, for mouse control by gaze, either pauses it
# instead: what is left of a batch is dropped, and the next one waits until the user resumes.

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from bridge.computer.action_log import Entry
from bridge.computer.actions import Action
from bridge.computer.approval.asker import Asker
from bridge.computer.approval.pending import DONE, PendingApproval, Verdict
from bridge.computer.approval.place import Place, read_place, return_to_place
from bridge.computer.apps.levels import NO_OFFER
from bridge.computer.batch import (
    BY_NAME,
    HALTED,
    OBSERVATIONS,
    Grant,
    Outcome,
    Preview,
    carry_out,
    explain_refusal,
    preview,
)
from bridge.computer.describe import describe
from bridge.computer.executor import DesktopContext, Work
from bridge.computer.mouse.guard import PUSHED, MouseGuard
from bridge.computer.mouse.pause import PAUSED_TOO_LONG, Pause
from bridge.computer.policy import Policy
from bridge.computer.screen.capture import Capture, CaptureOptions
from bridge.computer.screen.geometry import Point, Rect
from bridge.computer.state import COMPUTER_USE_OFF, ComputerState
from bridge.errors import BridgeError, ComputerOff, InvalidRequest, MouseMoved, Stopped

TIME_ENDED = "The time allowed for computer use has ended."
MOUSE_MOVED = "The mouse was moved."
INTERRUPTED = (
    "Not done, or only in part: the mouse was moved. The user has resumed since then. Take a "
    "screenshot and try it again."
)

WATCH_SECONDS = 0.05
"""Seconds between two checks of the mouse while no batch acts."""

AnnounceApproval = Callable[[PendingApproval], Awaitable[None]]
"""Called with each approval before the wait for the user's decision."""
_Result = TypeVar("_Result")


async def announce_nothing(approval: PendingApproval) -> None:
    """Do nothing: the tray and the dashboard show every approval anyway."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The outcomes of a batch, one for each action."""

    outcomes: tuple[Outcome, ...]
    approved_by: str | None
    """None if nothing was executed: denied, refused, or a dry run."""
    problem: InvalidRequest | None = None
    """Why the first action, and so the batch, cannot be done: it was not submitted for approval."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """The decision on a batch; with the approval and the place, if the user was asked."""

    verdict: Verdict
    grant: Grant
    approval: PendingApproval | None = None
    place: Place | None = None


class Session:
    """A session with the desktop, made by `ComputerService.open_session`."""

    def __init__(
        self,
        state: ComputerState,
        asker: Asker,
        options: CaptureOptions,
        stop: Callable[[str], None],
        *,
        pauses: bool = False,
    ) -> None:
        """`stop` ends the session and turns computer use off.

        With `pauses`, a moved mouse pauses the session instead of ending it.
        """
        self._state = state
        self.asker = asker
        self._options = options
        self._stop = stop
        self._capture: Capture | None = None
        self._has_approval = False
        self._mouse: MouseGuard | None = None
        self._is_acting = False
        self.pauses = pauses
        self.pause = Pause(state.clocks)
        self.is_waiting = False
        """Whether the user is being asked to approve a batch."""
        self.stopped = asyncio.Event()
        """Set by `end`; `stop_reason` has the reason."""
        self.stop_reason = ""

    def end(self, reason: str) -> None:
        """Stop the session; the first reason counts."""
        if not self.stopped.is_set():
            self.stop_reason = reason
            self.stopped.set()
            self.pause.close()

    def resume(self) -> None:
        """Continue after a pause; the mouse may be anywhere now."""
        self._mouse = None
        self.pause.end()

    def check(self) -> None:
        """Raise Stopped after a stop, and ComputerOff once a timed grant has ended."""
        if self.stopped.is_set():
            raise Stopped(self.stop_reason)
        if self._state.permission.mode == "off":
            raise ComputerOff(TIME_ENDED)

    async def act(
        self,
        actions: Sequence[Action],
        announce: AnnounceApproval = announce_nothing,
        *,
        dry_run: bool = False,
    ) -> BatchResult:
        """Carry out a batch; a failed action halts those after it.

        Raises Stopped, ComputerOff, DesktopUnavailable and RulesUnreadable.
        """
        await self._wait_while_paused()
        policy = await self._state.read_policy()
        if self._capture is None:
            self._capture = Capture(replace(self._options, secret=policy.never))
        capture = self._capture
        needs_picture = self._state.permission.mode in ("ask", "ask_risky") and not dry_run
        previewed = await self._run(preview(actions, capture, policy, with_picture=needs_picture))
        refusal = explain_refusal(previewed.judgement)
        if refusal is not None:
            return BatchResult(_fail_all(actions, previewed, refusal), None)
        possible = actions[: len(previewed.what)]
        if not possible:
            refused = _list_rest(actions, (), previewed.problem)
            return BatchResult(refused, None, previewed.problem)
        if dry_run and not all(isinstance(action, OBSERVATIONS) for action in actions):
            skipped = _skip_all(possible, previewed)
            return BatchResult((*skipped, *_list_rest(actions, skipped, previewed.problem)), None)
        decision = await self._decide(possible, previewed, announce)
        if not decision.verdict.approved:
            why = f"Not executed: not approved ({decision.verdict.by})."
            return BatchResult(_fail_all(actions, previewed, why), None)
        with self._report_outcome(decision) as outcomes:
            outcomes += await self._carry_out(possible, capture, policy, previewed, decision)
            outcomes += _list_rest(actions, outcomes, previewed.problem)
        return BatchResult(tuple(outcomes), decision.verdict.by)

    async def watch(self) -> None:
        """Watch the mouse between batches and the end of a timed grant, until the session ends."""
        while not self.stopped.is_set():
            await asyncio.sleep(WATCH_SECONDS)
            if self.stopped.is_set():
                break
            # A grant that ends while a batch acts ends the batch, too.
            if self._state.permission.mode == "off":
                self._stop(TIME_ENDED)
                break
            if self.pause.is_too_long:
                self.end(PAUSED_TOO_LONG)
                break
            guard = self._mouse
            if guard is None or self._is_acting or self.pause.reason:
                continue
            with suppress(BridgeError):  # the next batch will report the error
                pointer, screens = await self._state.executor.run(_read_pointer)
                # A batch may have begun while this waited for the desktop's thread.
                if self._mouse is guard and not self._is_acting:
                    await self._handle_mouse(guard.find_stop_reason(pointer, screens))
        await self._state.executor.release_all()

    async def _handle_mouse(self, reason: str | None) -> None:
        if reason is not None and self.pauses:
            self.pause.begin(MOUSE_MOVED)
            await self._state.executor.release_all()
        elif reason == PUSHED:
            self._stop(reason)
        elif reason is not None:
            self.end(reason)

    async def _wait_while_paused(self) -> None:
        await self.pause.wait()
        self.check()

    async def _decide(
        self, actions: Sequence[Action], previewed: Preview, announce: AnnounceApproval
    ) -> _Decision:
        """Decide by the permission, or ask the user if it requires that. Raises ComputerOff."""
        # A stop during the preview is reported as one, not as a mode that is off.
        self.check()
        permission, judgement = self._state.permission, previewed.judgement
        by_level = permission.mode == "ask_risky"
        reasons = judgement.list_reasons(by_level=by_level)
        answer = permission.decide(reasons, self._state.clocks())
        if answer == "refuse":
            raise ComputerOff(COMPUTER_USE_OFF)
        if answer == "allow":
            everything = permission.mode == "allowed"
            grant = Grant(None if everything else frozenset(), by_level=by_level)
            return _Decision(Verdict(True, f"mode {permission.mode}"), grant)
        # Observing the result of an approved batch needs no new approval.
        if self._has_approval and all(isinstance(action, OBSERVATIONS) for action in actions):
            return _Decision(Verdict(True, "an earlier approval"), Grant(frozenset()))
        decision = await self._request_approval(previewed, announce, by_level=by_level)
        with self._report_outcome(decision):
            self.check()
        self._has_approval = self._has_approval or decision.verdict.approved
        return decision

    async def _request_approval(
        self, previewed: Preview, announce: AnnounceApproval, *, by_level: bool
    ) -> _Decision:
        """Ask the user; `by_level`: they may also decide on the programs, for later batches."""
        place = await self._run(read_place)
        # The user needs the mouse to approve, so moving it is no stop now.
        if self._mouse is not None:
            self._mouse = replace(self._mouse, may_move=True)
        approvals = self._state.approvals
        judgement = previewed.judgement
        risks, offer = judgement.risks, NO_OFFER
        if by_level:
            risks, offer = (*risks, *judgement.new_apps), judgement.apps.make_offer(risks)
        approval = approvals.prepare(
            previewed.steps, risks, self.asker, previewed.picture, offer=offer
        )
        waiting = asyncio.ensure_future(approvals.request(approval))
        self.is_waiting = True
        try:
            await announce(approval)
            verdict = await waiting
            grant = previewed.make_grant(by_level=by_level)
            return _Decision(verdict, grant, approval, place)
        finally:
            self.is_waiting = False
            waiting.cancel()
            await asyncio.wait([waiting])

    async def _carry_out(
        self,
        actions: Sequence[Action],
        capture: Capture,
        policy: Policy,
        previewed: Preview,
        decision: _Decision,
    ) -> list[Outcome]:
        state, outcomes = self._state, list[Outcome]()
        approved_by = decision.verdict.by
        # In this mode the user decides on each batch, and needs the mouse for it.
        may_move = state.permission.mode == "ask"

        def work(context: DesktopContext) -> MouseGuard:
            def record(outcome: Outcome) -> None:
                outcomes.append(outcome)
                if state.log is not None:
                    view = capture.get_view(context.desktop)
                    entry = Entry(time.time(), self.asker.label, approved_by, view, outcome)
                    state.log.write(entry)

            # Actions by name leave the pointer and the keyboard to the user.
            needs_input = not all(isinstance(action, BY_NAME) for action in actions)
            if decision.place is not None and needs_input:
                windows = [window for window in previewed.windows if window is not None]
                return_to_place(context, decision.place, windows)
            carry_out(actions, capture, policy, decision.grant, record)(context)
            return MouseGuard(context.performer.wait_for_pointer(), may_move)

        self._is_acting = True
        try:
            # The pause may have begun while the user decided.
            if not self.pause.reason:
                self._mouse = await self._run(work)
        except MouseMoved:
            if not self.pauses:
                raise
            self.check()
            self.pause.begin(MOUSE_MOVED)
        finally:
            self._is_acting = False
        if self.pause.reason:
            await self._wait_while_paused()
            outcomes += _fail_rest(actions[len(outcomes) :], INTERRUPTED)
        return outcomes

    @contextmanager
    def _report_outcome(self, decision: _Decision) -> Iterator[list[Outcome]]:
        """Note for the user what came of an approval; the block fills the list."""
        approval, outcomes = decision.approval, list[Outcome]()
        try:
            yield outcomes
        except BridgeError as error:
            if approval is not None:
                self._state.approvals.report(approval, error.message)
            raise
        if approval is not None and outcomes:
            failed = next((outcome.text for outcome in outcomes if outcome.failed), None)
            self._state.approvals.report(approval, failed or DONE)

    async def _run(self, work: Work[_Result]) -> _Result:
        """Run work in the executor; a stop during it ends the whole session."""
        try:
            return await self._state.executor.run(work)
        except Stopped as error:
            if not (self.pauses and isinstance(error, MouseMoved)):
                self.end(error.message)
            raise


def _read_pointer(context: DesktopContext) -> tuple[Point, Sequence[Rect]]:
    return context.desktop.read_pointer(), context.desktop.list_screens()


def _fail_all(actions: Sequence[Action], previewed: Preview, reason: str) -> tuple[Outcome, ...]:
    """Give the first action the reason, and the others HALTED."""
    what = (*previewed.what, *map(describe, actions[len(previewed.what) :]))
    texts = [reason, *([HALTED] * (len(actions) - 1))]
    return tuple(
        Outcome(action, text, failed=True, what=what, risks=previewed.judgement.risks)
        for action, text, what in zip(actions, texts, what, strict=True)
    )


def _list_rest(
    actions: Sequence[Action], outcomes: Sequence[Outcome], problem: InvalidRequest | None
) -> tuple[Outcome, ...]:
    """List the outcomes of the actions from the first impossible one on."""
    has_failed = any(outcome.failed for outcome in outcomes)
    reason = HALTED if has_failed or problem is None else problem.message
    return _fail_rest(actions[len(outcomes) :], reason)


def _fail_rest(actions: Sequence[Action], reason: str) -> tuple[Outcome, ...]:
    """Give the first action the reason, and the others HALTED."""
    texts = [reason, *([HALTED] * (len(actions) - 1))]
    return tuple(
        Outcome(action, text, failed=True, what=describe(action))
        for action, text in zip(actions, texts, strict=False)
    )


def _skip_all(actions: Sequence[Action], previewed: Preview) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(action, "Not executed: a dry run.", what=what, risks=previewed.judgement.risks)
        for action, what in zip(actions, previewed.what, strict=True)
    )

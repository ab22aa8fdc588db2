"""One asker's time at the desktop: batches, each asked for where the leash says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from bridge.computer.action_log import Entry
from bridge.computer.actions import Action
from bridge.computer.approvals import Verdict, Waiting
from bridge.computer.batch import (
    HALTED,
    LOOKS,
    Consent,
    Outcome,
    Survey,
    carry_out,
    refused,
    survey,
)
from bridge.computer.desktop_context import OFF, Desk
from bridge.computer.executor import Seat, Work
from bridge.computer.mouse_guard import PUSHED, MouseWatch
from bridge.computer.policy import Policy
from bridge.computer.screen.capture import Looks, Sight
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import BridgeError, ComputerOff, Stopped

WATCH_SECONDS = 0.05

Told = Callable[[Waiting], Awaitable[None]]
"""Who hears of a batch before the person is waited for."""
_Result = TypeVar("_Result")


async def nobody(waiting: Waiting) -> None:
    """For askers who need not hear of it."""


@dataclass(frozen=True, slots=True)
class Done:
    """A batch that is over."""

    outcomes: tuple[Outcome, ...]
    approved_by: str | None
    """None where nothing was done: the person said no, or it is never done."""


class Session:
    """Made by `Computer.session`."""

    def __init__(
        self, desk: Desk, asked_by: str, looks: Looks, stop: Callable[[str], None]
    ) -> None:
        """`stop`: the person's stop, which turns computer use off as well."""
        self._desk = desk
        self.asked_by = asked_by
        self._looks = looks
        self._stop = stop
        self._sight: Sight | None = None
        self._asked = False
        self._mouse: MouseWatch | None = None
        self._acting = False
        self.stopped = asyncio.Event()
        """Set by a stop; `why` says why."""
        self.why = ""

    def end(self, why: str) -> None:
        """Nothing is done any more."""
        if not self.stopped.is_set():
            self.why = why
            self.stopped.set()

    def check(self) -> None:
        """Raises Stopped after a stop, and ComputerOff when the time is over."""
        if self.stopped.is_set():
            raise Stopped(self.why)
        if self._desk.leash.mode == "off":
            raise ComputerOff("The time that was allowed for computer use is over.")

    async def act(
        self, actions: Sequence[Action], told: Told = nobody, *, dry_run: bool = False
    ) -> Done:
        """Carries a batch out. What fails is an outcome, and halts those behind it.

        Raises Stopped, ComputerOff, DesktopUnavailable and SettingsError.
        """
        self.check()
        policy = await self._desk.policy()
        sight = self._sight = self._sight or Sight(replace(self._looks, secret=policy.never))
        shown = self._desk.leash.mode in ("ask", "ask_risky") and not dry_run
        seen = await self._run(survey(actions, sight, policy, shown=shown))
        forbidden = refused(seen.judgement)
        if forbidden is not None:
            return Done(_all_failed(actions, seen, forbidden), None)
        if dry_run and not all(isinstance(action, LOOKS) for action in actions):
            return Done(_only_told(actions, seen), None)
        verdict, consent = await self._verdict(actions, seen, told)
        if not verdict.approved:
            why = f"Not executed: the person did not approve this ({verdict.by})."
            return Done(_all_failed(actions, seen, why), None)
        carried_out = await self._carried_out(actions, policy, verdict.by, consent)
        return Done(carried_out, verdict.by)

    async def watch(self) -> None:
        """Beside it all, until it is cancelled: a hand on the mouse between two batches."""
        while not self.stopped.is_set():
            await asyncio.sleep(WATCH_SECONDS)
            watch = self._mouse
            if watch is not None and not self._acting:
                with suppress(BridgeError):  # the next batch says what is wrong with the desktop
                    here, screens = await self._desk.executor.run(_pointer)
                    if self._mouse is watch and not self._acting:
                        self._heed(watch.stop(here, screens))
        await self._desk.executor.let_go()

    def _heed(self, why: str | None) -> None:
        if why == PUSHED:
            self._stop(why)
        elif why is not None:
            self.end(why)

    async def _verdict(
        self, actions: Sequence[Action], seen: Survey, told: Told
    ) -> tuple[Verdict, Consent]:
        leash, risks = self._desk.leash, seen.judgement.risks
        ruling = leash.ruling(risks, self._desk.clock())
        if ruling == "refused":
            raise ComputerOff(OFF)
        if ruling == "allowed":
            everything = leash.mode == "allowed"
            consent = Consent(None if everything else frozenset())
            return Verdict(True, f"mode {leash.mode}"), consent
        if self._asked and all(isinstance(action, LOOKS) for action in actions):
            return Verdict(True, "an earlier yes"), Consent(frozenset())
        verdict = await self._ask(seen, told)
        self.check()
        self._asked = self._asked or verdict.approved
        return verdict, Consent(frozenset(risks), seen.first)

    async def _ask(self, seen: Survey, told: Told) -> Verdict:
        """The person needs the mouse to say yes, so that moving it is no stop."""
        if self._mouse is not None:
            self._mouse = replace(self._mouse, free=True)
        approvals = self._desk.approvals
        waiting = approvals.prepare(seen.what, seen.judgement.risks, self.asked_by, seen.picture)
        asking = asyncio.ensure_future(approvals.ask(waiting))
        try:
            await told(waiting)
            return await asking
        finally:
            asking.cancel()
            await asyncio.wait([asking])

    async def _carried_out(
        self, actions: Sequence[Action], policy: Policy, approved_by: str, consent: Consent
    ) -> tuple[Outcome, ...]:
        assert self._sight is not None  # noqa: S101 - the survey had it
        sight, desk, outcomes = self._sight, self._desk, list[Outcome]()
        # A person who decides each batch needs the mouse.
        free = desk.leash.mode == "ask"

        def work(seat: Seat) -> MouseWatch:
            def noted(outcome: Outcome) -> None:
                outcomes.append(outcome)
                if desk.log is not None:
                    view = sight.view(seat.desktop)
                    desk.log.write(Entry(desk.clock(), self.asked_by, approved_by, view, outcome))

            carry_out(actions, sight, policy, consent, noted)(seat)
            return MouseWatch(seat.desktop.pointer(), free)

        self._acting = True
        try:
            self._mouse = await self._run(work)
        finally:
            self._acting = False
        return tuple(outcomes)

    async def _run(self, work: Work[_Result]) -> _Result:
        """By the executor; a hand on the mouse ends the whole session."""
        try:
            return await self._desk.executor.run(work)
        except Stopped as error:
            self.end(error.message)
            raise


def _pointer(seat: Seat) -> tuple[Point, Sequence[Rect]]:
    return seat.desktop.pointer(), seat.desktop.screens()


def _all_failed(actions: Sequence[Action], seen: Survey, why: str) -> tuple[Outcome, ...]:
    texts = [why, *([HALTED] * (len(actions) - 1))]
    return tuple(
        Outcome(action, text, failed=True, what=what, risks=seen.judgement.risks)
        for action, text, what in zip(actions, texts, seen.what, strict=True)
    )


def _only_told(actions: Sequence[Action], seen: Survey) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(action, "Not executed: a dry run.", what=what, risks=seen.judgement.risks)
        for action, what in zip(actions, seen.what, strict=True)
    )

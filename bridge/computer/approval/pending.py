"""Approvals that wait for the user's decision."""

# Each approval is pending from `request` until one of these settles it, once:
#
#     decide(id, approved, by)   the user approves or denies
#     extend(id)                 stays pending, once for MORE_SECONDS longer
#     the deadline               denied
#     deny_all(reason)           a stop denies everything that is pending
#     cancellation of `request`  dropped without a verdict

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import uuid
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Literal

from bridge.computer.approval.asker import Asker
from bridge.computer.approval.shown import ShownStep
from bridge.computer.apps.levels import NO_OFFER, Offer
from bridge.computer.screen.pictures import Picture
from bridge.deadline import Deadline, ReadClocks, read_clocks

About = Literal["actions", "program"]
"""A batch of actions, or whether a program may use the computer at all."""

MAX_DECIDED = 10
"""Decided approvals to remember, for the dashboard and the tray."""

MORE_SECONDS = 60.0
"""How much longer the user has after `extend`."""

DONE = "done"

_CHECK_SECONDS = 1.0
"""Timers stop while the computer sleeps, so the deadline is compared with the clocks."""


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """What the user is asked to approve."""

    id: str
    steps: tuple[ShownStep, ...]
    """Each action, as it is shown."""
    risks: tuple[str, ...]
    asked_by: str
    deadline: Deadline
    picture: Picture | None = field(repr=False)
    """The screen with the places of the actions marked."""
    about: About = "actions"
    program: str = ""
    """Short name of the program that asks."""
    offer: Offer = NO_OFFER
    """What may be decided on the programs that the actions reach, for later."""
    is_extended: bool = False
    """The user has asked for more time, which is possible once."""

    @property
    def what(self) -> tuple[str, ...]:
        """One sentence for each action, whole; it may have several lines."""
        return tuple(step.sentence for step in self.steps)

    @property
    def digest(self) -> str:
        """A hash of all that is shown: who approves, sends it back, and approves nothing else."""
        picture = None if self.picture is None else hashlib.sha256(self.picture.data).hexdigest()
        apps = [app.label for app in self.offer.apps]
        shown = [self.id, self.about, self.what, self.risks, self.asked_by, picture, apps]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()

    @property
    def expires_at(self) -> float:
        """Unix seconds."""
        return self.deadline.until


@dataclass(frozen=True, slots=True)
class Verdict:
    approved: bool
    by: str
    """Who decided, or the reason without a decision; part of a sentence."""
    by_user: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """An approval that was decided, and what came of it."""

    approval: PendingApproval
    verdict: Verdict
    outcome: str | None = None
    """`done`, or why it was not done; None while it is being done."""
    at: float = field(default_factory=time.time)
    """Unix seconds of the decision."""


class Approvals:
    """All pending approvals; used on the event loop only."""

    def __init__(self, seconds: float, clocks: ReadClocks = read_clocks) -> None:
        """`seconds`: time after which an unanswered approval is denied."""
        self._seconds = seconds
        self._clocks = clocks
        self._pending: dict[str, tuple[PendingApproval, asyncio.Future[Verdict]]] = {}
        self._decided: deque[Decided] = deque(maxlen=MAX_DECIDED)

    @property
    def decided(self) -> list[Decided]:
        """The last approvals that were decided, the newest first."""
        return list(self._decided)

    @property
    def pending(self) -> list[PendingApproval]:
        """Pending approvals, the oldest first."""
        return [approval for approval, _ in self._pending.values()]

    def find(self, id: str) -> PendingApproval | None:
        entry = self._pending.get(id)
        return None if entry is None else entry[0]

    def prepare(
        self,
        steps: tuple[ShownStep, ...],
        risks: tuple[str, ...],
        asker: Asker,
        picture: Picture | None,
        about: About = "actions",
        offer: Offer = NO_OFFER,
    ) -> PendingApproval:
        """Create an approval; announce it before `request` waits for the decision."""
        deadline = Deadline(self._clocks(), self._seconds)
        id = f"appr_{uuid.uuid4().hex}"
        label, name = asker.label, asker.name
        return PendingApproval(id, steps, risks, label, deadline, picture, about, name, offer)

    async def request(self, approval: PendingApproval) -> Verdict:
        """Wait for the user's decision; deny after the deadline."""
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._pending[approval.id] = approval, future
        try:
            # Looked up each time, as `extend` replaces it.
            while not future.done() and not self._get_deadline(approval.id).has_passed(
                self._clocks()
            ):
                left = self._get_deadline(approval.id).measure_left(self._clocks())
                await asyncio.wait([future], timeout=min(left, _CHECK_SECONDS))
            if future.done():
                verdict = future.result()
            else:
                seconds = self._get_deadline(approval.id).seconds
                verdict = Verdict(False, f"no answer within {seconds:g} s")
            self._decided.appendleft(Decided(approval, verdict))
            if not verdict.approved:
                self.report(approval, f"not approved ({verdict.by})")
            return verdict
        finally:
            del self._pending[approval.id]

    def report(self, approval: PendingApproval, outcome: str) -> None:
        """Note what came of an approval, for the user who decided; the first outcome counts."""
        for at, decided in enumerate(self._decided):
            if decided.approval.id == approval.id and decided.outcome is None:
                self._decided[at] = replace(decided, outcome=outcome)

    def decide(self, id: str, approved: bool, by: str) -> bool:
        """Take the user's decision; return False if nothing is pending under that id."""
        entry = self._pending.get(id)
        if entry is None or entry[0].deadline.has_passed(self._clocks()):
            return False
        return self._settle(id, Verdict(approved, by, by_user=True))

    def extend(self, id: str) -> PendingApproval | None:
        """Give the user MORE_SECONDS longer; return the approval, or None if it is not pending.

        An approval is extended once: Claude waits, and what it has seen of the screen gets old.
        """
        entry = self._pending.get(id)
        if entry is None or entry[1].done() or entry[0].deadline.has_passed(self._clocks()):
            return None
        approval, future = entry
        if not approval.is_extended:
            deadline = replace(approval.deadline, seconds=approval.deadline.seconds + MORE_SECONDS)
            approval = replace(approval, deadline=deadline, is_extended=True)
            self._pending[id] = approval, future
        return approval

    def deny_all(self, reason: str) -> None:
        """Deny everything that is pending."""
        for id in tuple(self._pending):
            self._settle(id, Verdict(False, reason))

    def _get_deadline(self, id: str) -> Deadline:
        return self._pending[id][0].deadline

    def _settle(self, id: str, verdict: Verdict) -> bool:
        _, future = self._pending[id]
        # The future may be done while `request` has not yet run again to remove the entry.
        if future.done():
            return False
        future.set_result(verdict)
        return True

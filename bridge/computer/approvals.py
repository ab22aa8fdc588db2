"""Batches that wait for the user's approval."""

# Each approval is pending from `request` until one of these settles it, once:
#
#     decide(id, approved, by)   the user approves or denies
#     timeout                    denied
#     deny_all(reason)           a stop denies everything that is pending
#     cancellation of `request`  dropped without a verdict

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.computer.screen.pictures import Picture


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """What the user is asked to approve."""

    id: str
    what: tuple[str, ...]
    """One sentence for each action."""
    risks: tuple[str, ...]
    asked_by: str
    expires_at: float
    """Unix seconds."""
    picture: Picture | None = field(repr=False)
    """The screen with the places of the actions marked."""


@dataclass(frozen=True, slots=True)
class Verdict:
    approved: bool
    by: str
    """Who decided, or why no one did; part of a sentence."""


class Approvals:
    """All pending approvals; used on the event loop only."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.time) -> None:
        """`seconds`: time after which an unanswered approval is denied."""
        self._seconds = seconds
        self._clock = clock
        self._pending: dict[str, tuple[PendingApproval, asyncio.Future[Verdict]]] = {}

    @property
    def pending(self) -> list[PendingApproval]:
        """Pending approvals, the oldest first."""
        return [approval for approval, _ in self._pending.values()]

    def find(self, id: str) -> PendingApproval | None:
        entry = self._pending.get(id)
        return None if entry is None else entry[0]

    def prepare(
        self, what: tuple[str, ...], risks: tuple[str, ...], asked_by: str, picture: Picture | None
    ) -> PendingApproval:
        """Create an approval; announce it before `request` waits for the decision."""
        expires = self._clock() + self._seconds
        return PendingApproval(f"appr_{uuid.uuid4().hex}", what, risks, asked_by, expires, picture)

    async def request(self, approval: PendingApproval) -> Verdict:
        """Wait for the user's decision; deny after the timeout."""
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._pending[approval.id] = approval, future
        try:
            async with asyncio.timeout(self._seconds):
                return await future
        except TimeoutError:
            return Verdict(False, f"no answer within {self._seconds:g} s")
        finally:
            del self._pending[approval.id]

    def decide(self, id: str, approved: bool, by: str) -> bool:
        """Approve or deny; return False if nothing is pending under that id."""
        entry = self._pending.get(id)
        # The future may be done while `request` has not yet run again to remove the entry.
        if entry is None or entry[1].done():
            return False
        entry[1].set_result(Verdict(approved, by))
        return True

    def deny_all(self, reason: str) -> None:
        """Deny everything that is pending."""
        for id in tuple(self._pending):
            self.decide(id, False, reason)

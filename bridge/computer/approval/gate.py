"""Ask the user, once, about each program that wants to use the computer."""

# States of a program, by its identity:
#
#     unknown    → pending with its first request; requests meanwhile wait for the same decision
#     pending    → approved or denied by the user; → unknown without a decision
#     approved, denied   until `askers` forgets it; a denied program is not asked about again
#
# A program without an identity is asked about for each request.

from __future__ import annotations

import asyncio
from collections import defaultdict

from bridge.computer.approval.asker import Asker, Askers
from bridge.computer.approval.pending import DONE, Approvals
from bridge.computer.approval.shown import ShownStep
from bridge.errors import ComputerBusy, NotApproved

MAX_PENDING = 5
"""Approvals that may be pending at once, so that programs cannot flood the user with them."""


class AskerGate:
    """Used on the event loop only."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals
        self._locks: defaultdict[tuple[str, ...], asyncio.Lock] = defaultdict(asyncio.Lock)
        self.askers = Askers()

    async def check(self, asker: Asker) -> None:
        """Return once the user allows this program. Raises NotApproved and ComputerBusy."""
        if asker.is_trusted:
            return
        if asker.identity is None:
            await self._ask_user(asker)
            return
        async with self._locks[asker.identity]:
            decision = self.askers.find(asker)
            if decision is None:
                await self._ask_user(asker)
            elif not decision.approved:
                raise NotApproved(
                    f"You denied computer use to {asker.label}. To be asked again, remove it from "
                    "the programs on the dashboard."
                )

    async def _ask_user(self, asker: Asker) -> None:
        if len(self._approvals.pending) >= MAX_PENDING:
            raise ComputerBusy(
                f"{MAX_PENDING} requests are already waiting for the user's approval."
            )
        approval = self._approvals.prepare(
            (ShownStep(describe_request(asker)),), (), asker, None, about="program"
        )
        verdict = await self._approvals.request(approval)
        if verdict.by_user:
            self.askers.remember(asker, approved=verdict.approved)
        if verdict.approved:
            self._approvals.report(approval, DONE)
        else:
            raise NotApproved(f"Computer use by {asker.label} was not approved ({verdict.by}).")


def describe_request(asker: Asker) -> str:
    """Describe what an approval of a program means."""
    if asker.identity is None:
        scope = "This approval is for one request, because the system does not name the program."
    elif asker.runs_other_programs:
        scope = (
            "This program runs others, such as scripts. Your approval covers all of them, and "
            "lasts until you turn computer use off."
        )
    else:
        scope = "Your approval lasts until you turn computer use off."
    return f"Let {asker.label} use this computer, as far as the mode allows. {scope}"

"""Approvals: decided by the user, denied after a timeout or by a stop."""

from __future__ import annotations

import asyncio

from bridge.computer.approvals import Approvals, PendingApproval, Verdict


def prepare(approvals: Approvals) -> PendingApproval:
    return approvals.prepare(("Press Delete",), ("deleting",), "a test", None)


async def start_request(approvals: Approvals) -> tuple[PendingApproval, asyncio.Task[Verdict]]:
    waiting = prepare(approvals)
    task = asyncio.create_task(approvals.request(waiting))
    await asyncio.sleep(0)
    return waiting, task


async def test_the_first_decision_counts() -> None:
    approvals = Approvals(5, clock=lambda: 1000.0)
    waiting, task = await start_request(approvals)
    assert approvals.pending == [waiting]
    assert waiting.expires_at == 1005.0
    assert approvals.decide(waiting.id, True, "the tray")
    assert not approvals.decide(waiting.id, False, "the dashboard"), "the first word counts"
    assert await task == Verdict(True, "the tray")
    assert approvals.pending == []


async def test_an_unanswered_approval_is_denied() -> None:
    approvals = Approvals(0.01)
    assert await approvals.request(prepare(approvals)) == Verdict(False, "no answer within 0.01 s")
    assert approvals.pending == []


async def test_an_unknown_approval_cannot_be_decided() -> None:
    assert not Approvals(5).decide("appr_gone", True, "the tray")


async def test_a_cancelled_request_is_no_longer_pending() -> None:
    approvals = Approvals(5)
    _, task = await start_request(approvals)
    task.cancel()
    await asyncio.wait([task])
    assert approvals.pending == []


async def test_a_stop_denies_all_approvals() -> None:
    approvals = Approvals(5)
    tasks = [(await start_request(approvals))[1] for _ in range(3)]
    approvals.deny_all("The user pressed stop.")
    assert await asyncio.gather(*tasks) == [Verdict(False, "The user pressed stop.")] * 3

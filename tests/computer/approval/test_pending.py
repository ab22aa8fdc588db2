"""Approvals: decided by the user, denied after a timeout or by a stop."""

from __future__ import annotations

import asyncio

from bridge.computer.approval.pending import Approvals, PendingApproval, Verdict
from bridge.computer.approval.shown import ShownStep
from tests.clocks import OWN, FakeClocks


def prepare(approvals: Approvals) -> PendingApproval:
    return approvals.prepare((ShownStep("Press Delete"),), ("deleting",), OWN, None)


async def start_request(approvals: Approvals) -> tuple[PendingApproval, asyncio.Task[Verdict]]:
    waiting = prepare(approvals)
    task = asyncio.create_task(approvals.request(waiting))
    await asyncio.sleep(0)
    return waiting, task


async def test_the_first_decision_counts() -> None:
    approvals = Approvals(5, FakeClocks())
    waiting, task = await start_request(approvals)
    assert approvals.pending == [waiting]
    assert waiting.expires_at == 1005.0
    assert approvals.decide(waiting.id, True, "the tray")
    assert not approvals.decide(waiting.id, False, "the dashboard"), "the first word counts"
    assert await task == Verdict(True, "the tray", by_user=True)
    assert approvals.pending == []


async def test_an_unanswered_approval_is_denied() -> None:
    approvals = Approvals(0.01)
    assert await approvals.request(prepare(approvals)) == Verdict(False, "no answer within 0.01 s")
    assert approvals.pending == []


async def test_more_time_is_given_once() -> None:
    clocks = FakeClocks()
    approvals = Approvals(5, clocks)
    waiting, task = await start_request(approvals)
    clocks.pass_time(4)
    extended = approvals.extend(waiting.id)
    assert extended is not None
    assert (extended.expires_at, extended.digest) == (1065.0, waiting.digest)
    again = approvals.extend(waiting.id)
    assert again == extended, "the second time changes nothing"
    clocks.pass_time(60)
    assert approvals.decide(waiting.id, True, "the tray")
    assert (await task).approved


async def test_an_extended_approval_is_denied_in_the_end() -> None:
    clocks = FakeClocks()
    approvals = Approvals(5, clocks)
    waiting, task = await start_request(approvals)
    approvals.extend(waiting.id)
    clocks.pass_time(65)
    assert approvals.extend(waiting.id) is None
    assert not approvals.decide(waiting.id, True, "the tray")
    assert await task == Verdict(False, "no answer within 65 s")


def test_what_is_not_pending_gets_no_more_time() -> None:
    assert Approvals(5).extend("appr_gone") is None


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


async def test_an_approval_ends_when_the_computer_sleeps() -> None:
    """The user who comes back after lunch has not seen what was asked before."""
    clocks = FakeClocks()
    approvals = Approvals(60, clocks)
    waiting, task = await start_request(approvals)
    clocks.sleep(30)
    assert not approvals.decide(waiting.id, True, "the dashboard")
    assert not (await asyncio.wait_for(task, 30)).approved


async def test_an_approval_that_expired_during_a_busy_moment_cannot_be_decided() -> None:
    clocks = FakeClocks()
    approvals = Approvals(60, clocks)
    waiting, task = await start_request(approvals)
    clocks.pass_time(61)
    assert not approvals.decide(waiting.id, True, "the dashboard")
    assert await asyncio.wait_for(task, 30) == Verdict(False, "no answer within 60 s")

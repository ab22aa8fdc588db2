"""What waits for a person's word."""

from __future__ import annotations

import asyncio

from bridge.computer.approvals import Approvals, PendingApproval, Verdict


def prepared(approvals: Approvals) -> PendingApproval:
    return approvals.prepare(("Press Delete",), ("deleting",), "a test", None)


async def asking(approvals: Approvals) -> tuple[PendingApproval, asyncio.Task[Verdict]]:
    waiting = prepared(approvals)
    task = asyncio.create_task(approvals.request(waiting))
    await asyncio.sleep(0)
    return waiting, task


async def test_the_word_decides_once() -> None:
    approvals = Approvals(5, clock=lambda: 1000.0)
    waiting, task = await asking(approvals)
    assert approvals.pending == [waiting]
    assert waiting.expires_at == 1005.0
    assert approvals.decide(waiting.id, True, "the tray")
    assert not approvals.decide(waiting.id, False, "the dashboard"), "the first word counts"
    assert await task == Verdict(True, "the tray")
    assert approvals.pending == []


async def test_silence_is_a_no() -> None:
    approvals = Approvals(0.01)
    assert await approvals.request(prepared(approvals)) == Verdict(False, "no answer within 0.01 s")
    assert approvals.pending == []


async def test_a_word_for_nothing_is_not_heard() -> None:
    assert not Approvals(5).decide("appr_gone", True, "the tray")


async def test_who_is_no_longer_waited_for_is_not_asked() -> None:
    approvals = Approvals(5)
    _, task = await asking(approvals)
    task.cancel()
    await asyncio.wait([task])
    assert approvals.pending == []


async def test_a_stop_is_a_no_to_all() -> None:
    approvals = Approvals(5)
    tasks = [(await asking(approvals))[1] for _ in range(3)]
    approvals.deny_all("The user pressed stop.")
    assert await asyncio.gather(*tasks) == [Verdict(False, "The user pressed stop.")] * 3

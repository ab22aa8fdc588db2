"""What happens to a request at each limit; the ledger is real, the test sets the clock."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from bridge.budgets.budget import Budget, Spender
from bridge.budgets.tracker import RETRY_SECONDS, BudgetTracker
from bridge.errors import BudgetSpent
from bridge.store import database, worker
from bridge.store.ledger import Entry, Ledger
from tests.budgets.zones import local_zone

NOON = 1_795_435_200.0
"""2026-11-23 12:00 UTC."""
DAY = 86_400.0
HAIKU, SONNET, OPUS = "claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"
CURSOR = Spender("cursor", "team", "anthropic")
DOLLAR = 1_000_000


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    with local_zone("UTC"):
        yield


class World:
    """A tracker, its ledger and its clock."""

    def __init__(self, ledger: Ledger, *budgets: Budget) -> None:
        self.now = NOON
        self.ledger = ledger
        self.clock = 0.0
        self.tracker = BudgetTracker(budgets, ledger, lambda: self.now, lambda: self.clock)

    def record(self, cost: int | None, spender: Spender = CURSOR) -> None:
        """Record a request that has ended, as the server does."""
        client, key, backend = spender
        entry = Entry(self.now, OPUS, client, backend, 1, 0, 0, 1, cost, "stop", 10, None, key=key)
        self.tracker.book(entry)
        self.ledger.put(entry)

    async def ask(self, model: str = OPUS, spender: Spender = CURSOR) -> str:
        """Return the model that answers and the notice, or the refusal."""
        try:
            chosen, notices = await self.tracker.select_model(spender, model)
        except BudgetSpent as error:
            return error.message.partition(" Wait ")[0]
        return " | ".join((chosen, *notices))

    async def read(self) -> list[str]:
        return [report.words for report in await self.tracker.build_reports()]


@asynccontextmanager
async def open_world(*budgets: Budget, path: Path | None = None) -> AsyncIterator[World]:
    world = World(Ledger(path, now=lambda: NOON), *budgets)
    try:
        yield world
    finally:
        await world.ledger.close()


def budget(dollars: float, per: Any = "day", **fields: Any) -> Budget:
    return Budget(limit=round(dollars * DOLLAR), per=per, **fields)


async def test_at_the_limit_requests_are_refused_until_it_resets() -> None:
    async with open_world(budget(5, client="cursor")) as world:
        world.record(4_999_999)
        assert await world.ask() == OPUS
        world.record(120_001)
        assert await world.ask() == (
            "The budget of $5.00 a day for client “cursor” is used up ($5.12); it resets at 00:00."
        )
        assert await world.ask(spender=CURSOR._replace(client="zed")) == OPUS
        assert await world.read() == [
            "$5.12 of $5.00 a day for client “cursor”, resets at 00:00",
        ]
        with pytest.raises(BudgetSpent) as caught:
            await world.tracker.select_model(CURSOR, OPUS)
        assert caught.value.headers == {"x-should-retry": "false", "retry-after": "43200"}
        assert (caught.value.status, caught.value.type, caught.value.code) == (
            429,
            "insufficient_quota",
            "budget_spent",
        )
        world.now = NOON + DAY / 2
        assert await world.ask() == OPUS
        world.now = NOON
        assert (await world.ask()).startswith("The budget"), "the clock was set back"


async def test_a_month_ends_with_the_calendar() -> None:
    async with open_world(budget(50, "month", backend="anthropic")) as world:
        world.record(50 * DOLLAR)
        assert await world.ask() == (
            "The budget of $50.00 a month for backend anthropic is used up ($50.00); it resets on "
            "1 Dec at 00:00."
        )
        assert await world.ask(spender=CURSOR._replace(backend="claude-code")) == OPUS


async def test_each_client_or_key_has_a_limit_of_its_own() -> None:
    async with open_world(budget(1, key="*", each=True)) as world:
        assert await world.read() == [
            "$0.00 of $1.00 a day for each access key “*”, resets at 00:00"
        ]
        world.record(DOLLAR)
        world.record(10_000, CURSOR._replace(key="ada"))
        world.record(DOLLAR // 2, CURSOR._replace(key=""))
        assert (await world.ask()).startswith("The budget of $1.00 a day for access key “team” is")
        assert await world.ask(spender=CURSOR._replace(key="ada")) == OPUS
        assert await world.read() == [
            "$1.00 of $1.00 a day for access key “team”, resets at 00:00",
            "$0.50 of $1.00 a day for requests without an access key, resets at 00:00",
            "$0.01 of $1.00 a day for access key “ada”, resets at 00:00",
        ]


async def test_a_cheaper_model_answers_with_a_notice() -> None:
    async with open_world(
        budget(1, client="cursor", cheaper_model=SONNET), budget(2, cheaper_model=HAIKU)
    ) as world:
        world.record(DOLLAR)
        notice = "answers, as the budget of $1.00 a day for client cursor is used up"
        assert await world.ask() == f"{SONNET} | model: {SONNET} {notice}"
        assert await world.ask(SONNET) == SONNET, "it is no cheaper than itself"
        assert await world.ask(HAIKU) == HAIKU, "it is cheaper"
        assert (await world.ask("claude-new-9")).startswith(SONNET), "its price is not known"
        world.record(DOLLAR)
        assert (await world.ask()).startswith(f"{HAIKU} | "), "the cheapest of both"
        world.record(100 * DOLLAR)
        assert (await world.ask(HAIKU)) == HAIKU, "a cheaper model is never refused"


async def test_a_budget_that_refuses_comes_first_and_the_one_that_resets_last() -> None:
    async with open_world(
        budget(1, cheaper_model=HAIKU), budget(1), budget(1, "month"), budget(1, "day")
    ) as world:
        world.record(DOLLAR)
        assert (await world.ask()).startswith("The budget of $1.00 a month is used up")


async def test_a_request_of_unknown_price_is_counted_but_costs_nothing() -> None:
    async with open_world(budget(1)) as world:
        world.record(None)
        world.record(None)
        (report,) = await world.tracker.build_reports()
        assert (report.spent, report.unpriced) == (0.0, 2)
        assert report.words == (
            "$0.00 of $1.00 a day, resets at 00:00; without 2 requests whose price is not known"
        )


async def test_the_echo_is_free() -> None:
    async with open_world(budget(1)) as world:
        world.record(DOLLAR)
        assert await world.ask("bridge-echo") == "bridge-echo"


async def test_a_restart_reads_the_ledger(tmp_path: Path) -> None:
    budgets = budget(1), budget(3, "month", key="te*"), budget(1, client="*", each=True)
    async with open_world(*budgets, path=tmp_path / "ledger.sqlite3") as world:
        world.now = NOON - DAY
        world.record(DOLLAR)
        world.now = NOON
        world.record(DOLLAR // 4)
        world.record(DOLLAR // 2, Spender("zed", "", "claude-code"))
        world.record(None)
        before = await world.read()
    async with open_world(*budgets, path=tmp_path / "ledger.sqlite3") as world:
        assert await world.read() == before
        assert [line[:15] for line in before] == [
            "$0.75 of $1.00 ",
            "$1.25 of $3.00 ",
            "$0.50 of $1.00 ",
            "$0.25 of $1.00 ",
        ]


async def test_what_ends_while_the_ledger_is_read_is_counted_once() -> None:
    async with open_world(budget(1_000), budget(1_000, "month")) as world:
        total = 0
        for day in range(4):
            world.now = NOON + day * DAY
            for _ in range(20):
                world.record(DOLLAR)
                total += 1
            loading = asyncio.create_task(world.tracker.load())
            while not loading.done():
                # In a test they come faster than they are written, and what waits is in memory.
                if len(world.ledger._worker._writes) < 200:
                    world.record(DOLLAR)
                    total += 1
                await asyncio.sleep(0)
        assert (await world.tracker.build_reports())[1].spent == total


async def test_requests_that_come_at_once_wait_for_one_reading() -> None:
    async with open_world(budget(1)) as world:
        world.record(DOLLAR)
        asking = [asyncio.create_task(world.ask()) for _ in range(3)]
        await asyncio.sleep(0)
        asking[0].cancel()
        for task in asking[1:]:
            assert "is used up ($1.00)" in await task, "not missed, and not counted twice"


async def test_a_ledger_that_cannot_be_read_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "bridge.budgets")
    (tmp_path / "file").write_text("in the place of a folder")
    async with open_world(budget(1), path=tmp_path / "file" / "ledger.sqlite3") as world:
        assert await world.ask() == OPUS
        world.record(DOLLAR)
        assert (await world.ask()).startswith("The budget"), "what ends from now on is counted"
    assert "its budgets begin at $0.00" in caplog.text


async def test_a_ledger_that_was_locked_for_a_moment_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_OPEN_SECONDS", 0.05)
    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0.0)
    path = tmp_path / "ledger.sqlite3"
    async with open_world(budget(1), path=path) as world:
        world.record(DOLLAR * 3 // 4)
    async with open_world(budget(1), path=path) as world:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert await world.ask() == OPUS
            # Booked, but not in the ledger.
            world.record(DOLLAR // 8)
            await world.ledger.list_recent(1)
        world.record(DOLLAR // 8)
        assert await world.ask() == OPUS, "it is not read by every request"
        world.clock += RETRY_SECONDS
        assert await world.ask() == OPUS
        assert (await world.read())[0].startswith("$0.87 of $1.00 a day")
        world.record(DOLLAR // 8)
        assert (await world.ask()).startswith("The budget")

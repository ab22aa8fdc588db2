"""Whatever is booked and read, and in whatever order: the sums are those of the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from bridge.budgets.books import MOST_SPANS, Books
from bridge.budgets.budget import Budget, Group, Span, Spender
from bridge.store.ledger import CallerTotal
from bridge.wire.usage import BudgetPeriod
from tests.budgets.zones import local_zone

BUDGETS = (
    Budget(limit=500, per="day"),
    Budget(limit=2_000, per="month", backend="anthropic"),
    Budget(limit=300, per="day", client="cur*"),
    Budget(limit=700, per="month", key="*", each=True),
    Budget(limit=400, per="day", client="*", key="?*", each=True),
)
SPENDERS = st.builds(
    Spender,
    st.sampled_from(["cursor", "curl", "zed"]),
    st.sampled_from(["", "team", "ada"]),
    st.sampled_from(["anthropic", "claude-code"]),
)


class Row(NamedTuple):
    """A row of the ledger."""

    at: float
    spender: Spender
    cost: int | None


def sum_rows(rows: Sequence[Row]) -> list[CallerTotal]:
    """Add up rows as the ledger does."""
    costs, unpriced = Counter[Spender](), Counter[Spender]()
    for row in rows:
        costs[row.spender] += row.cost or 0
        unpriced[row.spender] += row.cost is None
    return [CallerTotal(*spender, costs[spender], unpriced[spender]) for spender in costs]


class BooksMachine(RuleBasedStateMachine):
    """Books, the rows that they are to be the sums of, and a clock that may jump."""

    zone = "UTC"
    start = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.books = Books(BUDGETS)
        self.rows: list[Row] = []
        self.reading: tuple[Span, list[CallerTotal]] | None = None
        self.now = self.start

    @rule(spender=SPENDERS, cost=st.none() | st.integers(0, 300))
    def book(self, spender: Spender, cost: int | None) -> None:
        self.books.book(self.now, spender, cost)
        self.rows.append(Row(self.now, spender, cost))

    @rule(hours=st.floats(0, 5) | st.floats(-80, 80) | st.floats(-3000, 3000))
    def move_clock(self, hours: float) -> None:
        self.now += hours * 3600

    @rule()
    def begin_to_read(self) -> None:
        """Read a span; what was being read is given up, as when its request is cancelled."""
        for span in self.books.list_missing(self.now)[:1]:
            self.books.open(span)
            rows = [row for row in self.rows if span.start <= row.at < span.end]
            self.reading = span, sum_rows(rows)

    @rule()
    def finish_reading(self) -> None:
        if self.reading is not None:
            self.books.fill(*self.reading)
        self.reading = None

    @rule(spender=SPENDERS)
    def compare(self, spender: Spender) -> None:
        self.finish_reading()
        while self.books.list_missing(self.now):
            self.begin_to_read()
            self.finish_reading()
        listed = self.books.list_spending(self.now)
        for budget in BUDGETS:
            sums = {s.group: (s.spent, s.unpriced) for s in listed if s.budget is budget}
            assert sums == (self.add_up(budget) or {budget.patterns: (0, 0)})
        used_up = [(s.budget, s.group, s.spent) for s in self.books.list_used_up(self.now, spender)]
        assert used_up == [
            (budget, group, spent)
            for budget in BUDGETS
            if (group := budget.find_group(spender)) is not None
            and (spent := self.add_up(budget).get(group, (0, 0))[0]) >= budget.limit
        ]

    def add_up(self, budget: Budget) -> dict[Group, tuple[int, int]]:
        sums: dict[Group, tuple[int, int]] = {}
        for row in self.rows:
            group = budget.find_group(row.spender)
            if group is not None and self.find_date(budget.per, row.at) == self.find_date(
                budget.per, self.now
            ):
                spent, unpriced = sums.get(group, (0, 0))
                sums[group] = spent + (row.cost or 0), unpriced + (row.cost is None)
        return sums

    def find_date(self, per: BudgetPeriod, moment: float) -> date:
        day = datetime.fromtimestamp(moment, ZoneInfo(self.zone)).date()
        return day if per == "day" else day.replace(day=1)


@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        ("UTC", datetime(2026, 12, 31, 23)),
        ("Europe/Berlin", datetime(2026, 3, 29, 1)),
        ("Europe/Berlin", datetime(2026, 10, 25, 2)),
        ("America/Santiago", datetime(2026, 9, 5, 23)),
        ("America/Havana", datetime(2026, 11, 1)),
    ],
)
def test_the_sums_are_those_of_the_rows(zone: str, begin: datetime) -> None:
    class Machine(BooksMachine):
        pass

    Machine.zone, Machine.start = zone, begin.replace(tzinfo=ZoneInfo(zone)).timestamp()
    with local_zone(zone):
        run_state_machine_as_test(
            Machine, settings=settings(max_examples=40, stateful_step_count=40)
        )


def test_few_spans_are_remembered_and_the_others_are_read_again() -> None:
    books = Books([Budget(limit=1, per="day")])
    for day in range(MOST_SPANS + 1):
        (span,) = books.list_missing(day * 86_400.0)
        books.open(span)
        books.fill(span, ())
    assert books.list_missing(MOST_SPANS * 86_400.0) == []
    assert books.list_missing(0.0) != []

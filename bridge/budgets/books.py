"""Adds up what requests cost in each day and month, for each budget."""

# A span, which is a day or a month, is in one of these states:
#
#     unknown    Costs are not added: they are in the ledger, and will be read from it.
#                `open` makes it open.
#     open       Its earlier costs are being read. Costs that are booked meanwhile are added.
#                `fill` with those that were read makes it complete. After a failure to read
#                them it stays open, and `open` starts again: what was booked is remembered,
#                as the ledger may have lost it.
#     complete   Every cost is added.
#
# So a wrong clock does no harm: a span that it skipped, or comes back to, is read when it is
# needed. At most MOST_SPANS are remembered; the one that was opened first is then unknown again.

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.budgets.budget import Budget, Group, Span, Spender, find_span
from bridge.store.ledger import CallerTotal

MOST_SPANS = 8


@dataclass(slots=True)
class Sum:
    """What one group has spent of one budget in one span."""

    spent: int = 0
    """Micro-dollars."""
    unpriced: int = 0
    """Requests whose price is not known, which are not in `spent`."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What is spent of a budget now."""

    budget: Budget
    group: Group
    spent: int
    unpriced: int
    resets_at: float
    """Unix time at which the budget starts again."""

    @property
    def is_used_up(self) -> bool:
        return self.spent >= self.budget.limit


class _Place(NamedTuple):
    """Where a cost is added: the number of a budget, and a group of it."""

    number: int
    group: Group


_Sums = dict[_Place, Sum]


def _add_to(sums: _Sums, place: _Place, spent: int, unpriced: int) -> None:
    total = sums.setdefault(place, Sum())
    total.spent += spent
    total.unpriced += unpriced


@dataclass(slots=True)
class _SpanSums:
    before: _Sums = field(default_factory=dict)
    """What was spent before the span was opened the last time, as far as it is known."""
    sums: _Sums = field(default_factory=dict)
    """What was booked since."""
    is_complete: bool = False

    def get(self, place: _Place) -> Sum:
        before, since = (sums.get(place, Sum()) for sums in (self.before, self.sums))
        return Sum(before.spent + since.spent, before.unpriced + since.unpriced)

    def list_places(self) -> list[_Place]:
        return list(dict.fromkeys([*self.before, *self.sums]))


class Books:
    """What was spent of the budgets; see the states above."""

    def __init__(self, budgets: Sequence[Budget]) -> None:
        self._budgets = tuple(budgets)
        self._spans: dict[Span, _SpanSums] = {}

    def list_missing(self, moment: float) -> list[Span]:
        """List the spans of a moment that are not complete."""
        spans = dict.fromkeys(find_span(budget.per, moment) for budget in self._budgets)
        return [
            span for span in spans if span not in self._spans or not self._spans[span].is_complete
        ]

    def open(self, span: Span) -> None:
        """Add what is booked from now on. The caller then must `fill` the span."""
        earlier = self._spans.pop(span, _SpanSums())
        known = {place: earlier.get(place) for place in earlier.list_places()}
        self._spans[span] = _SpanSums(known)
        while len(self._spans) > MOST_SPANS:
            del self._spans[next(iter(self._spans))]

    def fill(self, span: Span, totals: Iterable[CallerTotal]) -> None:
        """Add what was booked before the span was opened."""
        opened, read = self._spans[span], _Sums()
        for total in totals:
            spender = Spender(total.client, total.key, total.backend)
            self._add(span, read, spender, total.cost, total.unpriced)
        for place, stored in read.items():
            known = opened.before.get(place, Sum())
            opened.before[place] = Sum(
                max(known.spent, stored.spent), max(known.unpriced, stored.unpriced)
            )
        opened.is_complete = True

    def book(self, moment: float, spender: Spender, cost: int | None) -> None:
        """Add the cost of a request in micro-dollars; None if its price is not known."""
        unpriced = int(cost is None)
        for per in {budget.per for budget in self._budgets}:
            span = find_span(per, moment)
            opened = self._spans.get(span)
            if opened is not None:
                self._add(span, opened.sums, spender, cost or 0, unpriced)

    def list_used_up(self, moment: float, spender: Spender) -> list[Spending]:
        """List the budgets for a request that are used up."""
        found = [
            self._build_spending(moment, _Place(number, group))
            for number, budget in enumerate(self._budgets)
            if (group := budget.find_group(spender)) is not None
        ]
        return [spending for spending in found if spending.is_used_up]

    def list_spending(self, moment: float) -> list[Spending]:
        """List what is spent of every budget, and of one for each by every group that has spent.

        The budgets are in their order, the groups by what they have spent, the most first.
        """
        return [
            spending
            for number, budget in enumerate(self._budgets)
            for spending in self._list_groups(moment, number, budget)
        ]

    def _list_groups(self, moment: float, number: int, budget: Budget) -> list[Spending]:
        opened = self._spans.get(find_span(budget.per, moment), _SpanSums())
        groups = [place.group for place in opened.list_places() if place.number == number]
        listed = [
            self._build_spending(moment, _Place(number, group))
            for group in groups or [budget.patterns]
        ]
        return sorted(listed, key=lambda spending: -spending.spent)

    def _build_spending(self, moment: float, place: _Place) -> Spending:
        budget = self._budgets[place.number]
        span = find_span(budget.per, moment)
        total = self._spans.get(span, _SpanSums()).get(place)
        return Spending(budget, place.group, total.spent, total.unpriced, span.end)

    def _add(self, span: Span, sums: _Sums, spender: Spender, spent: int, unpriced: int) -> None:
        for number, budget in enumerate(self._budgets):
            group = budget.find_group(spender)
            if budget.per == span.per and group is not None:
                _add_to(sums, _Place(number, group), spent, unpriced)

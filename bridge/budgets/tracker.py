"""Holds requests to the budgets: refuses them at a limit, or chooses a cheaper model."""

from __future__ import annotations

import asyncio
import logging
import math
import sqlite3
import time
from collections.abc import Callable, Sequence

from bridge.budgets.books import Books, Spending
from bridge.budgets.budget import Budget, Span, Spender
from bridge.budgets.words import build_notice, explain_refusal, summarize
from bridge.errors import BudgetSpent
from bridge.models.prices import find_price
from bridge.models.rules import ECHO
from bridge.store.ledger import Entry, Ledger
from bridge.wire.usage import BudgetReport

RETRY_SECONDS = 30.0
"""Pause before a ledger that could not be read is read again."""
_MICRO_DOLLARS = 1_000_000
_log = logging.getLogger(__name__)


class BudgetTracker:
    """The budgets of this process; used on the event loop only."""

    def __init__(
        self,
        budgets: Sequence[Budget],
        ledger: Ledger,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Every `cheaper_model` must have a list price.

        `clock` tells when to read the ledger again after a failure.
        """
        self._books = Books(budgets)
        self.has_any = bool(budgets)
        """Whether there are budgets; without any, nothing needs to be booked."""
        self._ledger = ledger
        self._now = now
        self._clock = clock
        self._loading = asyncio.Lock()
        self._retry_at: dict[Span, float] = {}

    async def load(self) -> None:
        """Read what was spent in the current day and month, unless it is known."""
        # One at a time: otherwise two requests would each add what was spent before.
        if self._list_due():
            async with self._loading:
                for span in self._list_due():
                    await self._load_span(span)

    async def select_model(
        self, spender: Spender, model: str, *, exact: bool = False
    ) -> tuple[str, tuple[str, ...]]:
        """Return the model that may answer, and a notice if it is not `model`.

        Raises BudgetSpent; with `exact`, also where a cheaper model would answer.
        """
        # The echo is free, and answers without a request to Claude.
        if model == ECHO or not self.has_any:
            return model, ()
        await self.load()
        now = self._now()
        used_up = self._books.list_used_up(now, spender)
        refusing = [spending for spending in used_up if spending.budget.cheaper_model is None]
        cheapest = _find_cheapest(model, used_up)
        if exact and cheapest is not None:
            refusing.append(cheapest)
        if refusing:
            raise _build_refusal(max(refusing, key=lambda spending: spending.resets_at), now)
        if cheapest is None or cheapest.budget.cheaper_model is None:
            return model, ()
        cheaper = cheapest.budget.cheaper_model
        return cheaper, (build_notice(cheaper, cheapest),)

    def book(self, entry: Entry) -> None:
        """Add the cost of a request that has ended."""
        spender = Spender(entry.client, entry.key, entry.backend)
        self._books.book(entry.at, spender, entry.cost)

    async def build_reports(self) -> list[BudgetReport]:
        """Report what is spent of each budget."""
        await self.load()
        now = self._now()
        return [_build_report(spending, now) for spending in self._books.list_spending(now)]

    async def _load_span(self, span: Span) -> None:
        # With nothing between the two: what is booked from now on is not among what is read.
        self._books.open(span)
        try:
            totals = await self._ledger.sum_by_caller(span.start, span.end)
        except (sqlite3.Error, OSError) as error:
            # Not by every request: each would wait for the lock of a file that is locked.
            self._retry_at[span] = self._clock() + RETRY_SECONDS
            _log.warning(
                "What was spent this %s cannot be read, so its budgets begin at $0.00 until it "
                "can: %s",
                span.per,
                error,
            )
        else:
            self._books.fill(span, totals)

    def _list_due(self) -> list[Span]:
        """List the spans to read: those that are missing, and did not just fail."""
        missing = self._books.list_missing(self._now())
        return [span for span in missing if self._clock() >= self._retry_at.get(span, 0)]


def is_cheaper(model: str, other: str) -> bool:
    """Return whether a model's output costs less than that of another one at list prices.

    A model whose price is not known is never cheaper, and always more expensive than one whose
    price is known.
    """
    price, other_price = find_price(model), find_price(other)
    if price is None:
        return False
    return other_price is None or price.rates.output < other_price.rates.output


def _find_cheapest(model: str, used_up: Sequence[Spending]) -> Spending | None:
    """Return the budget with the cheapest model; None if none is cheaper than `model`."""
    choices = [
        (price.rates.output, place)
        for place, spending in enumerate(used_up)
        if (name := spending.budget.cheaper_model) is not None
        and is_cheaper(name, model)
        and (price := find_price(name)) is not None
    ]
    return used_up[min(choices)[1]] if choices else None


def _build_refusal(spending: Spending, now: float) -> BudgetSpent:
    return BudgetSpent(
        explain_refusal(spending, now),
        headers={
            "x-should-retry": "false",
            "retry-after": str(max(1, math.ceil(spending.resets_at - now))),
        },
    )


def _build_report(spending: Spending, now: float) -> BudgetReport:
    budget = spending.budget
    return BudgetReport(
        dollars=budget.limit / _MICRO_DOLLARS,
        per=budget.per,
        backend=budget.backend,
        client=spending.group.client,
        key=spending.group.key,
        spent=spending.spent / _MICRO_DOLLARS,
        unpriced=spending.unpriced,
        resets_at=spending.resets_at,
        at_limit=budget.cheaper_model or "refuse",
        words=summarize(spending, now),
    )

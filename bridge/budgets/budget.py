"""One budget: which requests it is for, and the days or months that it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from bridge.store.local_days import find_day, find_midnight
from bridge.wire.routing.name_patterns import matches_name
from bridge.wire.usage import BudgetPeriod


class Spender(NamedTuple):
    """Who causes a cost, and where."""

    client: str
    """Name of the client program."""
    key: str
    """Name of its access key; empty without one."""
    backend: str


class Group(NamedTuple):
    """The clients and access keys whose costs are added up.

    Names for a budget with a limit for each, else the budget's patterns; None means all.
    """

    client: str | None
    key: str | None


class Span(NamedTuple):
    """A local calendar day or month."""

    per: BudgetPeriod
    first_day: date

    @property
    def start(self) -> float:
        """Unix time."""
        return find_midnight(self.first_day)

    @property
    def end(self) -> float:
        """Unix time at which the next day or month begins."""
        if self.per == "day":
            return find_midnight(self.first_day + timedelta(days=1))
        # The 32nd day of any month is in the next one.
        return find_midnight((self.first_day + timedelta(days=31)).replace(day=1))


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit for what matching requests cost."""

    limit: int
    """Micro-dollars."""
    per: BudgetPeriod
    backend: str | None = None
    """None means any."""
    client: str | None = None
    """Pattern, as for file names, in any case; None means any."""
    key: str | None = None
    """The same for the access key's name, which is empty for requests without a key."""
    each: bool = False
    """Whether each client or key that matches has a limit of its own."""
    cheaper_model: str | None = None
    """The model that answers at the limit; None: requests are refused."""

    @property
    def patterns(self) -> Group:
        """The budget's own patterns."""
        return Group(self.client, self.key)

    def find_group(self, spender: Spender) -> Group | None:
        """Return where a cost is added; None if the budget is not for it."""
        if not (
            self.backend in (None, spender.backend)
            and _matches(self.client, spender.client)
            and _matches(self.key, spender.key)
        ):
            return None
        if not self.each:
            return self.patterns
        return Group(
            None if self.client is None else spender.client,
            None if self.key is None else spender.key,
        )


def find_span(per: BudgetPeriod, moment: float) -> Span:
    """Return the local day or month of a Unix time."""
    day = find_day(moment)
    return Span(per, day if per == "day" else day.replace(day=1))


def _matches(pattern: str | None, name: str) -> bool:
    return pattern is None or matches_name(pattern, name)

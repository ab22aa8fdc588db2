"""When models retire: a notice before that day, and the line's current model from it on."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from datetime import date, timedelta

from bridge.models.spelling import remove_date

RETIREMENTS: Mapping[str, date] = {
    "claude-sonnet-4-5": date(2026, 11, 30),
    "claude-opus-4-5": date(2027, 1, 22),
}
"""As Anthropic announced (anthropic 2.14); what its live list says counts more."""

NOTICE_DAYS = 60
_DAY = 86_400


def read_today() -> date:
    """Return today's date in UTC, in which Anthropic retires models."""
    return _read_date(int(time.time() // _DAY))


@functools.lru_cache(1)
def _read_date(days: int) -> date:
    # Cached: it is read for every request.
    return date(1970, 1, 1) + timedelta(days)


def find_retirement(model: str, listed: Mapping[str, date]) -> date | None:
    """Return the day from which a model does not answer; None if none is announced.

    `listed` comes from `index_retirements`; for its models it counts more than the built-in table.
    """
    plain = remove_date(model)
    return listed.get(model) or listed.get(plain) or RETIREMENTS.get(plain)


def index_retirements(days: Mapping[str, date | None]) -> Mapping[str, date]:
    """Return the days by id, and by the id without a date, which its last snapshot answers."""
    index = {id: day for id, day in days.items() if day is not None}
    snapshots: dict[str, list[date | None]] = {}
    for id, day in days.items():
        snapshots.setdefault(remove_date(id), []).append(day)
    for plain, ends in snapshots.items():
        last = [day for day in ends if day is not None]
        # Without a day, a snapshot answers for an unknown time.
        if plain not in days and len(last) == len(ends):
            index[plain] = max(last)
    return index


def has_retired(model: str, listed: Mapping[str, date], today: date) -> bool:
    """Return whether a model no longer answers."""
    retires = find_retirement(model, listed)
    return retires is not None and today >= retires


def describe_retirement(model: str, retires: date, successor: str, today: date) -> str | None:
    """Return the notice about a model that retires soon; None if that is far away."""
    if today < retires - timedelta(days=NOTICE_DAYS):
        return None
    return f"model: {model} retires on {retires.isoformat()}; {successor} answers from then on"

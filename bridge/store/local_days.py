"""Local calendar days in Unix time; a day with a clock change has 23 or 25 hours."""

from __future__ import annotations

from datetime import date, datetime
from datetime import time as clock_time


def find_day(moment: float) -> date:
    """Return the local calendar day of a Unix time."""
    return datetime.fromtimestamp(moment).date()


def find_midnight(day: date) -> float:
    """Return the Unix time at which a local day begins.

    Where clocks change at midnight, that may be 01:00, or the first of two midnights.
    """
    return datetime.combine(day, clock_time()).timestamp()

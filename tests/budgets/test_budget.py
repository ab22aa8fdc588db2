"""Which requests a budget is for, and when its days and months begin and end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.budgets.budget import Budget, Group, Spender, find_span
from bridge.wire.usage import BudgetPeriod
from tests.budgets.zones import local_zone

CURSOR = Spender("cursor", "team", "anthropic")

GROUPS: dict[str, tuple[dict[str, Any], Spender, Group | None]] = {
    "all": ({}, CURSOR, Group(None, None)),
    "the backend": ({"backend": "anthropic"}, CURSOR, Group(None, None)),
    "another backend": ({"backend": "claude-code"}, CURSOR, None),
    "a client": ({"client": "cursor"}, CURSOR, Group("cursor", None)),
    "in any case": ({"client": "CUR*"}, CURSOR, Group("CUR*", None)),
    "another client": ({"client": "curl"}, CURSOR, None),
    "a key": ({"key": "te?m"}, CURSOR, Group(None, "te?m")),
    "both": ({"client": "c*", "key": "t*"}, CURSOR, Group("c*", "t*")),
    "one of two": ({"client": "c*", "key": "x*"}, CURSOR, None),
    "each client": ({"client": "*", "each": True}, CURSOR, Group("cursor", None)),
    "each key": ({"key": "*", "each": True}, CURSOR, Group(None, "team")),
    "each pair": ({"client": "*", "key": "*", "each": True}, CURSOR, Group("cursor", "team")),
    "no key": ({"key": "*", "each": True}, CURSOR._replace(key=""), Group(None, "")),
    "some key": ({"key": "?*", "each": True}, CURSOR._replace(key=""), None),
}


@pytest.mark.parametrize("name", GROUPS)
def test_a_request_belongs_to_a_group_or_to_none(name: str) -> None:
    fields, spender, group = GROUPS[name]
    assert Budget(limit=1, per="day", **fields).find_group(spender) == group


def at(zone: str, *moment: int) -> float:
    return datetime(*moment, tzinfo=ZoneInfo(zone)).timestamp()  # type: ignore[arg-type, misc]


ENDS: dict[str, tuple[str, BudgetPeriod, tuple[int, ...], tuple[int, ...], float]] = {
    "a day": ("Europe/Berlin", "day", (2026, 11, 23, 15), (2026, 11, 24), 24),
    "a month": ("Europe/Berlin", "month", (2026, 11, 23, 15), (2026, 12, 1), 30 * 24),
    "the last month": ("UTC", "month", (2026, 12, 31, 23), (2027, 1, 1), 31 * 24),
    "a February": ("UTC", "month", (2028, 2, 29, 23), (2028, 3, 1), 29 * 24),
    "clocks forward": ("Europe/Berlin", "day", (2026, 3, 29, 12), (2026, 3, 30), 23),
    "clocks back": ("Europe/Berlin", "day", (2026, 10, 25, 1), (2026, 10, 26), 25),
    "no midnight": ("America/Santiago", "day", (2026, 9, 6, 12), (2026, 9, 7), 23),
    "before it": ("America/Santiago", "day", (2026, 9, 5, 12), (2026, 9, 6, 1), 24),
    "two midnights": ("America/Havana", "day", (2026, 11, 1, 12), (2026, 11, 2), 25),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_span_ends_when_the_local_day_or_month_does(name: str) -> None:
    zone, per, moment, end, hours = ENDS[name]
    with local_zone(zone):
        span = find_span(per, at(zone, *moment))
        assert span.end == at(zone, *end)
        assert span.end - span.start == hours * 3600


@given(
    st.floats(1.7e9, 2.0e9),
    st.sampled_from(["Europe/Berlin", "America/Santiago", "America/Havana", "Pacific/Chatham"]),
    st.sampled_from(["day", "month"]),
)
def test_every_moment_is_in_the_span_of_its_own_date(
    moment: float, zone: str, per: BudgetPeriod
) -> None:
    def find_date(unix: float) -> date:
        day = datetime.fromtimestamp(unix, ZoneInfo(zone)).date()
        return day if per == "day" else day.replace(day=1)

    with local_zone(zone):
        span = find_span(per, moment)
        assert span.start <= moment < span.end
        assert find_date(span.start) == find_date(span.end - 1) == find_date(moment)
        assert find_date(span.start - 1) < find_date(moment) < find_date(span.end)
        assert span.end - span.start < timedelta(days=32).total_seconds()

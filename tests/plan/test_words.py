"""The words about a plan."""

from __future__ import annotations

from datetime import datetime

import pytest

from bridge.plan.state import PlanState
from bridge.plan.words import format_moment, format_percent, make_label, summarize
from bridge.wire.usage import PlanWindow

NOON = datetime(2026, 11, 24, 12, 0).timestamp()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("five_hour", "Session"),
        ("seven_day", "Week"),
        ("seven_day_opus", "Week (Opus)"),
        ("seven_day_overage_included", "Week (Overage included)"),
        ("overage", "Extra usage"),
        ("one_month", "One month"),
    ],
)
def test_a_window_has_a_label(name: str, label: str) -> None:
    assert make_label(name) == label


def test_a_percentage_is_full_only_when_it_is() -> None:
    parts = [format_percent(used) for used in (0.0, 0.29, 0.62, 0.999, 1.0, 1.05)]
    assert parts == ["0 %", "29 %", "62 %", "99 %", "100 %", "105 %"]


def test_a_moment_of_another_day_names_it() -> None:
    assert format_moment(NOON + 4 * 3600, NOON) == "16:00"
    assert format_moment(NOON + 50 * 3600, NOON) == "Thu 14:00"
    assert format_moment(NOON + 7 * 24 * 3600 - 60, NOON) == "1 Dec 11:59", "not today's weekday"


def test_the_line_has_all_windows() -> None:
    windows = (
        PlanWindow(name="five_hour", used=0.62, resets_at=NOON + 4 * 3600),
        PlanWindow(name="seven_day", used=0.31, resets_at=NOON + 50 * 3600),
    )
    line = summarize(PlanState(windows, as_of=NOON), NOON)
    assert line == "Session 62 %, resets 16:00 · Week 31 %"

"""When a window will be used up, by the pace of the last hour."""

from __future__ import annotations

import pytest

from bridge.plan.pace import Pace
from bridge.wire.usage import PlanWindow

RESET = 18_000.0


def window(used: float, resets_at: float = RESET) -> PlanWindow:
    return PlanWindow(name="five_hour", used=used, resets_at=resets_at)


def note(*events: tuple[float, float]) -> Pace:
    pace = Pace()
    for at, used in events:
        pace.note(window(used), at)
    return pace


def test_at_ten_percent_in_ten_minutes_half_a_window_lasts_fifty_minutes() -> None:
    assert note((0, 0.4), (600, 0.5)).find_empty_at(window(0.5), 600) == pytest.approx(600 + 3000)


def test_a_pause_slows_the_pace() -> None:
    assert note((0, 0.4), (600, 0.5)).find_empty_at(window(0.5), 1200) == pytest.approx(1200 + 6000)


def test_nothing_is_said_without_two_events_that_are_far_enough_apart() -> None:
    assert note((0, 0.4)).find_empty_at(window(0.4), 600) is None
    assert note((0, 0.4), (60, 0.5)).find_empty_at(window(0.5), 600) is None


def test_nothing_is_said_if_the_window_resets_before_or_is_not_used() -> None:
    assert note((0, 0.40), (600, 0.41)).find_empty_at(window(0.41), 600) is None
    assert note((0, 0.4), (600, 0.4)).find_empty_at(window(0.4), 600) is None
    assert note((0, 0.9), (600, 1.0)).find_empty_at(window(1.0), 600) is None


def test_events_of_an_hour_ago_and_of_another_window_do_not_count() -> None:
    assert note((0, 0.1), (4000, 0.5)).find_empty_at(window(0.5), 4000) is None
    pace = note((0, 0.9))
    pace.note(window(0.1, RESET * 2), 600)
    assert pace.find_empty_at(window(0.1, RESET * 2), 600) is None


def test_many_events_take_little_memory_and_the_hour_stays_whole() -> None:
    pace = note(*((at, at / 10_000) for at in range(3600)))
    assert pace.find_empty_at(window(0.36), 3599) == pytest.approx(3599 + 6400, abs=10)
    assert len(pace._samples["five_hour"]) <= 200

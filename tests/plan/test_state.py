"""What is known of a plan from event to event, by a clock that the test sets."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.plan.reading import PlanReading
from bridge.plan.state import ExtraUse, PlanState
from bridge.wire.usage import ExtraUsage, PlanWindow

NOW = 1_000_000.0
RESET = NOW + 3600
OPUS, SONNET = "claude-opus-5-5", "claude-sonnet-5-5"


def window(name: str, used: float, resets_at: float = RESET) -> PlanWindow:
    return PlanWindow(name=name, used=used, resets_at=resets_at)


def note(*windows: PlanWindow, extra: ExtraUsage = "available", deciding: str = "") -> PlanState:
    return PlanState().note(PlanReading(windows, extra, deciding), NOW)


def test_nothing_is_known_before_the_first_event() -> None:
    assert PlanState().at(NOW) == PlanState()
    assert PlanState().find_extra_use(OPUS) is None


def test_an_event_replaces_the_windows_that_it_has_and_keeps_the_others() -> None:
    state = note(window("five_hour", 0.5), window("seven_day", 0.2, RESET + 9))
    later = state.note(PlanReading((window("five_hour", 0.6),), "unknown"), NOW + 60)
    assert later.windows == (window("five_hour", 0.6), window("seven_day", 0.2, RESET + 9))
    assert (later.as_of, later.extra_usage) == (NOW + 60, "available")


def test_a_window_that_was_reset_is_not_known_any_more() -> None:
    state = note(window("five_hour", 0.5), window("seven_day", 0.2, RESET + 9))
    assert state.at(RESET - 1).windows == state.windows
    assert state.at(RESET).windows == (window("seven_day", 0.2, RESET + 9),)
    assert state.at(RESET).as_of == NOW, "the age is that of the event"


def test_extra_usage_that_is_in_use_ends_with_the_window_that_decides() -> None:
    state = note(
        window("five_hour", 1.02), window("seven_day", 0.3, RESET + 9), extra="in_use",
        deciding="five_hour",
    )  # fmt: skip
    assert state.at(RESET - 1).find_extra_use(OPUS) == ExtraUse(window("five_hour", 1.02))
    assert state.at(RESET).extra_usage == "available"
    assert state.at(RESET).find_extra_use(OPUS) is None


def test_extra_usage_without_a_window_goes_on_until_an_event_says_more() -> None:
    state = note(extra="in_use")
    assert state.at(NOW + 10**6).find_extra_use(OPUS) == ExtraUse()
    assert state.note(PlanReading((), "off"), NOW + 1).find_extra_use(OPUS) is None


def test_extra_usage_for_which_only_itself_decides_is_for_every_model() -> None:
    state = note(
        window("five_hour", 0.5), window("overage", 0.1), extra="in_use", deciding="overage"
    )
    assert state.find_extra_use(OPUS) == ExtraUse()
    assert state.ends_at is None, "the end of its own limit is not that of the plan"


CASES: dict[str, tuple[PlanState, Any]] = {
    "below": (note(window("five_hour", 0.99)), None),
    "full, extra usage is possible": (note(window("five_hour", 1.0)), "five_hour"),
    "full, extra usage is off": (note(window("five_hour", 1.0), extra="off"), None),
    "full, nothing is said of extra usage": (
        note(window("five_hour", 1.0), extra="unknown"),
        None,
    ),
    "both are full": (
        note(window("five_hour", 1.0), window("seven_day", 1.1, RESET + 9)),
        "seven_day",
    ),
    "full for this family": (note(window("seven_day_opus", 1.0)), "seven_day_opus"),
    "full for another family": (note(window("seven_day_sonnet", 1.0)), None),
    "extra usage by another family": (
        note(window("seven_day_sonnet", 1.0), extra="in_use", deciding="seven_day_sonnet"),
        None,
    ),
    "extra usage itself decides": (
        note(window("five_hour", 1.0), window("overage", 0.1), extra="in_use", deciding="overage"),
        "five_hour",
    ),
    "extra usage by another family, and full for all": (
        note(
            window("five_hour", 1.0),
            window("seven_day_sonnet", 1.0),
            extra="in_use",
            deciding="seven_day_sonnet",
        ),
        "five_hour",
    ),
    "only extra usage itself is full": (note(window("overage", 1.0)), None),
}


@pytest.mark.parametrize("name", CASES)
def test_a_request_to_opus_would_be_extra_usage(name: str) -> None:
    state, expected = CASES[name]
    use = state.find_extra_use(OPUS)
    assert (use and use.window and use.window.name) == expected


def test_any_model_counts_where_none_is_given() -> None:
    assert note(window("seven_day_sonnet", 1.0)).find_extra_use(None) is not None

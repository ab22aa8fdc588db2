"""Events of the real Claude Code about a plan, and what a changed one might report."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.plan.alerts import list_alerts
from bridge.plan.reading import PlanReading, read_plan
from bridge.plan.state import PlanState
from bridge.plan.words import summarize
from bridge.wire.usage import PlanWindow

NOW = 1_795_985_724.0
RESET = NOW + 3600
WEEK = NOW + 3 * 86_400
RECORDED: dict[str, Any] = {
    "status": "allowed",
    "resetsAt": int(RESET),
    "rateLimitType": "five_hour",
    "overageStatus": "allowed",
    "isUsingOverage": False,
    "unifiedWindows": {
        "five_hour": {"utilization": 0.82, "resetsAt": int(RESET), "status": "allowed_warning"},
        "seven_day": {"utilization": 0.31, "resetsAt": int(WEEK), "status": "allowed"},
    },
}


def window(name: str, used: float, resets_at: float = RESET) -> PlanWindow:
    return PlanWindow(name=name, used=used, resets_at=resets_at)


def test_a_recorded_event_is_read() -> None:
    assert read_plan(RECORDED, NOW) == PlanReading(
        (window("five_hour", 0.82), window("seven_day", 0.31, WEEK)), "available", "five_hour"
    )


def test_a_window_for_some_models_comes_beside_the_others() -> None:
    event = {"rateLimitType": "seven_day_opus", "utilization": 0.9, "resetsAt": WEEK}
    reading = read_plan({**RECORDED, **event}, NOW)
    assert reading.windows[-1] == window("seven_day_opus", 0.9, WEEK)
    assert reading.deciding == "seven_day_opus"


def test_a_refused_window_is_used_up_even_without_its_use() -> None:
    event = {"status": "rejected", "rateLimitType": "seven_day_opus", "resetsAt": WEEK}
    assert read_plan(event, NOW).windows == (window("seven_day_opus", 1.0, WEEK),)


def test_a_refused_window_that_is_listed_keeps_its_use() -> None:
    """Recorded while extra usage was in use."""
    listed = {"five_hour": {"utilization": 1.02, "resetsAt": RESET, "status": "allowed_warning"}}
    event = {**RECORDED, "status": "rejected", "isUsingOverage": True, "unifiedWindows": listed}
    assert read_plan(event, NOW) == PlanReading((window("five_hour", 1.02),), "in_use", "five_hour")


@pytest.mark.parametrize(
    ("fields", "extra"),
    [
        ({"overageStatus": "rejected"}, "off"),
        ({"overageStatus": "allowed_warning"}, "available"),
        ({"overageStatus": "new in 2027"}, "unknown"),
        ({}, "unknown"),
        ({"isUsingOverage": True, "overageStatus": "allowed"}, "in_use"),
        ({"overageInUse": True}, "in_use"),
        ({"overageInUse": "true"}, "unknown"),
    ],
)
def test_extra_usage_is_read(fields: dict[str, Any], extra: str) -> None:
    assert read_plan(fields, NOW).extra_usage == extra


@pytest.mark.parametrize(
    "fields",
    [
        {"utilization": "0.8"},
        {"utilization": True},
        {"utilization": -0.1},
        {"utilization": math.nan},
        {"utilization": 10**400},
        {"resetsAt": None},
        {"resetsAt": NOW - 1},
        {"resetsAt": NOW + 365 * 86_400},
        {"resetsAt": math.inf},
    ],
)
def test_a_window_with_an_impossible_value_is_left_out(fields: dict[str, Any]) -> None:
    listed = {"five_hour": {"utilization": 0.5, "resetsAt": RESET, **fields}}
    assert read_plan({"unifiedWindows": listed}, NOW).windows == ()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [*RECORDED, "utilization", "overageInUse", "five_hour", "seven_day_opus", "status"]
)


@given(st.dictionaries(NAMES, ANYTHING | st.dictionaries(NAMES, ANYTHING)))
def test_any_event_can_be_read_and_shown(info: dict[str, Any]) -> None:
    state = PlanState().note(read_plan(info, NOW), NOW)
    assert summarize(state.at(NOW), NOW)
    list_alerts(state.at(NOW), NOW)
    assert len(state.windows) <= 10


@pytest.mark.parametrize("name", ["ünï", "a\nb", "a-b", "", "5h", "x" * 41, "ａ"])
def test_a_window_whose_name_fits_in_no_header_is_left_out(name: str) -> None:
    fields = {"utilization": 0.5, "resetsAt": NOW + 60}
    assert read_plan({"unifiedWindows": {name: fields}}, NOW).windows == ()
    assert read_plan({"rateLimitType": name, **fields}, NOW).windows == ()

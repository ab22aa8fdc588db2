"""The switch: off until a human sets it, and off again when the time is over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.permission import MAX_MINUTES, Permission

RISKS = st.lists(st.sampled_from(["deleting", "a terminal"]))
TIMES = st.floats(0, 1e9)


@given(RISKS, TIMES)
def test_it_is_off_from_the_start(risks: list[str], now: float) -> None:
    assert Permission().decide(risks, now) == "refuse"


@given(RISKS, TIMES)
def test_each_batch_is_asked_for(risks: list[str], now: float) -> None:
    assert Permission("ask").decide(risks, now) == "ask"


def test_only_what_is_risky_is_asked_for() -> None:
    permission = Permission("ask_risky")
    assert permission.decide((), 0) == "allow"
    assert permission.decide(("deleting",), 0) == "ask"


def test_what_is_allowed_ends_by_itself() -> None:
    permission = Permission.from_minutes(15, now=100)
    assert permission.decide(("deleting",), 100) == "allow"
    assert permission.decide((), 100 + 15 * 60 - 0.001) == "allow"
    assert permission.decide((), 100 + 15 * 60) == "refuse"
    assert permission.as_of(100 + 15 * 60) == Permission("off")


@pytest.mark.parametrize("minutes", [0, -1, MAX_MINUTES + 0.1, float("nan"), float("inf")])
def test_nothing_is_allowed_for_ever(minutes: float) -> None:
    with pytest.raises(ValueError, match="minutes"):
        Permission.from_minutes(minutes, now=0)
    with pytest.raises(ValueError, match="end"):
        Permission("allowed")

"""The permission: off at first, set by the user, and off again after a timed grant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.permission import MAX_MINUTES, Permission
from bridge.deadline import Moment
from tests.clocks import at

RISKS = st.lists(st.sampled_from(["deleting", "a terminal"]))
TIMES = st.floats(0, 1e9).map(at)


@given(RISKS, TIMES)
def test_everything_is_refused_at_first(risks: list[str], now: Moment) -> None:
    assert Permission().decide(risks, now) == "refuse"


@given(RISKS, TIMES)
def test_in_mode_ask_each_batch_needs_approval(risks: list[str], now: Moment) -> None:
    assert Permission("ask").decide(risks, now) == "ask"


def test_in_mode_ask_risky_only_risky_batches_need_approval() -> None:
    permission = Permission("ask_risky")
    assert permission.decide((), at(0)) == "allow"
    assert permission.decide(("deleting",), at(0)) == "ask"


def test_a_timed_grant_ends_automatically() -> None:
    permission = Permission.from_minutes(15, now=at(100))
    assert permission.decide(("deleting",), at(100)) == "allow"
    assert permission.decide((), at(100 + 15 * 60 - 0.001)) == "allow"
    assert permission.decide((), at(100 + 15 * 60)) == "refuse"
    assert permission.as_of(at(100 + 15 * 60)) == Permission("off")


@pytest.mark.parametrize("minutes", [0, -1, MAX_MINUTES + 0.1, float("nan"), float("inf")])
def test_a_grant_needs_a_valid_end(minutes: float) -> None:
    with pytest.raises(ValueError, match="minutes"):
        Permission.from_minutes(minutes, now=at(0))
    with pytest.raises(ValueError, match="end"):
        Permission("allowed")

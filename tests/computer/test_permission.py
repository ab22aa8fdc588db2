"""The switch: off until a human sets it, and off again when the time is over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.permission import LONGEST_MINUTES, Leash

RISKS = st.lists(st.sampled_from(["deleting", "a terminal"]))
TIMES = st.floats(0, 1e9)


@given(RISKS, TIMES)
def test_it_is_off_from_the_start(risks: list[str], now: float) -> None:
    assert Leash().ruling(risks, now) == "refused"


@given(RISKS, TIMES)
def test_each_batch_is_asked_for(risks: list[str], now: float) -> None:
    assert Leash("ask").ruling(risks, now) == "ask"


def test_only_what_is_risky_is_asked_for() -> None:
    leash = Leash("ask_risky")
    assert leash.ruling((), 0) == "allowed"
    assert leash.ruling(("deleting",), 0) == "ask"


def test_what_is_allowed_ends_by_itself() -> None:
    leash = Leash.allowed_for(15, now=100)
    assert leash.ruling(("deleting",), 100) == "allowed"
    assert leash.ruling((), 100 + 15 * 60 - 0.001) == "allowed"
    assert leash.ruling((), 100 + 15 * 60) == "refused"
    assert leash.at(100 + 15 * 60) == Leash("off")


@pytest.mark.parametrize("minutes", [0, -1, LONGEST_MINUTES + 0.1, float("nan"), float("inf")])
def test_nothing_is_allowed_for_ever(minutes: float) -> None:
    with pytest.raises(ValueError, match="minutes"):
        Leash.allowed_for(minutes, now=0)
    with pytest.raises(ValueError, match="end"):
        Leash("allowed")

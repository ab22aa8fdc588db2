"""Deadlines: what was allowed for some time ends in time, whatever happens to the clocks."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.deadline import Deadline, read_clocks
from tests.clocks import FakeClocks

QUARTER = 15 * 60


def begin() -> tuple[FakeClocks, Deadline]:
    clocks = FakeClocks()
    return clocks, Deadline(clocks(), QUARTER)


def test_a_deadline_passes_after_its_seconds() -> None:
    clocks, deadline = begin()
    clocks.pass_time(QUARTER - 1)
    assert not deadline.has_passed(clocks())
    clocks.pass_time(1)
    assert deadline.has_passed(clocks())


def test_a_sleep_ends_it() -> None:
    clocks, deadline = begin()
    clocks.pass_time(60)
    clocks.sleep(5)
    assert deadline.has_passed(clocks())


def test_a_clock_that_is_set_ends_it_in_both_directions() -> None:
    for change in (-3600.0, 3600.0, -30 * 86400.0):
        clocks, deadline = begin()
        clocks.set_wall(change)
        assert deadline.has_passed(clocks()), change


def test_time_synchronization_does_not_end_it() -> None:
    clocks, deadline = begin()
    for change in (0.4, -0.8, 0.4, -2.0):
        clocks.set_wall(change)
        clocks.pass_time(10)
    assert not deadline.has_passed(clocks())


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["pass_time", "sleep", "set_wall"]),
            st.floats(-1e5, 1e5, allow_nan=False),
        )
    )
)
def test_nothing_delays_the_end(events: list[tuple[str, float]]) -> None:
    clocks, deadline = begin()
    for event, seconds in events:
        getattr(clocks, event)(seconds if event == "set_wall" else abs(seconds))
        start, now = deadline.start, clocks()
        if now.awake - start.awake >= QUARTER or now.elapsed - start.elapsed >= QUARTER:
            assert deadline.has_passed(now)


def test_this_systems_clocks_advance_together() -> None:
    before = read_clocks()
    time.sleep(0.05)
    after = read_clocks()
    for clock in ("wall", "awake", "elapsed"):
        assert 0.04 < getattr(after, clock) - getattr(before, clock) < 5


def test_a_wait_between_two_clocks_is_no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when other processes keep the CPU, for longer than the tolerance."""
    waits = [3.0]
    passed = 0.0

    def read_elapsed() -> float:
        nonlocal passed
        passed += waits.pop() if waits else 0.0
        return passed

    monkeypatch.setattr("bridge.deadline._read_awake", lambda: passed)
    monkeypatch.setattr("bridge.deadline._read_elapsed", read_elapsed)
    moment = read_clocks()
    assert moment.elapsed - moment.awake == 0

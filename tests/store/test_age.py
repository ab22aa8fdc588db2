"""The age clock: it follows time that passes, and no jump of the computer's clock."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from bridge.store.age import DAY, MAX_STEP, ClockState, advance, start_state

WALL = st.floats(-1e10, 1e11)
ELAPSED = st.floats(0, 1e8)


def test_time_that_passes_counts() -> None:
    state = ClockState(0.0, 1_000.0)
    for second in range(1, 6):
        state = advance(state, 1_000.0 + second, 1.0)
    assert state == ClockState(5.0, 1_005.0)


def test_time_between_two_runs_counts_up_to_seven_days() -> None:
    state = ClockState(0.0, 0.0)
    assert start_state(state, None, 3 * DAY).at == 3 * DAY
    assert start_state(state, None, 900 * DAY).at == MAX_STEP


def test_a_suspend_counts_although_it_was_not_measured() -> None:
    assert advance(ClockState(0.0, 0.0), 2 * DAY, 60.0).at == 2 * DAY


def test_a_clock_that_is_set_back_and_right_again_counts_once() -> None:
    state = ClockState(0.0, 100 * DAY)
    for _ in range(50):
        # Each start of a computer without a battery for its clock.
        state = start_state(state, None, 0.0)
        state = advance(state, 100 * DAY, 60.0)
    assert state.at == 50 * 60.0


def test_rows_of_an_earlier_version_have_the_computers_time() -> None:
    assert start_state(None, None, 5.0).at == 5.0
    assert start_state(None, 10 * DAY, 12 * DAY).at == 12 * DAY
    assert start_state(None, 10 * DAY, 900 * DAY).at == 17 * DAY


@given(at=WALL, before=WALL, wall=WALL, elapsed=ELAPSED)
def test_no_step_goes_back_or_further_than_it_may(
    at: float, before: float, wall: float, elapsed: float
) -> None:
    state = advance(ClockState(at, before), wall, elapsed)
    step = state.at - at
    slack = 1e-3 + math.ulp(abs(at) + elapsed) * 4
    assert elapsed - slack <= step <= elapsed + MAX_STEP + slack
    assert state.wall == max(before, wall)

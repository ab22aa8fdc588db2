"""Tests of the thread's ids and the saved state."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talon_user.core.threads import SavedState, Thread, parse_state


def test_a_thread_continues_for_some_minutes() -> None:
    thread = Thread()
    assert thread.find_tip(0, 30) == ""
    thread.add("", "r1", 0)
    assert thread.find_tip(1800, 30) == "r1"
    assert thread.find_tip(1801, 30) == ""


def test_a_new_thread_drops_the_old_ids() -> None:
    thread = Thread(["r1", "r2"])
    thread.add("r2", "r3", 1)
    assert thread.ids == ["r1", "r2", "r3"]
    thread.add("r1", "r4", 2)
    assert thread.ids == ["r1", "r4"]
    thread.add("", "r5", 3)
    assert thread.ids == ["r5"]


def test_pop_goes_back_by_one() -> None:
    thread = Thread(["r1", "r2"])
    assert (thread.pop(), thread.find_tip(0, 1)) == ("r2", "r1")
    assert (thread.pop(), thread.find_tip(0, 1), thread.pop()) == ("r1", "", "")


@given(ids=st.lists(st.text()), at=st.floats(0, 1e12), model=st.text())
def test_saved_state_can_be_read_back(ids: list[str], at: float, model: str) -> None:
    state = SavedState(Thread(ids, at), model)
    assert parse_state(state.to_json()) == state


@pytest.mark.parametrize("junk", ["", "[]", "{", "4"])
def test_invalid_json_raises_value_error(junk: str) -> None:
    with pytest.raises(ValueError):
        parse_state(junk)

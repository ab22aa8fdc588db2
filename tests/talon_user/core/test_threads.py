"""A conversation is a list of the bridge's ids, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talon_user.core.threads import SavedState, Thread, parse_state


def test_questions_go_on_from_the_last_answer_for_a_while() -> None:
    thread = Thread()
    assert thread.find_tip(0, 30) == ""
    thread.add("", "r1", 0)
    assert thread.find_tip(1800, 30) == "r1"
    assert thread.find_tip(1801, 30) == ""


def test_a_new_beginning_drops_the_links_before() -> None:
    thread = Thread(["r1", "r2"])
    thread.add("r2", "r3", 1)
    assert thread.ids == ["r1", "r2", "r3"]
    thread.add("r1", "r4", 2)
    assert thread.ids == ["r1", "r4"]
    thread.add("", "r5", 3)
    assert thread.ids == ["r5"]


def test_forgetting_goes_back_by_one() -> None:
    thread = Thread(["r1", "r2"])
    assert (thread.pop(), thread.find_tip(0, 1)) == ("r2", "r1")
    assert (thread.pop(), thread.find_tip(0, 1), thread.pop()) == ("r1", "", "")


@given(ids=st.lists(st.text()), at=st.floats(0, 1e12), model=st.text())
def test_it_is_read_as_it_was_written(ids: list[str], at: float, model: str) -> None:
    state = SavedState(Thread(ids, at), model)
    assert parse_state(state.to_json()) == state


@pytest.mark.parametrize("junk", ["", "[]", "{", "4"])
def test_a_spoilt_file_is_a_value_error(junk: str) -> None:
    with pytest.raises(ValueError):
        parse_state(junk)

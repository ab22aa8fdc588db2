"""A hand on the mouse between two batches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.mouse_guard import MOVED, PUSHED, MouseWatch
from bridge.computer.performer import JITTER
from bridge.computer.screen.geometry import Point, Rect

SCREENS = (Rect(0, 0, 1920, 1080), Rect(-1280, 0, 1280, 1024))
HERE = Point(500, 500)


@pytest.mark.parametrize(
    "corner",
    [Point(0, 0), Point(1919, 0), Point(0, 1079), Point(1919, 1079), Point(-1280, 1023)],
)
@pytest.mark.parametrize("free", [True, False])
def test_every_corner_of_every_screen_stops(corner: Point, free: bool) -> None:
    assert MouseWatch(HERE, free).stop(corner, SCREENS) == PUSHED


def test_a_move_stops_unless_the_person_may_need_the_mouse() -> None:
    assert MouseWatch(HERE, free=False).stop(Point(600, 500), SCREENS) == MOVED
    assert MouseWatch(HERE, free=True).stop(Point(600, 500), SCREENS) is None


def test_a_corner_in_which_claude_left_it_is_none() -> None:
    assert MouseWatch(Point(0, 0), free=False).stop(Point(2, 1), SCREENS) is None


@given(st.integers(-JITTER, JITTER), st.integers(-JITTER, JITTER))
def test_a_table_that_is_leant_on_stops_nothing(x: int, y: int) -> None:
    assert MouseWatch(HERE, free=False).stop(Point(500 + x, 500 + y), SCREENS) is None

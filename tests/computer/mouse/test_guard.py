"""The mouse between two batches: when it is moved, and when it is pushed into a corner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.mouse.guard import MOVED, PUSHED, MouseGuard
from bridge.computer.mouse.track import JITTER
from bridge.computer.screen.geometry import Point, Rect

SCREENS = (Rect(0, 0, 1920, 1080), Rect(-1280, 0, 1280, 1024))
HERE = Point(500, 500)


@pytest.mark.parametrize(
    "corner",
    [Point(0, 0), Point(1919, 0), Point(0, 1079), Point(1919, 1079), Point(-1280, 1023)],
)
@pytest.mark.parametrize("may_move", [True, False])
def test_a_push_into_any_corner_of_any_screen_is_a_stop(corner: Point, may_move: bool) -> None:
    assert MouseGuard(HERE, may_move).find_stop_reason(corner, SCREENS) == PUSHED


def test_a_move_is_a_stop_unless_the_user_may_need_the_mouse() -> None:
    assert MouseGuard(HERE, may_move=False).find_stop_reason(Point(600, 500), SCREENS) == MOVED
    assert MouseGuard(HERE, may_move=True).find_stop_reason(Point(600, 500), SCREENS) is None


def test_a_pointer_that_claude_left_in_a_corner_does_not_stop() -> None:
    assert MouseGuard(Point(0, 0), may_move=False).find_stop_reason(Point(2, 1), SCREENS) is None


@given(st.integers(-JITTER, JITTER), st.integers(-JITTER, JITTER))
def test_jitter_does_not_stop(x: int, y: int) -> None:
    assert (
        MouseGuard(HERE, may_move=False).find_stop_reason(Point(500 + x, 500 + y), SCREENS) is None
    )

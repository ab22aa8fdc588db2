"""What each action does to a desktop, and that a stop leaves nothing pressed."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import errors
from bridge.computer.actions import INPUT_ACTIONS
from bridge.computer.mouse.track import JITTER
from bridge.computer.performer import SLICE_SECONDS, Performer
from bridge.computer.screen.geometry import Point, Rect, Size, View
from tests.computer.fake_desktop import FakeDesktop
from tests.computer.input_actions import read_input

SCREEN = Rect(0, 0, 1920, 1080)
HALF = View(SCREEN, Size(960, 540))


class Stopped(Exception):
    """A stop by the user."""


def never() -> None:
    """A check that never stops."""


def perform_action(member: str, view: View = HALF, **fields: Any) -> list[tuple[Any, ...]]:
    desktop = FakeDesktop()
    performer = Performer(desktop, sleep=lambda seconds: None)
    performer.perform(read_input(member, fields), view, never)
    performer.release_all()
    assert desktop.down == set()
    return desktop.done


CLICK = [("press", "left"), ("release", "left")]


@pytest.mark.parametrize(
    ("member", "fields", "lines"),
    [
        ("left_click", {"coordinate": [10, 20]}, [("move", 21, 41), *CLICK]),
        ("left_click", {}, CLICK),
        ("double_click", {}, CLICK * 2),
        ("triple_click", {}, CLICK * 3),
        ("right_click", {}, [("press", "right"), ("release", "right")]),
        ("middle_click", {}, [("press", "middle"), ("release", "middle")]),
        (
            "left_click",
            {"text": "ctrl+shift"},
            [
                ("key_down", "Control_L"),
                ("key_down", "Shift_L"),
                *CLICK,
                ("key_up", "Shift_L"),
                ("key_up", "Control_L"),
            ],
        ),
        ("mouse_move", {"coordinate": [0, 0]}, [("move", 1, 1)]),
        ("scroll", {"scroll_direction": "up", "scroll_amount": 2}, [("scroll", "up", 1)] * 2),
        (
            "key",
            {"text": "Return", "repeat": 2},
            [("key_down", "Return"), ("key_up", "Return")] * 2,
        ),
        (
            "key",
            {"text": "ctrl+a Delete"},
            [
                ("key_down", "Control_L"),
                ("key_down", "a"),
                ("key_up", "a"),
                ("key_up", "Control_L"),
                ("key_down", "Delete"),
                ("key_up", "Delete"),
            ],
        ),
        ("hold_key", {"text": "w", "duration": 1}, [("key_down", "w"), ("key_up", "w")]),
        ("type", {"text": "é\n"}, [("type", "é"), ("type", "\n")]),
        ("left_mouse_down", {}, CLICK),
        ("left_mouse_up", {}, []),
        ("wait", {"duration": 1}, []),
        ("screenshot", {}, []),
        ("cursor_position", {}, []),
        ("zoom", {"region": [0, 0, 5, 5]}, []),
    ],
)
def test_each_action_makes_these_calls(
    member: str, fields: dict[str, Any], lines: list[Any]
) -> None:
    assert perform_action(member, **fields) == lines


def test_a_drag_follows_a_path() -> None:
    lines = perform_action("left_click_drag", start_coordinate=[0, 0], coordinate=[30, 10])
    assert lines[:2] == [("move", 1, 1), ("press", "left")]
    assert lines[-2:] == [("move", 61, 21), ("release", "left")]
    path = lines[2:-1]
    assert [line[0] for line in path] == ["move"] * 3


def test_a_held_button_is_pressed_once_and_released() -> None:
    desktop = FakeDesktop()
    performer = Performer(desktop, sleep=lambda seconds: None)
    for _ in range(2):
        performer.perform(read_input("left_mouse_down", {}), HALF, never)
    assert desktop.down == {"left"}
    for _ in range(2):
        performer.release_all()
    assert desktop.done == CLICK


def test_a_wait_checks_for_a_stop_and_is_as_long_as_requested() -> None:
    slept: list[float] = []
    checks: list[None] = []
    performer = Performer(FakeDesktop(), sleep=slept.append)
    performer.perform(read_input("wait", {"duration": 1}), HALF, lambda: checks.append(None))
    assert sum(slept) == pytest.approx(1)
    assert max(slept) <= SLICE_SECONDS
    assert len(checks) >= len(slept)


ACTS: dict[str, dict[str, Any]] = {
    "left_click": {"coordinate": [10, 20], "text": "ctrl+shift"},
    "triple_click": {"coordinate": [10, 20]},
    "left_click_drag": {"start_coordinate": [0, 0], "coordinate": [300, 10], "text": "alt"},
    "scroll": {"scroll_direction": "up", "scroll_amount": 20, "text": "ctrl"},
    "key": {"text": "ctrl+s", "repeat": 5},
    "hold_key": {"text": "shift+w", "duration": 3},
    "type": {"text": "a long text"},
    "wait": {"duration": 3},
    "left_mouse_down": {},
}


@given(member=st.sampled_from(sorted(ACTS)), at=st.integers(0, 12))
def test_a_stop_at_any_check_leaves_nothing_pressed(member: str, at: int) -> None:
    desktop, checks = FakeDesktop(), 0

    def check() -> None:
        nonlocal checks
        checks += 1
        if checks > at:
            raise Stopped

    performer = Performer(desktop, sleep=lambda seconds: None)
    action = read_input(member, ACTS[member])
    try:
        performer.perform(action, HALF, check)
    except Stopped:
        assert checks == at + 1
    performer.release_all()
    assert desktop.down == set()


@given(member=st.sampled_from(sorted(ACTS)), at=st.integers(0, 12))
def test_a_desktop_that_fails_once_leaves_nothing_pressed(member: str, at: int) -> None:
    desktop, calls = FakeDesktop(), itertools.count()

    def before(call: tuple[Any, ...]) -> None:
        if next(calls) == at:
            raise OSError("a request was lost")

    desktop.before = before
    performer = Performer(desktop, sleep=lambda seconds: None)
    with contextlib.suppress(OSError):
        performer.perform(read_input(member, ACTS[member]), HALF, never)
    desktop.before = lambda call: None
    performer.release_all()
    assert desktop.down == set()


@given(member=st.sampled_from(sorted(ACTS)), at=st.integers(0, 12))
def test_a_moved_mouse_stops_an_action(member: str, at: int) -> None:
    desktop, checks = FakeDesktop(), 0

    def check() -> None:
        nonlocal checks
        checks += 1
        if checks > at:
            desktop.at = Point(desktop.at.x + JITTER + 1, desktop.at.y)

    performer = Performer(desktop, sleep=lambda seconds: None)
    with contextlib.suppress(errors.Stopped):
        performer.perform(read_input(member, ACTS[member]), HALF, check)
        assert checks <= at
    assert checks <= at + 1
    performer.release_all()
    assert desktop.down == set()


def test_the_user_may_move_the_mouse_between_two_batches() -> None:
    desktop = FakeDesktop()
    performer = Performer(desktop, sleep=lambda seconds: None)
    click = read_input("left_click", {})
    desktop.at = Point(500, 500)
    with pytest.raises(errors.Stopped):
        performer.perform(click, HALF, never)
    performer.begin()
    performer.perform(click, HALF, never)
    desktop.at = Point(500 + JITTER, 500)
    performer.perform(click, HALF, never)
    assert desktop.done == CLICK * 2


def test_every_member_can_be_performed() -> None:
    examples: dict[str, dict[str, Any]] = {
        **ACTS,
        "mouse_move": {"coordinate": [1, 2]},
        "zoom": {"region": [0, 0, 9, 9]},
    }
    for member in (action.member for action in INPUT_ACTIONS):
        perform_action(member, **examples.get(member, {}))

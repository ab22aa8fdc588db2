"""Which window gets an action."""

from __future__ import annotations

from bridge.computer.actions import read_action
from bridge.computer.desktop import Window
from bridge.computer.hit_test import find_target, list_places
from bridge.computer.screen.geometry import Point, Rect, Size, View
from tests.computer.fake_desktop import FakeDesktop

VIEW = View(Rect(0, 0, 1920, 1080), Size(960, 540))
TOP = Window("Dialog", "dialog", Rect(100, 100, 400, 300), active=False)
BELOW = Window("Editor", "editor", Rect(0, 0, 1920, 1080), active=True)


def desktop() -> FakeDesktop:
    made = FakeDesktop()
    made.shown += [TOP, BELOW]
    made.at = Point(150, 150)
    return made


def test_a_click_is_for_the_topmost_window_under_it() -> None:
    assert find_target(read_action("left_click", {"coordinate": [60, 60]}), VIEW, desktop()) == TOP
    assert (
        find_target(read_action("left_click", {"coordinate": [300, 60]}), VIEW, desktop()) == BELOW
    )


def test_a_click_without_a_place_is_where_the_pointer_is() -> None:
    assert find_target(read_action("left_click", {}), VIEW, desktop()) == TOP
    assert find_target(read_action("left_mouse_down", {}), VIEW, desktop()) == TOP


def test_a_drag_is_for_the_window_it_ends_in() -> None:
    drag = read_action("left_click_drag", {"start_coordinate": [60, 60], "coordinate": [300, 60]})
    assert find_target(drag, VIEW, desktop()) == BELOW
    assert list_places(drag) == [(60, 60), (300, 60)]


def test_keys_are_for_the_window_that_has_the_keyboard() -> None:
    assert find_target(read_action("type", {"text": "x"}), VIEW, desktop()) == BELOW


def test_a_look_is_for_none() -> None:
    assert find_target(read_action("screenshot", {}), VIEW, desktop()) is None
    assert find_target(read_action("wait", {"duration": 1}), VIEW, desktop()) is None

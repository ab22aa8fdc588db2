"""The window that an action goes to."""

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


def test_a_click_goes_to_the_topmost_window_at_its_place() -> None:
    assert find_target(read_action("left_click", {"coordinate": [60, 60]}), VIEW, desktop()) == TOP
    assert (
        find_target(read_action("left_click", {"coordinate": [300, 60]}), VIEW, desktop()) == BELOW
    )


def test_a_click_without_a_place_goes_to_the_window_at_the_pointer() -> None:
    assert find_target(read_action("left_click", {}), VIEW, desktop()) == TOP
    assert find_target(read_action("left_mouse_down", {}), VIEW, desktop()) == TOP


def test_a_drag_goes_to_the_window_where_it_ends() -> None:
    drag = read_action("left_click_drag", {"start_coordinate": [60, 60], "coordinate": [300, 60]})
    assert find_target(drag, VIEW, desktop()) == BELOW
    assert list_places(drag) == [(60, 60), (300, 60)]


def test_keys_go_to_the_focused_window() -> None:
    assert find_target(read_action("type", {"text": "x"}), VIEW, desktop()) == BELOW


def test_a_screenshot_goes_to_no_window() -> None:
    assert find_target(read_action("screenshot", {}), VIEW, desktop()) is None
    assert find_target(read_action("wait", {"duration": 1}), VIEW, desktop()) is None

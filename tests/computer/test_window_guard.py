"""An action stops when another window would get its input, and nothing stays pressed."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from bridge.computer.desktop import Window, WindowId
from bridge.computer.effects import find_effects
from bridge.computer.performer import Performer
from bridge.computer.screen.geometry import Rect, Size, View
from bridge.computer.window_guard import WindowChanged, WindowGuard
from tests.computer.fake_desktop import FakeDesktop
from tests.computer.input_actions import read_input

VIEW = View(Rect(0, 0, 1000, 1000), Size(1000, 1000))
NOTES = Window("Notes", "notes", VIEW.area, active=True, id=WindowId(1, 10))


def other(process: int) -> Window:
    return Window("Other", "other", VIEW.area, active=True, id=WindowId(2, process))


def perform(
    desktop: FakeDesktop, member: str, fields: dict[str, Any], opens: str, process: int
) -> None:
    """Perform an action during which a window opens at the first call of a kind."""
    desktop.shown = [NOTES]

    def open_at(line: tuple[Any, ...]) -> None:
        if line[0] == opens:
            desktop.shown = [other(process)]

    desktop.before = open_at
    performer = Performer(desktop, sleep=lambda seconds: None)
    action = read_input(member, fields)
    effects = find_effects(action, performer.read_state(), VIEW, desktop.list_windows())
    guard = WindowGuard.from_effects(effects, desktop.find_focused())
    try:
        performer.perform(action, VIEW, lambda: None, guard)
    finally:
        performer.abandon()
        assert desktop.down == set()


DRAG = {"start_coordinate": [100, 100], "coordinate": [900, 100]}


@pytest.mark.parametrize(
    ("member", "fields", "opens", "sent"),
    [
        ("type", {"text": "abc"}, "type", ["type"]),
        ("key", {"text": "a b c"}, "key_down", ["key_down"]),
        ("key", {"text": "a", "repeat": 9}, "key_up", ["key_down"]),
        ("hold_key", {"text": "a", "duration": 9}, "key_down", ["key_down"]),
        ("scroll", {"scroll_direction": "up", "scroll_amount": 9}, "scroll", ["scroll"]),
        ("scroll", {"scroll_direction": "up", "scroll_amount": 9}, "nothing", ["scroll"] * 9),
        ("left_click", {"coordinate": [5, 5]}, "move", []),
        ("left_click", {"coordinate": [5, 5], "text": "ctrl"}, "move", []),
        ("double_click", {"coordinate": [5, 5]}, "release", ["press"]),
        ("left_click_drag", DRAG, "move", []),
    ],
)
def test_an_action_stops_when_a_window_opens(
    member: str, fields: dict[str, Any], opens: str, sent: list[str]
) -> None:
    desktop = FakeDesktop()
    with pytest.raises(WindowChanged) if opens != "nothing" else nullcontext():
        perform(desktop, member, fields, opens, process=20)
    input_calls = ("type", "key_down", "scroll", "press")
    assert [line[0] for line in desktop.done if line[0] in input_calls] == sent


def test_what_is_dragged_goes_back_when_a_window_opens_on_the_way() -> None:
    desktop = FakeDesktop()
    desktop.shown = [NOTES]
    performer = Performer(desktop, sleep=lambda seconds: None)
    drag = read_input("left_click_drag", DRAG)
    effects = find_effects(drag, performer.read_state(), VIEW, desktop.list_windows())
    guard = WindowGuard.from_effects(effects, desktop.find_focused())

    def open_on_the_way(line: tuple[Any, ...]) -> None:
        if line[0] == "move" and line[1] > 500:
            desktop.shown.insert(0, Window("X", "x", Rect(500, 0, 500, 500), False, WindowId(2, 2)))

    desktop.before = open_on_the_way
    with pytest.raises(WindowChanged):
        performer.perform(drag, VIEW, lambda: None, guard)
    assert desktop.done[-2:] == [("move", 100, 100), ("release", "left")]


def test_a_drag_goes_on_when_its_own_program_opens_a_window() -> None:
    desktop = FakeDesktop()
    perform(desktop, "left_click_drag", DRAG, "press", process=10)
    assert desktop.done[-2:] == [("move", 900, 100), ("release", "left")]


def test_a_drag_over_several_actions_goes_back_when_it_is_abandoned() -> None:
    desktop = FakeDesktop()
    performer = Performer(desktop, sleep=lambda seconds: None)
    performer.perform(read_input("mouse_move", {"coordinate": [7, 7]}), VIEW, lambda: None)
    performer.perform(read_input("left_mouse_down", {}), VIEW, lambda: None)
    performer.perform(read_input("mouse_move", {"coordinate": [500, 7]}), VIEW, lambda: None)
    performer.abandon()
    assert desktop.done[-2:] == [("move", 7, 7), ("release", "left")]
    assert performer.read_state().pressed_at is None

"""The border and the stop key on an X server."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from bridge.computer.indicator import BORDER_POINTS, COLOR, STOP_KEY_PRESSED
from bridge.computer.native.screens import Screens
from bridge.computer.native.x11.connection import open_display
from bridge.computer.native.x11.indicator import X11Indicator, list_border_strips
from bridge.computer.native.x11.input import X11Input
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import DesktopUnavailable
from tests.computer.native.programs.start import Program, eventually

pytestmark = pytest.mark.end_to_end

SCREEN = Rect(0, 0, 1920, 1080)
ORANGE = (COLOR >> 16, COLOR >> 8 & 255, COLOR & 255)


@pytest.fixture
def stops() -> list[str]:
    return []


@pytest.fixture
def indicator(screen: str, stops: list[str]) -> Iterator[X11Indicator]:
    made = X11Indicator("ctrl+alt+Escape")
    made.show(stops.append)
    yield made
    made.hide()


def read_pixel(at: tuple[int, int]) -> tuple[int, ...]:
    with Screens() as screens_device:
        return tuple(screens_device.grab(SCREEN).getpixel(at))  # type: ignore[arg-type]


EDGES = [(0, 0), (960, 1), (1919, 540), (960, 1079), (2, 540)]


def test_the_border_is_on_every_side_and_is_removed(indicator: X11Indicator) -> None:
    assert eventually(lambda: all(read_pixel(edge) == ORANGE for edge in EDGES))
    assert read_pixel((960, BORDER_POINTS + 1)) != ORANGE
    indicator.hide()
    assert eventually(lambda: all(read_pixel(edge) != ORANGE for edge in EDGES))


def test_a_click_goes_through_the_border(
    indicator: X11Indicator, input_device: X11Input, program: Callable[[str], Program]
) -> None:
    window = program("tk")
    before = len(window.events())
    input_device.move(Point(window.area.left + 1, window.area.top + 100))
    input_device.press("left")
    input_device.release("left")
    assert eventually(lambda: len(window.events()) > before), "the window beneath has it"


def press_together(input_device: X11Input, *keys: str) -> None:
    for key in keys:
        input_device.press_key(key)
    for key in reversed(keys):
        input_device.release_key(key)


def test_the_stop_key_stops_at_once(
    indicator: X11Indicator, input_device: X11Input, stops: list[str]
) -> None:
    press_together(input_device, "Control_L", "Alt_L", "Escape")
    assert eventually(lambda: stops == [STOP_KEY_PRESSED], 5)


def test_other_keys_do_not_stop(
    indicator: X11Indicator, input_device: X11Input, stops: list[str]
) -> None:
    press_together(input_device, "Escape")
    press_together(input_device, "Control_L", "Escape")
    time.sleep(0.1)
    assert stops == []


def test_the_stop_key_works_with_caps_lock(
    indicator: X11Indicator, input_device: X11Input, stops: list[str]
) -> None:
    press_together(input_device, "Caps_Lock")
    try:
        press_together(input_device, "Control_L", "Alt_L", "Escape")
        assert eventually(lambda: stops == [STOP_KEY_PRESSED], 5)
    finally:
        press_together(input_device, "Caps_Lock")


def test_the_key_is_free_after_hiding(
    indicator: X11Indicator, input_device: X11Input, stops: list[str]
) -> None:
    indicator.hide()
    press_together(input_device, "Control_L", "Alt_L", "Escape")
    time.sleep(0.1)
    assert stops == []


def test_a_key_that_another_program_uses_is_an_error(indicator: X11Indicator) -> None:
    other = X11Indicator("ctrl+alt+Escape")
    with pytest.raises(DesktopUnavailable, match="Another program uses the stop key"):
        other.show(lambda why: None)
    other.hide()


def test_without_a_stop_key_there_is_a_border(screen: str) -> None:
    indicator = X11Indicator("none")
    indicator.show(lambda why: None)
    try:
        assert eventually(lambda: read_pixel((960, 1)) == ORANGE)
    finally:
        indicator.hide()


def test_hiding_leaves_nothing_behind(screen: str, stops: list[str]) -> None:
    threads, handles = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        indicator = X11Indicator("ctrl+alt+Escape")
        indicator.show(stops.append)
        indicator.hide()
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == handles
    with closing(open_display(os.environ)) as display:
        children = display.screen().root.query_tree().children
        boxes = [window.get_geometry() for window in children]
    assert not any(box.width == SCREEN.width and box.height == BORDER_POINTS for box in boxes)


def test_every_screen_has_four_strips() -> None:
    left, right = Rect(-800, 0, 800, 600), Rect(0, 0, 1920, 1080)
    found = list_border_strips([left, right])
    assert len(found) == 8
    assert Rect(-800, 596, 800, BORDER_POINTS) in found
    assert all(one.intersect(left) == one or one.intersect(right) == one for one in found)

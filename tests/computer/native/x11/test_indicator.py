"""A border that cannot be missed and is in nobody's way, and a key that stops anywhere."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from bridge.computer.indicator import PRESSED
from bridge.computer.native.screens import Eyes
from bridge.computer.native.x11.connection import open_display
from bridge.computer.native.x11.indicator import COLOR, THICK, X11Warden, strips
from bridge.computer.native.x11.keyboard import X11Hands
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
def warden(screen: str, stops: list[str]) -> Iterator[X11Warden]:
    made = X11Warden("ctrl+alt+Escape")
    made.begin(stops.append)
    yield made
    made.end()


def pixel(at: tuple[int, int]) -> tuple[int, ...]:
    with Eyes() as eyes:
        return tuple(eyes.grab(SCREEN).getpixel(at))  # type: ignore[arg-type]


EDGES = [(0, 0), (960, 1), (1919, 540), (960, 1079), (2, 540)]


def test_it_is_seen_on_every_side_and_gone_in_the_end(warden: X11Warden) -> None:
    assert eventually(lambda: all(pixel(edge) == ORANGE for edge in EDGES))
    assert pixel((960, THICK + 1)) != ORANGE
    warden.end()
    assert eventually(lambda: all(pixel(edge) != ORANGE for edge in EDGES))


def test_a_click_goes_through_it(
    warden: X11Warden, hands: X11Hands, program: Callable[[str], Program]
) -> None:
    window = program("tk")
    before = len(window.events())
    hands.move(Point(window.area.left + 1, window.area.top + 100))
    hands.press("left")
    hands.release("left")
    assert eventually(lambda: len(window.events()) > before), "the window beneath has it"


def pressed(hands: X11Hands, *keys: str) -> None:
    for key in keys:
        hands.key_down(key)
    for key in reversed(keys):
        hands.key_up(key)


def test_the_key_stops_within_a_moment(
    warden: X11Warden, hands: X11Hands, stops: list[str]
) -> None:
    before = time.monotonic()
    pressed(hands, "Control_L", "Alt_L", "Escape")
    assert eventually(lambda: stops == [PRESSED], 5)
    assert time.monotonic() - before < 1


def test_other_keys_are_not_its_business(
    warden: X11Warden, hands: X11Hands, stops: list[str]
) -> None:
    pressed(hands, "Escape")
    pressed(hands, "Control_L", "Escape")
    time.sleep(0.1)
    assert stops == []


def test_caps_lock_does_not_keep_it_from_working(
    warden: X11Warden, hands: X11Hands, stops: list[str]
) -> None:
    pressed(hands, "Caps_Lock")
    try:
        pressed(hands, "Control_L", "Alt_L", "Escape")
        assert eventually(lambda: stops == [PRESSED], 5)
    finally:
        pressed(hands, "Caps_Lock")


def test_after_the_end_the_key_is_anybodys_again(
    warden: X11Warden, hands: X11Hands, stops: list[str]
) -> None:
    warden.end()
    pressed(hands, "Control_L", "Alt_L", "Escape")
    time.sleep(0.1)
    assert stops == []


def test_a_key_that_another_program_has_is_said(warden: X11Warden) -> None:
    other = X11Warden("ctrl+alt+Escape")
    with pytest.raises(DesktopUnavailable, match="Another program has the stop key"):
        other.begin(lambda why: None)
    other.end()


def test_without_a_key_there_is_still_a_border(screen: str) -> None:
    warden = X11Warden("none")
    warden.begin(lambda why: None)
    try:
        assert eventually(lambda: pixel((960, 1)) == ORANGE)
    finally:
        warden.end()


def test_nothing_of_it_is_left(screen: str, stops: list[str]) -> None:
    threads, handles = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        warden = X11Warden("ctrl+alt+Escape")
        warden.begin(stops.append)
        warden.end()
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == handles
    with closing(open_display(os.environ)) as display:
        children = display.screen().root.query_tree().children
        boxes = [window.get_geometry() for window in children]
    assert not any(box.width == SCREEN.width and box.height == THICK for box in boxes)


def test_every_screen_has_four_sides() -> None:
    left, right = Rect(-800, 0, 800, 600), Rect(0, 0, 1920, 1080)
    found = strips([left, right])
    assert len(found) == 8
    assert Rect(-800, 596, 800, THICK) in found
    assert all(one.overlap(left) == one or one.overlap(right) == one for one in found)

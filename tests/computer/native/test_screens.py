"""Captures of a real X server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mss import MSS
from PIL import Image

from bridge.computer.native.environment import NO_DISPLAY, WAYLAND
from bridge.computer.native.screens import Screens
from bridge.computer.native.x11.screen import XScreen, decode_cursor
from bridge.computer.screen.geometry import Point, Rect
from bridge.computer.screen.pictures import black_out, draw_cursor
from bridge.errors import DesktopUnavailable
from tests import desktop
from tests.computer.painter import Painter, colourful

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs an X server"),
]

SCREEN = Rect(0, 0, 1280, 720)


@pytest.fixture
def painter(x_display: str) -> Iterator[Painter]:
    painter = Painter(x_display)
    yield painter
    painter.close()


@pytest.fixture
def screens(x_display: str, painter: Painter) -> Iterator[Screens]:
    with Screens({"DISPLAY": x_display}) as screens:
        yield screens


def xrandr(display: str, *words: str) -> None:
    desktop.need_program("xrandr")
    subprocess.run(["xrandr", "-display", display, *words], check=True, capture_output=True)


def test_a_capture_is_exact_to_the_pixel(screens: Screens, painter: Painter) -> None:
    painted = colourful(1280, 720)
    painter.paint(painted)
    seen = screens.grab(SCREEN)
    assert seen.mode == "RGB"
    assert seen.tobytes() == painted.tobytes()


def test_a_capture_of_an_area(screens: Screens, painter: Painter) -> None:
    painted = colourful(1280, 720)
    painter.paint(painted)
    assert (
        screens.grab(Rect(33, 44, 101, 57)).tobytes() == painted.crop((33, 44, 134, 101)).tobytes()
    )


def test_a_second_capture_shows_changes(screens: Screens, painter: Painter) -> None:
    first = screens.grab(SCREEN)
    painter.paint(Image.new("RGB", (5, 5), (1, 2, 3)), 10, 20)
    second = screens.grab(SCREEN)
    assert second.getpixel((10, 20)) == (1, 2, 3)
    assert first.getpixel((10, 20)) != (1, 2, 3)


def test_the_memory_of_a_picture_is_reused(screens: Screens) -> None:
    screens.grab(SCREEN)
    before = reused_blocks()
    screens.grab(SCREEN)
    assert reused_blocks() > before


def test_two_monitors_are_two_screens_the_main_one_first(screens: Screens, x_display: str) -> None:
    assert screens.list_screens() == (SCREEN,)
    xrandr(x_display, "--setmonitor", "left", "500/132x720/190+0+0", "screen")
    xrandr(x_display, "--setmonitor", "*right", "780/206x600/158+500+120", "none")
    assert screens.list_screens() == (Rect(500, 120, 780, 600), Rect(0, 0, 500, 720))


def test_mirrored_monitors_are_one_screen(screens: Screens, x_display: str) -> None:
    xrandr(x_display, "--setmonitor", "one", "640/169x720/190+640+0", "screen")
    xrandr(x_display, "--setmonitor", "two", "640/169x720/190+640+0", "none")
    assert screens.list_screens() == (Rect(640, 0, 640, 720),)


def test_a_capture_of_the_second_monitor(
    screens: Screens, painter: Painter, x_display: str
) -> None:
    xrandr(x_display, "--setmonitor", "left", "500/132x720/190+0+0", "screen")
    xrandr(x_display, "--setmonitor", "right", "780/206x720/190+500+0", "none")
    painted = colourful(1280, 720)
    painter.paint(painted)
    second = screens.list_screens()[1]
    assert screens.grab(second).tobytes() == painted.crop((500, 0, 1280, 720)).tobytes()


def test_a_screen_that_shrinks_and_grows_is_noticed(
    screens: Screens, painter: Painter, x_display: str
) -> None:
    shrink_screen(x_display)
    assert screens.list_screens() == (Rect(0, 0, 640, 480),)
    assert screens.grab(Rect(0, 0, 640, 480)).size == (640, 480)
    xrandr(x_display, "--output", "screen", "--mode", "1280x720")
    assert screens.list_screens() == (SCREEN,)
    painted = colourful(1280, 720)
    painter.paint(painted)
    assert screens.grab(SCREEN).tobytes() == painted.tobytes()


def test_a_screen_that_grew_can_be_captured_without_listing_screens(
    screens: Screens, x_display: str
) -> None:
    shrink_screen(x_display)
    with Screens({"DISPLAY": x_display}) as begun_small:
        begun_small.grab(Rect(0, 0, 640, 480))
        xrandr(x_display, "--output", "screen", "--mode", "1280x720")
        assert begun_small.grab(SCREEN).size == (1280, 720)


def test_an_area_that_left_the_screen_is_an_error(screens: Screens, x_display: str) -> None:
    screens.grab(SCREEN)
    shrink_screen(x_display)
    with pytest.raises(DesktopUnavailable, match=r"1280x720 points at .* Take a new screenshot"):
        screens.grab(SCREEN)
    with pytest.raises(DesktopUnavailable, match="no longer on the screen"):
        screens.grab(Rect(-5, 0, 10, 10))


def test_a_secret_window_is_black(screens: Screens, painter: Painter) -> None:
    painter.paint(Image.new("RGB", (1280, 720), (9, 99, 199)))
    painter.paint(Image.new("RGB", (300, 200), (250, 0, 0)), 100, 50)
    seen = screens.grab(SCREEN)
    black_out(seen, SCREEN, [Rect(100, 50, 300, 200)])
    assert sorted(seen.getcolors() or []) == [
        (300 * 200, (0, 0, 0)),
        (1280 * 720 - 300 * 200, (9, 99, 199)),
    ]


def test_the_cursor_is_drawn_as_mss_draws_it(
    screens: Screens, painter: Painter, x_display: str
) -> None:
    painter.paint(Image.new("RGB", (1280, 720), (9, 99, 199)))
    painter.point(333, 222)
    seen, cursor = screens.grab(SCREEN), screens.read_cursor()
    plain = seen.tobytes()
    assert cursor is not None
    draw_cursor(seen, SCREEN, cursor, Point(333, 222))
    with MSS(with_cursor=True, display=x_display) as other:
        expected = other.grab((0, 0, 1280, 720)).rgb
    assert plain != expected
    assert seen.tobytes() == expected


def test_a_cursors_premultiplied_colours_are_restored() -> None:
    picture = decode_cursor(bytes([0, 25, 51, 51, 30, 20, 10, 255]), 2, 1)
    assert picture.getpixel((0, 0)) == (255, 125, 0, 51)
    assert picture.getpixel((1, 0)) == (10, 20, 30, 255)


def test_without_a_display_it_cannot_be_made() -> None:
    with pytest.raises(DesktopUnavailable) as caught:
        Screens({})
    assert caught.value.message == NO_DISPLAY


def test_a_display_that_does_not_answer_is_named() -> None:
    with pytest.raises(DesktopUnavailable, match="no X server answers at :65000") as caught:
        Screens({"DISPLAY": ":65000"})
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_xwayland_is_recognized_by_its_monitor(painter: Painter, x_display: str) -> None:
    xrandr(x_display, "--setmonitor", "XWAYLAND0", "640/169x720/190+0+0", "screen")
    with pytest.raises(DesktopUnavailable) as caught:
        Screens({"DISPLAY": x_display})
    assert caught.value.message == WAYLAND


def test_a_server_that_goes_away_is_an_error() -> None:
    with desktop.x_display() as display:
        screens = Screens({"DISPLAY": display})
        screens.grab(SCREEN)
    for capture_once in (
        lambda: screens.grab(SCREEN),
        screens.list_screens,
        screens.read_cursor,
    ):
        with pytest.raises(DesktopUnavailable, match="Is it still running") as caught:
            capture_once()
        assert caught.value.__cause__ is not None


def test_closing_closes_every_connection(x_display: str, painter: Painter) -> None:
    capture_once(x_display)  # loads what is loaded once
    before = open_files()
    for _ in range(3):
        capture_once(x_display)
    assert open_files() == before


def test_a_refusal_closes_every_connection(x_display: str, painter: Painter) -> None:
    xrandr(x_display, "--setmonitor", "XWAYLAND0", "640/169x720/190+0+0", "screen")
    before = open_files()
    for _ in range(3):
        with pytest.raises(DesktopUnavailable):
            Screens({"DISPLAY": x_display})
    assert open_files() == before


def test_it_can_capture_again_after_closing(screens: Screens) -> None:
    screens.close()
    screens.close()
    assert screens.grab(SCREEN).size == (1280, 720)


def test_a_closed_connection_is_named(x_display: str) -> None:
    screen = XScreen(x_display)
    screen.close()
    with pytest.raises(ConnectionAbortedError, match="closed"):
        screen.read_area()


def capture_once(display: str) -> None:
    with Screens({"DISPLAY": display}) as screens:
        screens.grab(SCREEN)
        screens.read_cursor()
        assert len(open_files()) > 0


def reused_blocks() -> int:
    pillow = Image.core  # type: ignore[attr-defined]  # documented, but not in its types
    return int(pillow.get_stats()["reused_blocks"])


def open_files() -> list[str]:
    return sorted(os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.exists())


def shrink_screen(display: str) -> None:
    """Set the screen to 640x480; its first mode is 1280x720."""
    timing = ["24", "640", "656", "752", "800", "480", "490", "492", "525"]
    xrandr(display, "--newmode", "small", *timing)
    xrandr(display, "--addmode", "screen", "small")
    xrandr(display, "--output", "screen", "--mode", "small")

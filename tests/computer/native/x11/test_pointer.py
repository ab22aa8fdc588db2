"""The pointer lands where Claude pointed in a picture."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from bridge.computer.desktop import Direction
from bridge.computer.native.x11.input import X11Input
from bridge.computer.screen.geometry import Point, Rect, Size, View, interpolate
from tests.computer.native.listener import open_listener
from tests.computer.native.programs.start import Program, eventually, tk_window
from tests.desktop import need_program, x_display

pytestmark = pytest.mark.end_to_end

FULL_HD = Rect(0, 0, 1920, 1080)
FOUR_K = Rect(0, 0, 3840, 2160)


@pytest.mark.parametrize(
    ("screen_area", "picture"),
    [
        (FULL_HD, Size(1280, 720)),
        (FULL_HD, Size(1456, 819)),
        (FULL_HD, Size(1920, 1080)),
        (FOUR_K, Size(2576, 1449)),
        (FOUR_K, Size(1456, 819)),
    ],
    ids=str,
)
def test_forty_clicks_land_within_a_pixel_of_the_picture(
    screen_area: Rect, picture: Size, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = View(screen_area, picture)
    dice = random.Random(7)  # noqa: S311  # not for secrets
    asked = [(dice.randrange(picture.width), dice.randrange(picture.height)) for _ in range(36)]
    asked += [(0, 0), (picture.width - 1, picture.height - 1), (picture.width - 1, 0), (0, 1)]
    with x_display(f"{screen_area.width}x{screen_area.height}") as name:
        monkeypatch.setenv("DISPLAY", name)
        input_device = X11Input({"DISPLAY": name})
        with tk_window(tmp_path, screen_area) as window:
            for x, y in asked:
                input_device.move(view.to_desktop(x, y))
                input_device.press("left")
                input_device.release("left")
            assert eventually(lambda: len(seen(window, "release")) == len(asked))
        input_device.close()
    landed = seen(window, "press")
    assert landed == seen(window, "release")
    assert landed == [view.to_desktop(x, y) for x, y in asked]
    for (x, y), point in zip(asked, landed, strict=True):
        in_picture = view.to_picture(point)
        assert abs(in_picture[0] - x) <= 1
        assert abs(in_picture[1] - y) <= 1


def seen(window: Program, kind: str) -> list[Point]:
    return [Point(*one["at"]) for one in window.events() if one["kind"] == kind]


def drag(input_device: X11Input, start: Point, way: list[Point]) -> None:
    input_device.move(start)
    input_device.press("left")
    for point in way:
        input_device.move(point)
    input_device.release("left")


def test_a_drag_passes_every_point_of_its_path(input_device: X11Input) -> None:
    way = interpolate(Point(100, 100), Point(700, 400), 20)
    with open_listener() as listener:
        drag(input_device, Point(100, 100), way)
        assert eventually(lambda: bool(listener.list_events("release")))
        # pyautogui moves to the same place again before it presses and releases.
        assert [
            point for at, point in enumerate(listener.way) if point not in listener.way[:at]
        ] == way


def test_a_program_sees_one_drag(input_device: X11Input, tmp_path: Path) -> None:
    start, end = Point(100, 100), Point(700, 400)
    way = interpolate(start, end, 20)
    with tk_window(tmp_path) as window:
        drag(input_device, start, way)
        assert eventually(lambda: seen(window, "release") == [end])
        assert seen(window, "press") == [start]
        # Tk leaves out those that follow each other fast.
        assert len(seen(window, "drag")) >= 2
        assert set(seen(window, "drag")) <= {start, *way}


@pytest.mark.parametrize(
    ("direction", "button"), [("up", 4), ("down", 5), ("left", 6), ("right", 7)]
)
def test_each_notch_of_the_wheel_is_one_event(
    input_device: X11Input, direction: Direction, button: int
) -> None:
    with open_listener() as listener:
        input_device.scroll(direction, 5)
        expected = [("press", button), ("release", button)] * 5
        assert eventually(lambda: listener.list_events("press", "release") == expected)


def test_the_three_buttons(input_device: X11Input) -> None:
    with open_listener() as listener:
        for button in ("left", "middle", "right"):
            input_device.press(button)
            input_device.release(button)
        expected = [(kind, number) for number in (1, 2, 3) for kind in ("press", "release")]
        assert eventually(lambda: listener.list_events("press", "release") == expected)


def test_the_pointer_reaches_every_monitor(input_device: X11Input, screen: str) -> None:
    need_program("xrandr")
    for name, geometry in (("Left", "960/254x1080/286+0+0"), ("Right", "960/254x1080/286+960+0")):
        subprocess.run(["xrandr", "--setmonitor", name, geometry, "none"], check=True)
    process = subprocess.run(
        ["xrandr", "--listmonitors"], capture_output=True, text=True, check=True
    )
    assert "Left" in process.stdout
    assert "Right" in process.stdout
    try:
        for point in ((0, 0), (959, 0), (960, 0), (1919, 1079), (0, 1079), (1200, 7)):
            input_device.move(Point(*point))
            assert input_device.read_pointer() == point
    finally:
        for name in ("Left", "Right"):
            subprocess.run(["xrandr", "--delmonitor", name], check=True)


def test_a_shift_click(input_device: X11Input, tmp_path: Path) -> None:
    with tk_window(tmp_path) as window:
        input_device.move(Point(200, 200))
        input_device.press_key("Shift_L")
        input_device.press("left")
        input_device.release("left")
        input_device.release_key("Shift_L")
        input_device.press("left")
        input_device.release("left")
        assert eventually(lambda: len(seen(window, "release")) == 2)
        assert [one["state"] & 1 for one in window.events() if one["kind"] == "press"] == [1, 0]

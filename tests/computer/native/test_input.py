"""The part of the input that all platforms share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from bridge.computer.desktop import Check, Direction, Window, WindowId
from bridge.computer.native.input import CHECKED_EVERY, Input, split_text
from bridge.computer.screen.geometry import Point
from bridge.errors import InvalidRequest


class FakeMouse:
    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []

    def position(self) -> tuple[float, float]:
        return (3.0, -4.0)

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **named: self.done.append((name, *given, *named.values()))


class PointerOnly(Input):
    def press_key(self, keysym: str) -> None: ...
    def release_key(self, keysym: str) -> None: ...
    def type(self, text: str, check: Check) -> None: ...
    def list_windows(self) -> Sequence[Window]:
        return ()

    def activate_window(self, window: Window) -> None: ...

    def find_focused(self) -> WindowId | None:
        return None

    def find_pointed(self) -> WindowId | None:
        return None

    def close(self) -> None: ...


def test_the_pointer_moves_and_can_be_read() -> None:
    mouse = FakeMouse()
    input_device = PointerOnly(mouse)
    input_device.move(Point(-5, 7))
    input_device.press("right")
    input_device.release("right")
    assert mouse.done == [("moveTo", -5, 7), ("mouseDown", "right"), ("mouseUp", "right")]
    assert input_device.read_pointer() == Point(3, -4)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("up", ("vscroll", 1)),
        ("down", ("vscroll", -1)),
        ("left", ("hscroll", -1)),
        ("right", ("hscroll", 1)),
    ],
)
def test_each_notch_is_one_event(direction: Direction, expected: tuple[str, int]) -> None:
    mouse = FakeMouse()
    PointerOnly(mouse).scroll(direction, 3)
    assert mouse.done == [expected] * 3


def test_a_text_is_split_and_its_line_ends_are_normalized() -> None:
    text = "abc\r\ndef\rghi\njk"
    assert "".join(split_text(text)) == "abc\ndef\nghi\njk"
    assert {len(piece) for piece in split_text("x" * 20)} == {CHECKED_EVERY, 20 % CHECKED_EVERY}


def test_a_key_in_a_text_is_a_piece_of_its_own() -> None:
    """The window is checked right before a Return, which may carry out what was typed."""
    assert list(split_text("ls\n\ncd ..\tx")) == ["ls", "\n", "\n", "cd ..", "\t", "x"]


@pytest.mark.parametrize("text", ["a\x00", "\x7f", "b\x85", "\ud83d"])
def test_a_character_that_cannot_be_typed_is_refused_first(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"U\+[0-9A-F]{4} cannot be typed"):
        next(split_text("x" * 100 + text))


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    modules = ("factory", "macos", "windows.input", "x11.indicator", "x11.input", "x11.windows")
    imports = "".join(f"import bridge.computer.native.{name}\n" for name in modules)
    script = (
        f"{imports}import sys\n"
        "print({'pyautogui', 'Xlib', 'Quartz', 'ctypes.wintypes'} & set(sys.modules))"
    )
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert process.stdout == "set()\n"


def test_pyautogui_needs_no_tkinter_and_does_not_wait(x_display: str) -> None:
    script = (
        "import sys\nsys.modules['tkinter'] = None\n"
        "from bridge.computer.native.x11.input import X11Input\nX11Input().close()\n"
        "import pyautogui\nprint(pyautogui.PAUSE, pyautogui.FAILSAFE, 'mouseinfo' in sys.modules)"
    )
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert process.stdout == "0 False False\n"

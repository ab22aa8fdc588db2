"""This machine's desktop: its screens and its input devices behind one interface."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from bridge.computer.desktop import (
    Button,
    Check,
    Cursor,
    Direction,
    Elements,
    Window,
    WindowId,
)
from bridge.computer.screen.geometry import Point, Rect

if TYPE_CHECKING:
    from PIL.Image import Image


class Screens(Protocol):
    """The part of a `Desktop` that sees."""

    def list_screens(self) -> Sequence[Rect]: ...

    def grab(self, area: Rect, *, with_pointer: bool = False) -> Image: ...

    def read_cursor(self) -> Cursor | None: ...

    def close(self) -> None: ...


class Input(Protocol):
    """The part of a `Desktop` that acts, and knows the windows."""

    def read_pointer(self) -> Point: ...

    def move(self, to: Point) -> None: ...

    def press(self, button: Button) -> None: ...

    def release(self, button: Button) -> None: ...

    def scroll(self, direction: Direction, clicks: int) -> None: ...

    def press_key(self, keysym: str) -> None: ...

    def release_key(self, keysym: str) -> None: ...

    def type(self, text: str, check: Check) -> None: ...

    def list_windows(self) -> Sequence[Window]: ...

    def activate_window(self, window: Window) -> None: ...

    def find_focused(self) -> WindowId | None: ...

    def find_pointed(self) -> WindowId | None: ...

    def close(self) -> None: ...


class NativeDesktop:
    """A `Desktop` made of the platform's screens, input and elements."""

    def __init__(self, screens: Screens, input: Input, elements: Elements) -> None:
        self._screens = screens
        self._input = input
        self._elements = elements

    @property
    def elements(self) -> Elements:
        return self._elements

    def list_screens(self) -> Sequence[Rect]:
        return self._screens.list_screens()

    def grab(self, area: Rect, *, with_pointer: bool = False) -> Image:
        return self._screens.grab(area, with_pointer=with_pointer)

    def read_cursor(self) -> Cursor | None:
        return self._screens.read_cursor()

    def read_pointer(self) -> Point:
        return self._input.read_pointer()

    def move(self, to: Point) -> None:
        self._input.move(to)

    def press(self, button: Button) -> None:
        self._input.press(button)

    def release(self, button: Button) -> None:
        self._input.release(button)

    def scroll(self, direction: Direction, clicks: int) -> None:
        self._input.scroll(direction, clicks)

    def press_key(self, keysym: str) -> None:
        self._input.press_key(keysym)

    def release_key(self, keysym: str) -> None:
        self._input.release_key(keysym)

    def type(self, text: str, check: Check) -> None:
        self._input.type(text, check)

    def list_windows(self) -> Sequence[Window]:
        return self._input.list_windows()

    def activate_window(self, window: Window) -> None:
        self._input.activate_window(window)

    def find_focused(self) -> WindowId | None:
        return self._input.find_focused()

    def find_pointed(self) -> WindowId | None:
        return self._input.find_pointed()

    def close(self) -> None:
        # Each is closed even if the other fails.
        with ExitStack() as stack:
            stack.callback(self._screens.close)
            stack.callback(self._input.close)
            stack.callback(self._elements.close)

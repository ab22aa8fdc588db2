"""The desktop of this machine as one: its screens by mss, its hands by what the platform has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bridge.computer.desktop import Button, Check, Cursor, Direction, Window
from bridge.computer.native.input import Hands
from bridge.computer.native.screens import Eyes
from bridge.computer.screen.geometry import Point, Rect

if TYPE_CHECKING:
    from PIL.Image import Image


def open_desktop() -> NativeDesktop:
    """To be called, like all of its methods, in one thread. Raises DesktopUnavailable."""
    with ExitStack() as opened:
        eyes = Eyes()
        opened.callback(eyes.close)
        desktop = NativeDesktop(eyes, _hands())
        opened.pop_all()
        return desktop


class NativeDesktop:
    """Eyes and hands of the same desktop; see `Desktop`."""

    def __init__(self, eyes: Eyes, hands: Hands) -> None:
        self._eyes = eyes
        self._hands = hands

    def screens(self) -> Sequence[Rect]:
        return self._eyes.screens()

    def grab(self, area: Rect) -> Image:
        return self._eyes.grab(area)

    def cursor(self) -> Cursor | None:
        return self._eyes.cursor()

    def pointer(self) -> Point:
        return self._hands.pointer()

    def move(self, to: Point) -> None:
        self._hands.move(to)

    def press(self, button: Button) -> None:
        self._hands.press(button)

    def release(self, button: Button) -> None:
        self._hands.release(button)

    def scroll(self, direction: Direction, clicks: int) -> None:
        self._hands.scroll(direction, clicks)

    def key_down(self, keysym: str) -> None:
        self._hands.key_down(keysym)

    def key_up(self, keysym: str) -> None:
        self._hands.key_up(keysym)

    def type(self, text: str, check: Check) -> None:
        self._hands.type(text, check)

    def windows(self) -> Sequence[Window]:
        return self._hands.windows()

    def close(self) -> None:
        with ExitStack() as both:
            both.callback(self._eyes.close)
            both.callback(self._hands.close)


def _hands() -> Hands:
    """What presses keys differs most; each platform's own is loaded only there."""
    if sys.platform == "win32":
        from bridge.computer.native.windows.keyboard import WindowsHands

        return WindowsHands()
    if sys.platform == "darwin":
        from bridge.computer.native.macos import MacHands

        return MacHands()
    from bridge.computer.native.x11.keyboard import X11Hands

    return X11Hands()

"""Hands on any desktop: a keyboard of each platform's own, and a pointer by pyautogui."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unicodedata import category

from bridge.computer.desktop import Button, Check, Direction, Window
from bridge.computer.screen.geometry import Point
from bridge.errors import InvalidRequest

CHECKED_EVERY = 8
"""Characters that are typed between two checks."""

_KEYS = "\n\r\t\b\x1b"
"""Control characters that are keys: Return, Tab, BackSpace and Escape."""
_UNUSED_BY_US = ("mouseinfo", "pymsgbox", "pyscreeze")
"""What pyautogui brings for windows and pictures of its own; it does without."""


class Hands(ABC):
    """The part of a `Desktop` that acts. One thread makes it and makes every call.

    pyautogui is not safe in several threads: their requests mix on one connection.
    """

    def __init__(self, mouse: Any = None) -> None:
        """`mouse` has pyautogui's functions."""
        self._mouse: Any = mouse or import_pyautogui()

    def pointer(self) -> Point:
        x, y = self._mouse.position()
        return Point(int(x), int(y))

    def move(self, to: Point) -> None:
        """Puts the pointer exactly there, at once."""
        self._mouse.moveTo(to.x, to.y)

    def press(self, button: Button) -> None:
        self._mouse.mouseDown(button=button)

    def release(self, button: Button) -> None:
        self._mouse.mouseUp(button=button)

    def scroll(self, direction: Direction, clicks: int) -> None:
        """One event for each notch: programs that smooth their scrolling merge larger ones."""
        turn = self._mouse.vscroll if direction in ("up", "down") else self._mouse.hscroll
        for _ in range(clicks):
            turn(1 if direction in ("up", "right") else -1)

    @abstractmethod
    def key_down(self, keysym: str) -> None: ...

    @abstractmethod
    def key_up(self, keysym: str) -> None: ...

    @abstractmethod
    def type(self, text: str, check: Check) -> None: ...

    @abstractmethod
    def windows(self) -> Sequence[Window]: ...

    @abstractmethod
    def close(self) -> None: ...


def import_pyautogui() -> Any:
    """pyautogui without its pauses and its fail-safe, which sleeps with keys held down.

    On Linux it connects to `$DISPLAY`.
    """
    with _without(_UNUSED_BY_US):
        import pyautogui
    pyautogui.PAUSE = 0
    pyautogui.FAILSAFE = False
    return pyautogui


def pieces(text: str) -> Iterator[str]:
    """A text in the pieces between which is checked; a carriage return is no key of its own.

    Raises InvalidRequest, before the first piece, for a character that no key can give.
    """
    odd = next((one for one in text if category(one) in ("Cc", "Cs") and one not in _KEYS), None)
    if odd is not None:
        raise InvalidRequest(f"U+{ord(odd):04X} is a character that cannot be typed.", param="text")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for start in range(0, len(text), CHECKED_EVERY):
        yield text[start : start + CHECKED_EVERY]


def key_codes(table: str) -> dict[str, int]:
    """A table of names, each followed by its code as a hexadecimal number."""
    words = table.split()
    codes = [int(code, 16) for code in words[1::2]]
    return dict(zip(words[::2], codes, strict=True))


@contextmanager
def _without(modules: Sequence[str]) -> Iterator[None]:
    """Imports of these fail meanwhile, as where they are not installed.

    mouseinfo ends the whole process where Python has no tkinter, and opens a connection to X.
    """
    absent = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent, None))  # type: ignore[arg-type]  # None: not there
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]

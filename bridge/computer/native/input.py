"""Base of each platform's input: the pointer by pyautogui, the keyboard by a subclass."""

from __future__ import annotations

import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unicodedata import category

from bridge.computer.desktop import Button, Check, Direction, Window, WindowId
from bridge.computer.screen.geometry import Point
from bridge.errors import InvalidRequest

CHECKED_EVERY = 8
"""Characters typed between two checks for a stop."""

_KEYS = "\n\r\t\b\x1b"
"""Control characters that are keys: Return, Tab, BackSpace and Escape."""
_PIECE = re.compile(rf"[{_KEYS}]|[^{_KEYS}]{{1,{CHECKED_EVERY}}}")
_UNUSED_BY_US = ("mouseinfo", "pymsgbox", "pyscreeze")
"""Modules that pyautogui imports for its own windows and screenshots; it works without them."""


class Input(ABC):
    """The part of a `Desktop` that acts; made and used in one thread.

    pyautogui is not thread-safe: requests of several threads mix on its one connection.
    """

    def __init__(self, mouse: Any = None) -> None:
        """`mouse`: pyautogui, or an object with its functions."""
        self._mouse: Any = mouse or import_pyautogui()

    def read_pointer(self) -> Point:
        x, y = self._mouse.position()
        return Point(int(x), int(y))

    def move(self, to: Point) -> None:
        """Move the pointer at once, without an animation."""
        self._mouse.moveTo(to.x, to.y)

    def press(self, button: Button) -> None:
        self._mouse.mouseDown(button=button)

    def release(self, button: Button) -> None:
        self._mouse.mouseUp(button=button)

    def scroll(self, direction: Direction, clicks: int) -> None:
        """Send one event for each notch."""
        turn = self._mouse.vscroll if direction in ("up", "down") else self._mouse.hscroll
        # Programs with smooth scrolling merge larger events, and then scroll less far.
        for _ in range(clicks):
            turn(1 if direction in ("up", "right") else -1)

    @abstractmethod
    def press_key(self, keysym: str) -> None: ...

    @abstractmethod
    def release_key(self, keysym: str) -> None: ...

    @abstractmethod
    def type(self, text: str, check: Check) -> None: ...

    @abstractmethod
    def list_windows(self) -> Sequence[Window]: ...

    @abstractmethod
    def activate_window(self, window: Window) -> None: ...

    @abstractmethod
    def find_focused(self) -> WindowId | None: ...

    @abstractmethod
    def find_pointed(self) -> WindowId | None: ...

    @abstractmethod
    def close(self) -> None: ...


def import_pyautogui() -> Any:
    """Import pyautogui without its pauses and its fail-safe.

    The fail-safe sleeps with keys held down. On Linux the import connects to `$DISPLAY`.
    """
    with _block_imports(_UNUSED_BY_US):
        import pyautogui
    pyautogui.PAUSE = 0
    pyautogui.FAILSAFE = False
    return pyautogui


def split_text(text: str) -> Iterator[str]:
    """Split text into pieces of CHECKED_EVERY characters, with line ends as `\\n`.

    A key such as Return is a piece of its own: it may carry out what was typed before, so the
    window is checked right before it. Raises InvalidRequest before the first piece if a control
    character cannot be typed.
    """
    untypable = next((c for c in text if category(c) in ("Cc", "Cs") and c not in _KEYS), None)
    if untypable is not None:
        raise InvalidRequest(f"U+{ord(untypable):04X} cannot be typed.", param="text")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    yield from _PIECE.findall(text)


def parse_key_codes(table: str) -> dict[str, int]:
    """Parse a table of key names, each followed by its hexadecimal code."""
    words = table.split()
    codes = [int(code, 16) for code in words[1::2]]
    return dict(zip(words[::2], codes, strict=True))


@contextmanager
def _block_imports(modules: Sequence[str]) -> Iterator[None]:
    """Make imports of these modules fail, as if they were not installed.

    mouseinfo ends the whole process if Python has no tkinter, and opens a connection to X.
    """
    absent = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent, None))  # type: ignore[arg-type]  # None makes an import fail
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]

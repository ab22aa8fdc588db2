"""Hands on X11: exact text and keys by name, whatever the keyboard layout."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from bridge.computer.desktop import Check, Window
from bridge.computer.native.input import Hands, import_pyautogui, pieces
from bridge.computer.native.x11.connection import authority, open_display
from bridge.computer.native.x11.layout import (
    LOCK,
    Stroke,
    keysym_named,
    keysym_of,
    read_layout,
)
from bridge.computer.native.x11.readers import Readers
from bridge.computer.native.x11.spare_keys import Borrowing
from bridge.computer.native.x11.windows import list_windows
from bridge.computer.native.x11.xkb import Xkb

_PACE_SECONDS = 0.001
"""Between two characters; programs that work through each key lose none at this pace."""


class X11Hands(Hands):
    """Raises DesktopUnavailable where there is no X server, with the cure.

    One at a time: pyautogui has one connection for all, and the one made last gets it.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._display = open_display(environ)
        super().__init__(_pyautogui_on(self._display))
        self._xkb = Xkb(self._display)
        self._borrowing = Borrowing(self._display, Readers(self._display).wait)
        self._down: Counter[int] = Counter()
        """How often each key code was pressed and not yet released."""
        self._held: dict[str, Stroke] = {}

    def key_down(self, keysym: str) -> None:
        """Raises InvalidRequest for a name that X does not have."""
        if keysym in self._held:
            return
        symbol = keysym_named(keysym)
        stroke = self._strokes([symbol], self._on_layout())[0]
        for code in (*stroke.holding, stroke.code):
            self._press(code)
        self._held[keysym] = stroke
        self._display.sync()

    def key_up(self, keysym: str) -> None:
        """Nothing happens if it is not down."""
        stroke = self._held.pop(keysym, None)
        if stroke is None:
            return
        for code in (stroke.code, *reversed(stroke.holding)):
            self._release(code)
        self._display.sync()

    def type(self, text: str, check: Check) -> None:
        check()
        on_layout = self._on_layout()
        with self._without_caps_lock():
            for piece in pieces(text):
                check()
                self._type_piece([keysym_of(one) for one in piece], on_layout)

    def windows(self) -> Sequence[Window]:
        return list_windows(self._display)

    def close(self) -> None:
        from Xlib.error import ConnectionClosedError

        # A server that has ended took everything along that was lent and held.
        with suppress(ConnectionClosedError):
            for keysym in list(self._held):
                self.key_up(keysym)
            self._borrowing.give_back()
            self._display.close()

    def _on_layout(self) -> dict[int, Stroke]:
        """What has a key of its own just now; read anew, for the layout may have changed."""
        # Of a modifier that is given by its bit, the codes; 0 is no code.
        modifiers = {
            1 << bit: [code for code in codes if code]
            for bit, codes in enumerate(self._display.get_modifier_mapping())
        }
        used = {code for codes in modifiers.values() for code in codes}
        self._borrowing.refresh({*used, *self._down})
        layout = read_layout(self._xkb.map(), modifiers)
        return layout.strokes(self._xkb.state().group, self._borrowing.codes)

    def _type_piece(self, symbols: Sequence[int], on_layout: Mapping[int, Stroke]) -> None:
        fitting = max(1, self._borrowing.room)
        for start in range(0, len(symbols), fitting):
            for stroke in self._strokes(symbols[start : start + fitting], on_layout):
                self._tap(stroke)

    def _strokes(self, symbols: Sequence[int], on_layout: Mapping[int, Stroke]) -> list[Stroke]:
        lent = self._borrowing.lend([one for one in symbols if one not in on_layout])
        return [on_layout.get(one) or Stroke(lent[one]) for one in symbols]

    def _tap(self, stroke: Stroke) -> None:
        """All at once, so that nothing comes between a press and its release."""
        codes = (*stroke.holding, stroke.code)
        for code in codes:
            self._press(code)
        for code in reversed(codes):
            self._release(code)
        self._display.sync()
        time.sleep(_PACE_SECONDS)

    def _press(self, code: int) -> None:
        self._down[code] += 1
        if self._down[code] == 1:
            self._send(pressed=True, code=code)

    def _release(self, code: int) -> None:
        self._down[code] -= 1
        if self._down[code] == 0:
            del self._down[code]
            self._send(pressed=False, code=code)

    def _send(self, *, pressed: bool, code: int) -> None:
        from Xlib import X
        from Xlib.ext.xtest import fake_input

        fake_input(self._display, X.KeyPress if pressed else X.KeyRelease, code)

    @contextmanager
    def _without_caps_lock(self) -> Iterator[None]:
        """It would turn é into É even on a key that has nothing but é."""
        if not self._xkb.state().locked & LOCK:
            yield
            return
        self._xkb.lock(LOCK, on=False)
        self._display.sync()
        try:
            yield
        finally:
            self._xkb.lock(LOCK, on=True)
            self._display.sync()


def _pyautogui_on(display: Any) -> Any:
    """pyautogui on our connection: its own was opened on import, to the server of that time."""
    first = "pyautogui" not in sys.modules
    with authority():
        mouse = import_pyautogui()
    if first:
        mouse.platformModule._display.close()
    mouse.platformModule._display = display
    return mouse

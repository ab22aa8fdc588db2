"""Input on X11: exact text and keys by name, whatever the keyboard layout."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from bridge.computer.desktop import Check, Window, WindowId
from bridge.computer.native.input import Input, import_pyautogui, split_text
from bridge.computer.native.x11.connection import open_display, provide_authority
from bridge.computer.native.x11.layout import (
    LOCK,
    Stroke,
    find_keysym,
    read_layout,
    to_keysym,
)
from bridge.computer.native.x11.readers import FocusedReader
from bridge.computer.native.x11.spare_keys import SpareKeys
from bridge.computer.native.x11.windows import (
    activate_window,
    find_focused,
    find_pointed,
    list_windows,
)
from bridge.computer.native.x11.xkb import Xkb

_PACE_SECONDS = 0.001
"""Between two characters; slow programs lose none at this pace."""


class X11Input(Input):
    """Input on X11. Raises DesktopUnavailable, with a hint, without an X server.

    Use one at a time: pyautogui has one connection, which belongs to the newest instance.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._display = open_display(environ)
        super().__init__(_connect_pyautogui(self._display))
        self._xkb = Xkb(self._display)
        self._spare_keys = SpareKeys(self._display, FocusedReader(self._display).wait)
        self._down: Counter[int] = Counter()
        """How often each key code is pressed: keys may share modifiers."""
        self._held: dict[str, Stroke] = {}

    def press_key(self, keysym: str) -> None:
        """Press a key. Raises InvalidRequest for a name that X does not have."""
        if keysym in self._held:
            return
        symbol = find_keysym(keysym)
        stroke = self._find_strokes([symbol], self._read_strokes())[0]
        for code in (*stroke.holding, stroke.code):
            self._press(code)
        self._held[keysym] = stroke
        self._display.sync()

    def release_key(self, keysym: str) -> None:
        """Release a key; does nothing if it is not down."""
        stroke = self._held.pop(keysym, None)
        if stroke is None:
            return
        for code in (stroke.code, *reversed(stroke.holding)):
            self._release(code)
        self._display.sync()

    def type(self, text: str, check: Check) -> None:
        check()
        on_layout = self._read_strokes()
        with self._disable_caps_lock():
            for piece in split_text(text):
                check()
                self._type_piece([to_keysym(character) for character in piece], on_layout)

    def list_windows(self) -> Sequence[Window]:
        return list_windows(self._display)

    def activate_window(self, window: Window) -> None:
        activate_window(self._display, window.id)

    def find_focused(self) -> WindowId | None:
        return find_focused(self._display)

    def find_pointed(self) -> WindowId | None:
        return find_pointed(self._display)

    def close(self) -> None:
        from Xlib.error import ConnectionClosedError

        # A server that has ended needs no clean-up.
        with suppress(ConnectionClosedError):
            for keysym in list(self._held):
                self.release_key(keysym)
            self._spare_keys.restore()
            self._display.close()

    def _read_strokes(self) -> dict[int, Stroke]:
        """Read which characters have a key; each time, as the layout may have changed."""
        # Key codes of each modifier, by the modifier's bit; 0 fills empty places.
        modifiers = {
            1 << bit: [code for code in codes if code]
            for bit, codes in enumerate(self._display.get_modifier_mapping())
        }
        used = {code for codes in modifiers.values() for code in codes}
        self._spare_keys.refresh({*used, *self._down})
        layout = read_layout(self._xkb.read_map(), modifiers)
        return layout.find_strokes(self._xkb.read_state().group, self._spare_keys.codes)

    def _type_piece(self, symbols: Sequence[int], on_layout: Mapping[int, Stroke]) -> None:
        # At most as many characters at a time as there are spare keys.
        count = max(1, self._spare_keys.capacity)
        for start in range(0, len(symbols), count):
            for stroke in self._find_strokes(symbols[start : start + count], on_layout):
                self._tap(stroke)

    def _find_strokes(
        self, symbols: Sequence[int], on_layout: Mapping[int, Stroke]
    ) -> list[Stroke]:
        missing = [symbol for symbol in symbols if symbol not in on_layout]
        spare = self._spare_keys.assign(missing)
        return [on_layout.get(symbol) or Stroke(spare[symbol]) for symbol in symbols]

    def _tap(self, stroke: Stroke) -> None:
        """Press and release in one request, so that nothing comes between."""
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
    def _disable_caps_lock(self) -> Iterator[None]:
        """Switch Caps Lock off: it turns é into É even on a spare key that has only é."""
        if not self._xkb.read_state().locked & LOCK:
            yield
            return
        self._xkb.lock(LOCK, on=False)
        self._display.sync()
        try:
            yield
        finally:
            self._xkb.lock(LOCK, on=True)
            self._display.sync()


def _connect_pyautogui(display: Any) -> Any:
    """Make pyautogui use this connection; its own may be to another server."""
    is_first_import = "pyautogui" not in sys.modules
    with provide_authority():
        mouse = import_pyautogui()
    if is_first_import:
        mouse.platformModule._display.close()
    mouse.platformModule._display = display
    return mouse

"""A border around each screen and a key that stops, on an X server: a connection of its own."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Sequence
from typing import Any

from bridge.computer.indicator import PRESSED, Stop
from bridge.computer.keys import chord
from bridge.computer.native.x11.connection import open_display
from bridge.computer.native.x11.screen import XScreen
from bridge.computer.screen.geometry import Rect
from bridge.errors import DesktopUnavailable

THICK = 4
"""Points of the border."""
COLOR = 0xD97757

_MODIFIERS = {"Shift_L": 1 << 0, "Control_L": 1 << 2, "Alt_L": 1 << 3, "Super_L": 1 << 6}
_LOCKS = (0, 1 << 1, 1 << 4, 1 << 1 | 1 << 4)
"""Caps Lock and Num Lock do not keep the key from working."""


class X11Warden:
    """`begin` and `end` may be called from any thread, one at a time."""

    def __init__(self, hotkey: str) -> None:
        self._hotkey = hotkey
        self._thread: threading.Thread | None = None
        self._wake = (-1, -1)

    def begin(self, stop: Stop) -> None:
        """Raises DesktopUnavailable, also when another program has the key."""
        display = open_display(os.environ)
        try:
            if self._hotkey != "none":
                _grab(display, self._hotkey)
            for strip in strips(_screens()):
                _draw(display, strip)
            display.flush()
        except BaseException:
            display.close()
            raise
        self._wake = os.pipe()
        self._thread = threading.Thread(
            target=_listen, args=(display, self._wake[0], stop), name="warden", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        reading, writing = self._wake
        os.close(writing)
        thread.join()
        os.close(reading)


def strips(screens: Sequence[Rect]) -> list[Rect]:
    """The four sides of every screen."""
    found = []
    for screen in screens:
        across, down = screen.width, screen.height
        found += [
            Rect(screen.left, screen.top, across, THICK),
            Rect(screen.left, screen.bottom - THICK, across, THICK),
            Rect(screen.left, screen.top + THICK, THICK, down - 2 * THICK),
            Rect(screen.right - THICK, screen.top + THICK, THICK, down - 2 * THICK),
        ]
    return found


def _screens() -> list[Rect]:
    screen = XScreen(os.environ["DISPLAY"])
    try:
        return [monitor.area for monitor in screen.monitors()] or [screen.area()]
    except OSError as error:
        raise DesktopUnavailable(f"The X server is gone: {error}.") from error
    finally:
        screen.close()


def _grab(display: Any, hotkey: str) -> None:
    """Raises DesktopUnavailable where another program has it already."""
    from Xlib import XK, X
    from Xlib.error import BadAccess, CatchError

    *held, key = chord(hotkey)
    unknown = [name for name in held if name not in _MODIFIERS]
    code = display.keysym_to_keycode(XK.string_to_keysym(key))
    if unknown or not code:
        raise DesktopUnavailable(f"The stop key `{hotkey}` is not on this keyboard.")
    mask = sum(_MODIFIERS[name] for name in held)
    taken = CatchError(BadAccess)
    root = display.screen().root
    for locks in _LOCKS:
        root.grab_key(code, mask | locks, True, X.GrabModeAsync, X.GrabModeAsync, onerror=taken)
    display.sync()
    if taken.get_error():
        raise DesktopUnavailable(f"Another program has the stop key `{hotkey}`; set another one.")


def _draw(display: Any, area: Rect) -> None:
    """Above all windows, without the keyboard; clicks go through it."""
    from Xlib import X
    from Xlib.ext import shape

    screen = display.screen()
    window = screen.root.create_window(
        *(area.left, area.top, area.width, area.height, 0, screen.root_depth),
        X.InputOutput,
        X.CopyFromParent,
        background_pixel=COLOR,
        override_redirect=True,
    )
    if display.query_extension("SHAPE") is not None:
        window.shape_rectangles(shape.SO.Set, shape.SK.Input, X.Unsorted, 0, 0, [])
    window.map()


def _listen(display: Any, wake: int, stop: Stop) -> None:
    """Until the pipe is closed, or the X server is gone; closing takes the border away."""
    from Xlib import X
    from Xlib.error import ConnectionClosedError

    try:
        while True:
            while display.pending_events():
                if display.next_event().type == X.KeyPress:
                    stop(PRESSED)
            ready, _, _ = select.select([display.fileno(), wake], [], [])
            if wake in ready:
                return
    except ConnectionClosedError:
        stop("The X server is gone.")
    finally:
        display.close()

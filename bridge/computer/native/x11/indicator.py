"""Draw a border around each screen and listen for the stop key, on an X server."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from bridge.computer.indicator import BORDER_POINTS, COLOR, STOP_KEY_PRESSED, StopCallback
from bridge.computer.keys import parse_chord
from bridge.computer.native.listening_thread import ListeningThread
from bridge.computer.native.waiting import wait_until_readable
from bridge.computer.native.x11.connection import open_display
from bridge.computer.native.x11.screen import XScreen
from bridge.computer.screen.geometry import Rect
from bridge.errors import DesktopUnavailable

_MODIFIERS = {"Shift_L": 1 << 0, "Control_L": 1 << 2, "Alt_L": 1 << 3, "Super_L": 1 << 6}
_LOCKS = (0, 1 << 1, 1 << 4, 1 << 1 | 1 << 4)
"""The key is grabbed once for each state of Caps Lock and Num Lock."""


class X11Indicator:
    """An indicator on X11; called from one thread at a time.

    Uses a separate connection: the desktop's own thread is busy while Claude acts.
    """

    def __init__(self, hotkey: str) -> None:
        self._hotkey = hotkey
        self._thread = ListeningThread()

    def show(self, stop: StopCallback) -> None:
        """Draw the border and grab the key.

        Raises DesktopUnavailable, also if another program has grabbed the key.
        """
        display = open_display(os.environ)
        try:
            if self._hotkey != "none":
                _grab_key(display, self._hotkey)
            for strip in list_border_strips(_list_screen_areas()):
                _draw_strip(display, strip)
            display.flush()
        except BaseException:
            # Otherwise the border would stay on the screen, and the key grabbed.
            display.close()
            raise
        self._thread.start(lambda wake: _listen_for_key(display, wake, stop))

    def hide(self) -> None:
        self._thread.stop()


def list_border_strips(screens: Sequence[Rect]) -> list[Rect]:
    """Return the four sides of every screen."""
    strips = []
    for screen in screens:
        across, down = screen.width, screen.height
        strips += [
            Rect(screen.left, screen.top, across, BORDER_POINTS),
            Rect(screen.left, screen.bottom - BORDER_POINTS, across, BORDER_POINTS),
            Rect(screen.left, screen.top + BORDER_POINTS, BORDER_POINTS, down - 2 * BORDER_POINTS),
            Rect(
                screen.right - BORDER_POINTS,
                screen.top + BORDER_POINTS,
                BORDER_POINTS,
                down - 2 * BORDER_POINTS,
            ),
        ]
    return strips


def _list_screen_areas() -> list[Rect]:
    screen = XScreen(os.environ["DISPLAY"])
    try:
        return [monitor.area for monitor in screen.list_monitors()] or [screen.read_area()]
    except OSError as error:
        raise DesktopUnavailable(f"The X server has closed the connection: {error}.") from error
    finally:
        screen.close()


def _grab_key(display: Any, hotkey: str) -> None:
    """Grab the stop key. Raises DesktopUnavailable if another program has it."""
    from Xlib import XK, X
    from Xlib.error import BadAccess, CatchError

    *held, key = parse_chord(hotkey)
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
        raise DesktopUnavailable(
            f"Another program uses the stop key `{hotkey}`; choose another (computer_stop_key)."
        )


def _draw_strip(display: Any, area: Rect) -> None:
    """Draw one side of a border, above all windows; clicks go through it."""
    from Xlib import X
    from Xlib.ext import shape

    screen = display.screen()
    # Redirected windows would be decorated and focused by the window manager.
    window = screen.root.create_window(
        *(area.left, area.top, area.width, area.height, 0, screen.root_depth),
        X.InputOutput,
        X.CopyFromParent,
        background_pixel=COLOR,
        override_redirect=True,
    )
    if display.query_extension("SHAPE") is not None:
        # An empty input shape lets clicks through to the window below.
        window.shape_rectangles(shape.SO.Set, shape.SK.Input, X.Unsorted, 0, 0, [])
    window.map()


def _listen_for_key(display: Any, wake: int, stop: StopCallback) -> None:
    """Listen until the pipe is closed or the X server is gone; then remove the border."""
    from Xlib import X
    from Xlib.error import ConnectionClosedError

    try:
        while True:
            while display.pending_events():
                if display.next_event().type == X.KeyPress:
                    stop(STOP_KEY_PRESSED)
            if wake in wait_until_readable([display.fileno(), wake]):
                return
    except ConnectionClosedError:
        stop("The X server has closed the connection.")
    finally:
        # Closing the connection removes its windows.
        display.close()

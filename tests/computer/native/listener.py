"""A window that records what an X server sends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from Xlib import X

from bridge.computer.native.x11.connection import open_display
from bridge.computer.screen.geometry import Point
from tests.computer.native.programs.start import eventually

_HEARD = {X.KeyPress: "key_down", X.KeyRelease: "key_up"} | {
    X.ButtonPress: "press",
    X.ButtonRelease: "release",
    X.MotionNotify: "move",
}


class Listener:
    def __init__(self, display: Any) -> None:
        self.display = display
        self._heard: list[tuple[str, int]] = []
        self.way: list[Point] = []
        """Where the pointer has been while a button was down."""

    def heard(self, *kinds: str) -> list[tuple[str, int]]:
        """Events of these kinds so far: what, and the button or key code."""
        while self.display.pending_events():
            event = self.display.next_event()
            if event.type in _HEARD:
                self._heard.append((_HEARD[event.type], event.detail))
            if event.type == X.MotionNotify and event.state & X.Button1Mask:
                self.way.append(Point(event.root_x, event.root_y))
        return [one for one in self._heard if one[0] in kinds]

    def mapping(self) -> list[tuple[int, ...]]:
        """What every key means."""
        info = self.display.display.info
        count = info.max_keycode - info.min_keycode + 1
        return [tuple(row) for row in self.display.get_keyboard_mapping(info.min_keycode, count)]

    def keys_down(self) -> list[int]:
        """The codes of all keys that are down."""
        found = self.display.query_keymap()
        return [
            8 * at + bit for at, byte in enumerate(found) for bit in range(8) if byte >> bit & 1
        ]

    def modifiers(self) -> int:
        """The mask of what is held or locked, buttons too."""
        return int(self.display.screen().root.query_pointer().mask)


@contextmanager
def listener() -> Iterator[Listener]:
    """As large as the screen, and with the keyboard."""
    display = open_display(os.environ)
    try:
        screen = display.screen()
        window = screen.root.create_window(
            *(0, 0, screen.width_in_pixels, screen.height_in_pixels, 0, screen.root_depth),
            override_redirect=True,
            event_mask=X.KeyPressMask
            | X.KeyReleaseMask
            | X.ButtonPressMask
            | X.ButtonReleaseMask
            | X.PointerMotionMask,
        )
        window.map()
        assert eventually(lambda: window.get_attributes().map_state == X.IsViewable)
        window.set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
        display.sync()
        yield Listener(display)
    finally:
        display.close()

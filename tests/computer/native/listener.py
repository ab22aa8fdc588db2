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

_EVENT_NAMES = {X.KeyPress: "key_down", X.KeyRelease: "key_up"} | {
    X.ButtonPress: "press",
    X.ButtonRelease: "release",
    X.MotionNotify: "move",
}


class Listener:
    """The window's connection, and the events it has received."""

    def __init__(self, display: Any) -> None:
        self.display = display
        self._events: list[tuple[str, int]] = []
        self.way: list[Point] = []
        """Places of the pointer while the left button was down."""

    def list_events(self, *kinds: str) -> list[tuple[str, int]]:
        """Return the events of these kinds so far: kind, and button or key code."""
        while self.display.pending_events():
            event = self.display.next_event()
            if event.type in _EVENT_NAMES:
                self._events.append((_EVENT_NAMES[event.type], event.detail))
            if event.type == X.MotionNotify and event.state & X.Button1Mask:
                self.way.append(Point(event.root_x, event.root_y))
        return [event for event in self._events if event[0] in kinds]

    def read_mapping(self) -> list[tuple[int, ...]]:
        """Return the keysyms of every key."""
        info = self.display.display.info
        count = info.max_keycode - info.min_keycode + 1
        return [tuple(row) for row in self.display.get_keyboard_mapping(info.min_keycode, count)]

    def list_keys_down(self) -> list[int]:
        """Return the codes of all keys that are down."""
        keymap = self.display.query_keymap()
        return [
            8 * at + bit for at, byte in enumerate(keymap) for bit in range(8) if byte >> bit & 1
        ]

    def read_modifiers(self) -> int:
        """Return the mask of modifiers that are held or locked, and of pressed buttons."""
        return int(self.display.screen().root.query_pointer().mask)


@contextmanager
def open_listener() -> Iterator[Listener]:
    """Open a window as large as the screen, with the keyboard focus."""
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

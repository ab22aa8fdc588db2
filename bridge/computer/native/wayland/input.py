"""Input on Wayland: a pointer and a keyboard of the bridge's own, and the windows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress

from bridge.computer.desktop import Button, Check, Direction, Window, WindowId
from bridge.computer.matching.terminals import is_terminal
from bridge.computer.native.input import split_text
from bridge.computer.native.wayland.clipboard import Pasting
from bridge.computer.native.wayland.keyboard import VirtualKeyboard
from bridge.computer.native.wayland.outputs import Outputs, join_areas
from bridge.computer.native.wayland.planes import is_chromium, split_by_plane
from bridge.computer.native.wayland.pointer import VirtualPointer
from bridge.computer.native.wayland.screens import NO_SCREEN
from bridge.computer.native.wayland.session import connect
from bridge.computer.native.wayland.sway import SwayWindows, open_sway
from bridge.computer.native.wayland.toplevels import ToplevelWindows
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import DesktopUnavailable

_SEAT_VERSION = 1


class WaylandInput:
    """Used in the thread that made it. Methods raise OSError when the compositor is gone."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Connect to the compositor. Raises DesktopUnavailable, with a hint."""
        self._pasting = Pasting(environment)
        self._connection = connect(environment)
        try:
            seat = self._connection.bind_first("wl_seat", _SEAT_VERSION)
            self._outputs = Outputs(self._connection)
            layout = self._read_layout()
            middle = Point(layout.left + layout.width // 2, layout.top + layout.height // 2)
            self._pointer = VirtualPointer(self._connection, seat, middle)
            self._keyboard = VirtualKeyboard(self._connection, seat)
            self._windows = open_sway(environment) or ToplevelWindows(
                self._connection, seat, self._read_layout
            )
        except BaseException:
            self._connection.close()
            raise

    @property
    def knows_places(self) -> bool:
        """Whether the places and processes of windows are known, and with them the elements."""
        return isinstance(self._windows, SwayWindows)

    def read_pointer(self) -> Point:
        """Return where the bridge left the pointer: the user may have moved it."""
        return self._pointer.at

    def move(self, to: Point) -> None:
        self._pointer.move(to, self._read_layout())

    def press(self, button: Button) -> None:
        self._pointer.press(button, self._read_layout())

    def release(self, button: Button) -> None:
        self._pointer.release(button)

    def scroll(self, direction: Direction, clicks: int) -> None:
        for _ in range(clicks):
            self._pointer.scroll(direction, self._read_layout())

    def press_key(self, keysym: str) -> None:
        self._keyboard.press(keysym)

    def release_key(self, keysym: str) -> None:
        self._keyboard.release(keysym)

    def type(self, text: str, check: Check) -> None:
        check()
        for piece in split_text(text):
            check()
            self._type_piece(piece, check)

    def list_windows(self) -> Sequence[Window]:
        return self._windows.list_windows()

    def activate_window(self, window: Window) -> None:
        self._windows.activate(window.id)

    def find_focused(self) -> WindowId | None:
        return self._windows.find_focused()

    def find_pointed(self) -> WindowId | None:
        return self._windows.find_at(self._pointer.at)

    def close(self) -> None:
        # A compositor that has ended needs no clean-up.
        with suppress(OSError):
            self._keyboard.release_all()
        self._windows.close()
        self._connection.close()

    def _type_piece(self, piece: str, check: Check) -> None:
        parts = split_by_plane(piece)
        if not any(is_beyond for _, is_beyond in parts) or not self._must_paste():
            self._keyboard.type_piece(piece)
            return

        def paste() -> None:
            # Reading the clipboard takes time: another window may have the keyboard by now.
            check()
            self._keyboard.press_paste()

        for part, is_beyond in parts:
            if is_beyond:
                self._pasting.paste(part, paste)
            else:
                self._keyboard.type_piece(part)

    def _must_paste(self) -> bool:
        """Return whether the program with the keyboard drops code points beyond U+FFFF."""
        focused = self._windows.find_focused()
        known = is_chromium(focused.process) if focused is not None else None
        if known is not None:
            return known
        # In a terminal, the keys that paste elsewhere are a command.
        active = (window for window in self._windows.list_windows() if window.active)
        return not any(map(is_terminal, active))

    def _read_layout(self) -> Rect:
        """Return the area of all screens, to which places of the pointer refer."""
        areas = [output.area for output in self._outputs.read()]
        if not areas:
            raise DesktopUnavailable(NO_SCREEN)
        return join_areas(areas)

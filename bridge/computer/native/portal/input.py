"""Input through the RemoteDesktop portal, and what is known of the windows."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING

from bridge.computer.desktop import Button, Check, Direction, Window, WindowId
from bridge.computer.keys import SYMBOLS
from bridge.computer.matching.terminals import is_terminal
from bridge.computer.native.input import split_text
from bridge.computer.native.portal.clients import DisplayClients
from bridge.computer.native.portal.clipboard import PortalPasting
from bridge.computer.native.portal.keymap import Keymap, find_keysym, read_keymap
from bridge.computer.native.portal.session import PortalSession, Stream
from bridge.computer.native.portal.windows import TellsWindows, UnplacedWindows
from bridge.computer.native.wayland.outputs import join_areas
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import DesktopUnavailable, InvalidRequest

if TYPE_CHECKING:
    from bridge.computer.native.portal.screens import PortalScreens

_BUTTONS: Mapping[Button, int] = {"left": 0x110, "right": 0x111, "middle": 0x112}
"""As in Linux' input-event-codes.h."""
_DOWN, _UP = 1, 0
_VERTICAL, _HORIZONTAL = 0, 1
_ALONG: Mapping[Direction, tuple[int, int]] = {
    "up": (_VERTICAL, -1),
    "down": (_VERTICAL, 1),
    "left": (_HORIZONTAL, -1),
    "right": (_HORIZONTAL, 1),
}
_CONTROL = {"\n": "Return", "\t": "Tab", "\b": "BackSpace", "\x1b": "Escape"}
_KEYBOARD_SECONDS, _LOOK_SECONDS = 1.0, 0.1
"""How long the desktop and its programs may take for a keyboard, where there was none before."""
_NO_CLIPBOARD = (
    "Your keyboard layout has no “{character}”, and this desktop lets programs type only what is "
    "on the layout. With the Clipboard portal (GNOME 45 and later) it could be pasted."
)
_IN_TERMINAL = (
    "Your keyboard layout has no “{character}”, and in a terminal the keys that paste in "
    "other programs are a command."
)


class PortalInput:
    """Used in the thread that made it. Methods raise OSError when the desktop is gone."""

    def __init__(
        self,
        session: PortalSession,
        screens: PortalScreens,
        elements: TellsWindows | None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._session = session
        self._screens = screens
        self._windows = UnplacedWindows(elements, DisplayClients(environment), self._read_layout)
        layout = self._read_layout()
        self._left_at = Point(layout.left + layout.width // 2, layout.top + layout.height // 2)
        self._held: dict[str, tuple[str, int]] = {}
        self._pasting = PortalPasting(session) if session.has_clipboard else None
        self._keymap = self._open_keyboard(environment)

    def read_pointer(self) -> Point:
        """Return where the pointer is; where it was left while it is hidden, as during typing."""
        return self._screens.read_pointer() or self._left_at

    def move(self, to: Point) -> None:
        stream, inside = self._find_stream(to)
        x, y = inside.x - stream.area.left, inside.y - stream.area.top
        self._session.notify("NotifyPointerMotionAbsolute", "udd", stream.node, float(x), float(y))
        self._left_at = inside

    def press(self, button: Button) -> None:
        self._session.notify("NotifyPointerButton", "iu", _BUTTONS[button], _DOWN)

    def release(self, button: Button) -> None:
        self._session.notify("NotifyPointerButton", "iu", _BUTTONS[button], _UP)

    def scroll(self, direction: Direction, clicks: int) -> None:
        axis, sign = _ALONG[direction]
        for _ in range(clicks):
            self._session.notify("NotifyPointerAxisDiscrete", "ui", axis, sign)

    def press_key(self, keysym: str) -> None:
        """Press a key. Raises InvalidRequest for one that this keyboard does not have."""
        if keysym not in self._held:
            stroke = self._find_stroke(keysym)
            self._held[keysym] = stroke
            self._send_key(stroke, _DOWN)

    def release_key(self, keysym: str) -> None:
        stroke = self._held.pop(keysym, None)
        if stroke is not None:
            self._send_key(stroke, _UP)

    def type(self, text: str, check: Check) -> None:
        check()
        for line, pieces in _split_lines(text):
            untypable = next((each for each in line if not self._can_type(each)), None)
            if untypable is not None:
                self._paste(line, untypable, check)
                continue
            for piece in pieces:
                check()
                self._type_piece(piece)

    def list_windows(self) -> Sequence[Window]:
        return self._windows.list_windows()

    def activate_window(self, window: Window) -> None:
        """Do nothing: no program may bring another one's window to the front."""

    def find_focused(self) -> WindowId | None:
        return self._windows.find_focused()

    def find_pointed(self) -> WindowId | None:
        """Return None: any window may be under the pointer."""
        return None

    def close(self) -> None:
        # A session that has ended needs no clean-up.
        with suppress(OSError, DesktopUnavailable):
            for key in list(self._held):
                self.release_key(key)
        if self._pasting is not None:
            self._pasting.close()

    def _open_keyboard(self, environment: Mapping[str, str]) -> Keymap:
        """Return the layout; where there is no keyboard, let the desktop make one first."""
        with suppress(OSError):
            return read_keymap(environment)
        # The first key makes it, and is lost.
        shift = ("NotifyKeyboardKeysym", find_keysym("Shift_L"))
        self._send_key(shift, _DOWN)
        self._send_key(shift, _UP)
        ends = time.monotonic() + _KEYBOARD_SECONDS
        while True:
            try:
                keymap = read_keymap(environment)
            except OSError:
                if time.monotonic() > ends:
                    raise
                keymap = None
            time.sleep(_LOOK_SECONDS)
            if keymap is not None:
                return keymap

    def _can_type(self, character: str) -> bool:
        return character in _CONTROL or character in self._keymap.symbols

    def _type_piece(self, piece: str) -> None:
        for character in piece:
            name = _CONTROL.get(character)
            symbol = find_keysym(name) if name else self._keymap.symbols[character]
            for state in (_DOWN, _UP):
                self._session.notify("NotifyKeyboardKeysym", "iu", symbol, state)

    def _paste(self, line: str, untypable: str, check: Check) -> None:
        if self._pasting is None:
            raise InvalidRequest(_NO_CLIPBOARD.format(character=untypable), param="text")
        if any(window.active and is_terminal(window) for window in self.list_windows()):
            raise InvalidRequest(_IN_TERMINAL.format(character=untypable), param="text")

        def paste() -> None:
            # Reading the clipboard takes time: another window may have the keyboard by now.
            check()
            keys = ("Control_L", "v")
            for key in keys:
                self.press_key(key)
            for key in reversed(keys):
                self.release_key(key)

        self._pasting.paste(line, paste)

    def _find_stroke(self, key: str) -> tuple[str, int]:
        """Find the request for a key, by X's name of it or its character, and its number."""
        character = SYMBOLS.get(key, key)
        if len(character) == 1 and character not in _CONTROL:
            # By its place, as a shortcut of another script's layout is the key with that letter.
            if character in self._keymap.codes:
                return "NotifyKeyboardKeycode", self._keymap.codes[character]
            if character in self._keymap.symbols:
                return "NotifyKeyboardKeysym", self._keymap.symbols[character]
        else:
            symbol = find_keysym(_CONTROL.get(key, key))
            if symbol:
                return "NotifyKeyboardKeysym", symbol
        raise InvalidRequest(f"`{key}` is not a key of your keyboard's layout.", param="text")

    def _send_key(self, stroke: tuple[str, int], state: int) -> None:
        member, number = stroke
        self._session.notify(member, "iu", number, state)

    def _find_stream(self, point: Point) -> tuple[Stream, Point]:
        """Return the screen with a point or next to it, and the point inside."""
        streams = self._session.streams
        inside = [_clamp(point, stream.area) for stream in streams]
        pairs = list(zip(streams, inside, strict=True))
        return min(pairs, key=lambda pair: abs(pair[1].x - point.x) + abs(pair[1].y - point.y))

    def _read_layout(self) -> Rect:
        """Return the area of all shared screens."""
        return join_areas([stream.area for stream in self._session.streams])


def _split_lines(text: str) -> Iterator[tuple[str, list[str]]]:
    """Split text at its keys, such as Return: each part, and the pieces in which it is typed."""
    for is_key, pieces in groupby(split_text(text), _CONTROL.__contains__):
        found = list(pieces)
        if is_key:
            yield from ((piece, [piece]) for piece in found)
        else:
            yield "".join(found), found


def _clamp(point: Point, area: Rect) -> Point:
    return Point(
        min(max(point.x, area.left), area.right - 1), min(max(point.y, area.top), area.bottom - 1)
    )

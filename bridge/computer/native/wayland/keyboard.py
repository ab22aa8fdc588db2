"""A keyboard of the bridge's own: `zwp_virtual_keyboard_v1`."""

# State: the keys that are down, the modifiers that they make, and the keymap that the compositor
# has. A virtual keyboard tells its modifiers itself: they do not follow from its keys.

from __future__ import annotations

import os
import time
from collections.abc import Collection

from bridge.computer.native.wayland.connection import Connection
from bridge.computer.native.wayland.keymap import (
    MODIFIERS,
    SpareKeys,
    Stroke,
    check_key,
    find_stroke,
    write_keymap,
)
from bridge.computer.native.wayland.wire import Request

MANAGER = "zwp_virtual_keyboard_manager_v1"
_CREATE = Request(0, "on")
_KEYMAP, _KEY, _MODIFIERS = Request(0, "uhu"), Request(1, "uuu"), Request(2, "uuuu")
_XKB_V1 = 1
_UP, _DOWN = 0, 1
_SHIFT, _PASTE = "Shift_L", ("Control_L", "v")
_PACE_SECONDS = 0.001
"""Between two characters: the compositor disconnects programs that fall too far behind."""


class VirtualKeyboard:
    """Used in the connection's thread."""

    def __init__(self, connection: Connection, seat: int) -> None:
        self._connection = connection
        manager = connection.bind_first(MANAGER, 1)
        self._object = connection.make_id()
        connection.send(manager, _CREATE, seat, self._object)
        self._spare = SpareKeys()
        self._held: dict[str, Stroke] = {}
        self._send_keymap()
        connection.roundtrip()

    def press(self, key: str) -> None:
        """Press a key by its name or character. Raises InvalidRequest for an unknown name."""
        if key in self._held:
            return
        check_key(key)
        stroke = self._find_strokes([key])[0]
        self._held[key] = stroke
        self._send_modifiers()
        self._send_key(stroke.code, _DOWN)
        self._connection.roundtrip()

    def release(self, key: str) -> None:
        """Release a key; does nothing if it is not down."""
        stroke = self._held.pop(key, None)
        if stroke is not None:
            self._send_key(stroke.code, _UP)
            self._send_modifiers()
            self._connection.roundtrip()

    def press_paste(self) -> None:
        """Press and release the keys that paste."""
        for key in _PASTE:
            self.press(key)
        for key in reversed(_PASTE):
            self.release(key)

    def type_piece(self, piece: str) -> None:
        """Type at most as many characters as there are spare keys."""
        for stroke in self._find_strokes(piece):
            self._tap(stroke)
            time.sleep(_PACE_SECONDS)

    def release_all(self) -> None:
        for key in list(self._held):
            self.release(key)

    def _tap(self, stroke: Stroke) -> None:
        if stroke.shifted:
            self._send_modifiers(MODIFIERS[_SHIFT])
        self._send_key(stroke.code, _DOWN)
        self._send_key(stroke.code, _UP)
        if stroke.shifted:
            self._send_modifiers()
        self._connection.roundtrip()

    def _find_strokes(self, keys: Collection[str]) -> list[Stroke]:
        held = [stroke.code for stroke in self._held.values()]
        if self._spare.assign(keys, held):
            self._send_keymap()
        strokes = (find_stroke(key, self._spare.codes) for key in keys)
        return [stroke for stroke in strokes if stroke is not None]

    def _send_keymap(self) -> None:
        text = write_keymap(self._spare.codes).encode() + b"\0"
        descriptor = os.memfd_create("keymap", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, text)
            size = len(text)
            self._connection.send(self._object, _KEYMAP, _XKB_V1, size, descriptors=[descriptor])
        finally:
            os.close(descriptor)
        # A new keymap begins without modifiers.
        self._send_modifiers()
        self._connection.roundtrip()

    def _send_key(self, code: int, state: int) -> None:
        self._connection.send(self._object, _KEY, read_milliseconds(), code, state)

    def _send_modifiers(self, more: int = 0) -> None:
        held = more
        for key, stroke in self._held.items():
            held |= MODIFIERS.get(key, 0) | (MODIFIERS[_SHIFT] if stroke.shifted else 0)
        self._connection.send(self._object, _MODIFIERS, held, 0, 0, 0)


def read_milliseconds() -> int:
    """Return the time of an input event, which only has to grow."""
    return int(time.monotonic() * 1000) & 0xFFFFFFFF

"""A pointer of the bridge's own: `zwlr_virtual_pointer_v1`."""

# No program is told where the pointer is, unless it is in a window of its own. So this is where the
# bridge moved it last, and before each press and turn of the wheel it is moved there again: what
# was judged for a place happens at that place, also if the user has moved the mouse since.

from __future__ import annotations

from collections.abc import Mapping

from bridge.computer.desktop import Button, Direction
from bridge.computer.native.wayland.connection import Connection
from bridge.computer.native.wayland.keyboard import read_milliseconds
from bridge.computer.native.wayland.wire import Request
from bridge.computer.screen.geometry import Point, Rect

MANAGER = "zwlr_virtual_pointer_manager_v1"
_CREATE = Request(0, "on")
_MOVE, _BUTTON, _FRAME = Request(1, "uuuuu"), Request(2, "uuu"), Request(4)
_AXIS_SOURCE, _AXIS_DISCRETE = Request(5, "u"), Request(7, "uufi")
_CODES: Mapping[Button, int] = {"left": 0x110, "right": 0x111, "middle": 0x112}
_WHEEL = 0
_NOTCH = 15.0
"""Points of a notch, as libinput and wlroots have it."""


class VirtualPointer:
    """Used in the connection's thread."""

    def __init__(self, connection: Connection, seat: int, at: Point) -> None:
        """`at`: where it counts as being until it is moved."""
        self._connection = connection
        manager = connection.bind_first(MANAGER, 1)
        self._object = connection.make_id()
        connection.send(manager, _CREATE, seat, self._object)
        connection.roundtrip()
        self.at = at

    def move(self, to: Point, layout: Rect) -> None:
        """Move the pointer to the middle of a point; `layout` is the area of all screens."""
        self.at = layout.clamp(to)
        self._send_move(layout)
        self._finish()

    def press(self, button: Button, layout: Rect) -> None:
        self._send_move(layout)
        self._send_button(button, 1)

    def release(self, button: Button) -> None:
        self._send_button(button, 0)

    def scroll(self, direction: Direction, layout: Rect) -> None:
        """Turn the wheel by one notch."""
        self._send_move(layout)
        self._connection.send(self._object, _FRAME)
        axis = 0 if direction in ("up", "down") else 1
        way = 1 if direction in ("down", "right") else -1
        self._connection.send(self._object, _AXIS_SOURCE, _WHEEL)
        self._connection.send(
            self._object, _AXIS_DISCRETE, read_milliseconds(), axis, _NOTCH * way, way
        )
        self._finish()

    def _send_button(self, button: Button, state: int) -> None:
        self._connection.send(self._object, _BUTTON, read_milliseconds(), _CODES[button], state)
        self._finish()

    def _send_move(self, layout: Rect) -> None:
        at = layout.clamp(self.at)
        x, y = 2 * (at.x - layout.left) + 1, 2 * (at.y - layout.top) + 1
        self._connection.send(
            self._object, _MOVE, read_milliseconds(), x, y, 2 * layout.width, 2 * layout.height
        )

    def _finish(self) -> None:
        self._connection.send(self._object, _FRAME)
        self._connection.roundtrip()

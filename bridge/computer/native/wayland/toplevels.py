"""The windows of a compositor that tells their titles, but not where they are."""

# `zwlr_foreign_toplevel_management_v1` is made for taskbars. A window may be anywhere, so each
# counts as being everywhere (`Window.is_placed`).

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.computer.desktop import Window, WindowId
from bridge.computer.native.wayland.connection import Connection, Event
from bridge.computer.native.wayland.wire import Request
from bridge.computer.screen.geometry import Point, Rect

MANAGER = "zwlr_foreign_toplevel_manager_v1"
_VERSION = 3
_ACTIVATE, _DESTROY = Request(4, "o"), Request(7)
_MINIMIZED, _ACTIVATED = 1, 2
_LONGEST_TEXT = 4096


@dataclass
class _Toplevel:
    title: str = ""
    app_id: str = ""
    states: frozenset[int] = frozenset()
    outputs: set[int] = field(default_factory=set)


class ToplevelWindows:
    """Used in the connection's thread."""

    def __init__(self, connection: Connection, seat: int, read_layout: Callable[[], Rect]) -> None:
        """`read_layout`: returns the area of all screens, where each window may be."""
        self._connection = connection
        self._seat = seat
        self._read_layout = read_layout
        self._known: dict[int, _Toplevel] = {}
        manager = connection.bind_first(MANAGER, _VERSION)
        connection.listen(manager, {0: Event("n", self._add)})
        # The first answer names the windows, the second one describes them.
        connection.roundtrip()
        connection.roundtrip()

    def list_windows(self) -> list[Window]:
        self._connection.roundtrip()
        area = self._read_layout()
        windows = [
            Window(
                each.title,
                each.app_id,
                area,
                _ACTIVATED in each.states,
                WindowId(object, 0),
                is_placed=False,
            )
            for object, each in self._known.items()
            if self._is_visible(each)
        ]
        # The active one is most likely on top.
        return sorted(windows, key=lambda window: not window.active)

    def activate(self, id: WindowId) -> None:
        if id.number in self._known:
            self._connection.send(id.number, _ACTIVATE, self._seat)
            self._connection.roundtrip()

    def find_focused(self) -> WindowId | None:
        self._connection.roundtrip()
        known = self._known.items()
        active = (object for object, each in known if _ACTIVATED in each.states)
        return next((WindowId(object, 0) for object in active), None)

    def find_at(self, point: Point) -> WindowId | None:
        """Return None: any window may be at a point."""
        return None

    def close(self) -> None:
        """Do nothing: the connection ends with the input that has it."""

    def _is_visible(self, toplevel: _Toplevel) -> bool:
        """Return whether a window may be visible: not minimized, and on a screen if that is known.

        On another workspace, a window is on no screen.
        """
        tells_screens = any(each.outputs for each in self._known.values())
        is_shown = bool(toplevel.outputs) or not tells_screens or _ACTIVATED in toplevel.states
        return is_shown and _MINIMIZED not in toplevel.states

    def _add(self, object: int) -> None:
        toplevel = self._known[object] = _Toplevel()

        def set_title(text: str) -> None:
            toplevel.title = text[:_LONGEST_TEXT]

        def set_app_id(text: str) -> None:
            toplevel.app_id = text[:_LONGEST_TEXT]

        def set_states(states: bytes) -> None:
            whole = len(states) - len(states) % 4
            toplevel.states = frozenset(
                word for (word,) in struct.iter_unpack("=I", states[:whole])
            )

        def remove() -> None:
            self._known.pop(object, None)
            self._connection.send(object, _DESTROY)
            self._connection.forget(object)

        events = {
            0: Event("s", set_title),
            1: Event("s", set_app_id),
            2: Event("o", toplevel.outputs.add),
            3: Event("o", toplevel.outputs.discard),
            4: Event("a", set_states),
            6: Event("", remove),
        }
        self._connection.listen(object, events)

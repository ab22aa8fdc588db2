"""List the windows of an X display, from its window manager or from the root window."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect


def list_windows(display: Any) -> list[Window]:
    """Return the visible windows, the topmost first."""
    from Xlib.error import XError

    atoms = Properties(display)
    active = _find_active(display, atoms)
    windows = []
    for window in _list_stacked(display, atoms):
        try:
            visible = _describe_window(window, active, atoms)
        except XError:
            # The window was closed in between.
            continue
        if visible is not None:
            windows.append(visible)
    return windows


class Properties:
    """Reader of window properties; works with old and new versions of Xlib."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self.root = display.screen().root

    def read_numbers(self, window: Any, name: str) -> list[int]:
        """Read a property of numbers; empty if it is not set."""
        value = self._read_property(window, name)
        return [] if value is None or isinstance(value, bytes | str) else list(value)

    def read_text(self, window: Any, name: str) -> str:
        """Read a property of text, UTF-8 or Latin-1; empty if it is not set."""
        value = self._read_property(window, name)
        if isinstance(value, str):
            return value
        if not isinstance(value, bytes):
            return ""
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")

    def get_atom(self, name: str) -> int:
        return int(self._display.intern_atom(name))

    def get_window(self, number: int) -> Any:
        return self._display.create_resource_object("window", number)

    def _read_property(self, window: Any, name: str) -> Any:
        reply = window.get_full_property(self.get_atom(name), 0)
        return None if reply is None else reply.value


def _list_stacked(display: Any, atoms: Properties) -> Iterable[Any]:
    """Return the windows of programs, the topmost first."""
    listed = atoms.read_numbers(atoms.root, "_NET_CLIENT_LIST_STACKING")
    if listed:
        return [atoms.get_window(number) for number in reversed(listed)]
    # Without a window manager, children of the root are windows of programs.
    return list(reversed(atoms.root.query_tree().children))


def _find_active(display: Any, atoms: Properties) -> set[int]:
    """Return the ids of the focused window and its parents."""
    from Xlib.error import XError

    listed = atoms.read_numbers(atoms.root, "_NET_ACTIVE_WINDOW")
    if listed and listed[0]:
        return {listed[0]}
    window = display.get_input_focus().focus
    if isinstance(window, int):
        # 0 is no window, 1 the window under the pointer.
        window = atoms.root.query_pointer().child if window else None
    ids = set()
    try:
        while window:
            ids.add(window.id)
            window = window.query_tree().parent
    except XError:
        return ids
    return ids - {atoms.root.id}


def _describe_window(window: Any, active: set[int], atoms: Properties) -> Window | None:
    """Describe a window; None if it is not visible or not a program's."""
    from Xlib import X

    attributes = window.get_attributes()
    if attributes.map_state != X.IsViewable or attributes.win_class == X.InputOnly:
        return None
    if atoms.get_atom("_NET_WM_STATE_HIDDEN") in atoms.read_numbers(window, "_NET_WM_STATE"):
        return None
    if atoms.get_atom("_NET_WM_WINDOW_TYPE_DESKTOP") in atoms.read_numbers(
        window, "_NET_WM_WINDOW_TYPE"
    ):
        return None
    size = window.get_geometry()
    corner = window.translate_coords(atoms.root, 0, 0)
    # Xlib returns the position of the root's corner in the window, so the signs are reversed.
    area = Rect(-corner.x, -corner.y, size.width, size.height)
    title = atoms.read_text(window, "_NET_WM_NAME") or atoms.read_text(window, "WM_NAME")
    # WM_CLASS holds the instance's name, then the class; the class names the program.
    names = [name for name in atoms.read_text(window, "WM_CLASS").split("\0") if name]
    return Window(title, names[-1] if names else "", area, window.id in active)

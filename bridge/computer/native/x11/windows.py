"""The windows of an X display, as its window manager lists them, or as they lie on the root."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect


def list_windows(display: Any) -> list[Window]:
    """Those that can be seen, the topmost first."""
    from Xlib.error import XError

    atoms = Properties(display)
    active = _active(display, atoms)
    found = []
    for window in _stacked(display, atoms):
        try:
            shown = _describe(window, active, atoms)
        except XError:
            continue  # it was closed while we looked
        if shown is not None:
            found.append(shown)
    return found


class Properties:
    """What windows say of themselves, whichever Xlib reads it."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self.root = display.screen().root

    def values(self, window: Any, name: str) -> list[int]:
        """A property of numbers; empty where it is not set."""
        found = self._property(window, name)
        return [] if found is None or isinstance(found, bytes | str) else list(found)

    def text(self, window: Any, name: str) -> str:
        """A property of text, UTF-8 or Latin-1; empty where it is not set."""
        found = self._property(window, name)
        if isinstance(found, str):
            return found
        if not isinstance(found, bytes):
            return ""
        try:
            return found.decode("utf-8")
        except UnicodeDecodeError:
            return found.decode("latin-1")

    def named(self, name: str) -> int:
        return int(self._display.intern_atom(name))

    def window(self, number: int) -> Any:
        return self._display.create_resource_object("window", number)

    def _property(self, window: Any, name: str) -> Any:
        found = window.get_full_property(self.named(name), 0)
        return None if found is None else found.value


def _stacked(display: Any, atoms: Properties) -> Iterable[Any]:
    """The windows of programs, the topmost first."""
    listed = atoms.values(atoms.root, "_NET_CLIENT_LIST_STACKING")
    if listed:
        return [atoms.window(number) for number in reversed(listed)]
    # No window manager: what lies on the root is a program's own window.
    return list(reversed(atoms.root.query_tree().children))


def _active(display: Any, atoms: Properties) -> set[int]:
    """The window that has the keyboard, with those it lies in."""
    from Xlib.error import XError

    listed = atoms.values(atoms.root, "_NET_ACTIVE_WINDOW")
    if listed and listed[0]:
        return {listed[0]}
    window = display.get_input_focus().focus
    if isinstance(window, int):
        # 1: whatever is under the pointer.
        window = atoms.root.query_pointer().child if window else None
    found = set()
    try:
        while window:
            found.add(window.id)
            window = window.query_tree().parent
    except XError:
        return found
    return found - {atoms.root.id}


def _describe(window: Any, active: set[int], atoms: Properties) -> Window | None:
    """None for one that is not seen, or is no window of a program."""
    from Xlib import X

    attributes = window.get_attributes()
    if attributes.map_state != X.IsViewable or attributes.win_class == X.InputOnly:
        return None
    if atoms.named("_NET_WM_STATE_HIDDEN") in atoms.values(window, "_NET_WM_STATE"):
        return None
    if atoms.named("_NET_WM_WINDOW_TYPE_DESKTOP") in atoms.values(window, "_NET_WM_WINDOW_TYPE"):
        return None
    size = window.get_geometry()
    corner = window.translate_coords(atoms.root, 0, 0)
    # Xlib tells where the root's corner is in the window: the other way round.
    area = Rect(-corner.x, -corner.y, size.width, size.height)
    title = atoms.text(window, "_NET_WM_NAME") or atoms.text(window, "WM_NAME")
    # The name of the program as it was called, then the name of its kind.
    kinds = [one for one in atoms.text(window, "WM_CLASS").split("\0") if one]
    return Window(title, kinds[-1] if kinds else "", area, window.id in active)

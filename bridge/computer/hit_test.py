"""Find the window an action would go to, if the platform lists windows."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.computer.actions import (
    Action,
    Coordinate,
    CursorPosition,
    HoldKey,
    Key,
    LeftClickDrag,
    Screenshot,
    Type,
    Wait,
    Zoom,
)
from bridge.computer.desktop import Desktop, Window
from bridge.computer.screen.geometry import Point, View


def find_target(action: Action, view: View, desktop: Desktop) -> Window | None:
    """Return the focused window for keys, or the topmost one at the action's place."""
    match action:
        case Key() | HoldKey() | Type():
            return next((window for window in desktop.list_windows() if window.active), None)
        case CursorPosition() | Screenshot() | Wait() | Zoom():
            return None
        case _:
            places = list_places(action)
            point = view.to_desktop(*places[-1]) if places else desktop.read_pointer()
            return _find_window_at(point, desktop.list_windows())


def list_places(action: Action) -> list[Coordinate]:
    """List an action's places in the picture: two for a drag, none for a key."""
    places: list[Coordinate] = []
    if isinstance(action, LeftClickDrag):
        places.append(action.start_coordinate)
    place: Coordinate | None = getattr(action, "coordinate", None)
    return places if place is None else [*places, place]


def _find_window_at(point: Point, windows: Sequence[Window]) -> Window | None:
    return next((window for window in windows if point in window.area), None)

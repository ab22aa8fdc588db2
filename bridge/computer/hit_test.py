"""Which window would get an action, as far as that is known."""

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


def target_of(action: Action, view: View, desktop: Desktop) -> Window | None:
    """The window that has the keyboard, or the topmost under the place that is meant."""
    match action:
        case Key() | HoldKey() | Type():
            return next((window for window in desktop.windows() if window.active), None)
        case CursorPosition() | Screenshot() | Wait() | Zoom():
            return None
        case _:
            place = places(action)
            point = view.to_desktop(*place[-1]) if place else desktop.pointer()
            return _under(point, desktop.windows())


def places(action: Action) -> list[Coordinate]:
    """Where in the picture it happens; a drag has two places."""
    found: list[Coordinate] = []
    if isinstance(action, LeftClickDrag):
        found.append(action.start_coordinate)
    place: Coordinate | None = getattr(action, "coordinate", None)
    return found if place is None else [*found, place]


def _under(point: Point, windows: Sequence[Window]) -> Window | None:
    return next((window for window in windows if point in window.area), None)

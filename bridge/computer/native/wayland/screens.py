"""Capture the screens of a Wayland compositor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bridge.computer.desktop import Cursor
from bridge.computer.native.wayland.capture import open_capture
from bridge.computer.native.wayland.outputs import Outputs
from bridge.computer.native.wayland.pixels import compose
from bridge.computer.native.wayland.session import connect
from bridge.computer.screen.geometry import Rect
from bridge.errors import DesktopUnavailable

if TYPE_CHECKING:
    from PIL.Image import Image

NO_SCREEN = "No screen is on. Turn one on, or unlock the session, and try again."


class WaylandScreens:
    """The screens of this desktop; used in the thread that made it.

    Methods raise OSError when the compositor is gone: then the desktop is opened again.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Connect to the compositor. Raises DesktopUnavailable, with a hint."""
        self._connection = connect(environment)
        try:
            self._outputs = Outputs(self._connection)
            self._capture = open_capture(self._connection)
            self.list_screens()
        except BaseException:
            self._connection.close()
            raise

    def list_screens(self) -> tuple[Rect, ...]:
        """Return every screen in points, in the compositor's order; read again on each call."""
        # Mirrored screens are one.
        areas = tuple(dict.fromkeys(output.area for output in self._outputs.read()))
        if not areas:
            raise DesktopUnavailable(NO_SCREEN)
        return areas

    def grab(self, area: Rect, *, with_pointer: bool = False) -> Image:
        """Return an RGB image of an area, with all pixels that the finest screen there has."""
        outputs = [each for each in self._outputs.read() if each.area.intersect(area)]
        if not outputs:
            raise DesktopUnavailable(
                f"{area.width}x{area.height} points at ({area.left}, {area.top}) are no longer on "
                "the screen. Take a new screenshot."
            )
        parts = [
            (each.area, self._capture.capture(each, with_pointer=with_pointer)) for each in outputs
        ]
        return compose(area, parts)

    def read_cursor(self) -> Cursor | None:
        """Return None: the compositor itself draws the pointer."""
        return None

    def close(self) -> None:
        self._connection.close()

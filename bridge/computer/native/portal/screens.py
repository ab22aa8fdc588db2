"""The screens that the user shares through the portal: their pictures, and the pointer on them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from bridge.computer.desktop import Cursor
from bridge.computer.native.portal.frames import Frames
from bridge.computer.native.portal.session import PortalSession, Stream
from bridge.computer.native.wayland.pixels import compose
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import DesktopUnavailable

if TYPE_CHECKING:
    from PIL.Image import Image


class PortalScreens:
    """Used in the thread that made it. Methods raise OSError when the desktop is gone."""

    def __init__(self, session: PortalSession) -> None:
        """Open a stream for each screen. Raises DesktopUnavailable without libpipewire."""
        self._session = session
        self._streams: list[tuple[Stream, Frames]] = []
        with ExitStack() as stack:
            for stream in session.streams:
                frames = Frames(session.open_pipewire(), stream.node)
                stack.callback(frames.close)
                self._streams.append((stream, frames))
            self._stack = stack.pop_all()

    def list_screens(self) -> tuple[Rect, ...]:
        """Return every shared screen in points."""
        self._session.check()
        return tuple(dict.fromkeys(stream.area for stream, _ in self._streams))

    def grab(self, area: Rect, *, with_pointer: bool = False) -> Image:
        """Return an RGB image of an area, with all pixels that the finest screen there has.

        The pointer is in it if the desktop draws it anyway; else `read_cursor` has it.
        """
        self._session.check()
        shown = [each for each in self._streams if each[0].area.intersect(area)]
        if not shown:
            raise DesktopUnavailable(
                f"{area.width}x{area.height} points at ({area.left}, {area.top}) are no longer on "
                "the screen. Take a new screenshot."
            )
        return compose(area, [(stream.area, frames.grab()) for stream, frames in shown])

    def read_cursor(self) -> Cursor | None:
        """Return the pointer's image; None if it is hidden, or if the desktop draws it."""
        found = (frames.read_cursor() for _, frames in self._streams)
        return next((cursor for cursor in found if cursor is not None), None)

    def read_pointer(self) -> Point | None:
        """Return where the pointer is; None if it is hidden, or if the desktop does not tell."""
        for stream, frames in self._streams:
            pointer, size = frames.read_pointer(), frames.size
            if pointer is not None and size is not None:
                across, down = stream.area.width / size.width, stream.area.height / size.height
                left, top = stream.area.left, stream.area.top
                return Point(left + int(pointer.at.x * across), top + int(pointer.at.y * down))
        return None

    def close(self) -> None:
        """End the streams and the session."""
        self._stack.close()
        self._session.close()

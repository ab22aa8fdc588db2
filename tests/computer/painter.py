"""A client that paints an X server's root window and moves its pointer."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from bridge.computer.native.x11.screen import XScreen

if TYPE_CHECKING:
    from PIL.Image import Image

_Z_PIXMAP = 2
_ROWS = 32
"""Painted with one request, which has a largest size."""


class Painter(XScreen):
    """A connection that keeps the painting: a server resets when its last client leaves."""

    def __init__(self, display: str) -> None:
        super().__init__(display)
        self._pen = self._xcb.xcb_generate_id(self._connection)
        self._xcb.xcb_create_gc(self._connection, self._pen, self._root, 0, None)

    def paint(self, image: Image, left: int = 0, top: int = 0) -> None:
        """Paint an image pixel for pixel; return when the server has done it."""
        width, height = image.size
        for start in range(0, height, _ROWS):
            rows = image.crop((0, start, width, min(start + _ROWS, height)))
            data = rows.convert("RGB").tobytes("raw", "BGRX")
            self._xcb.xcb_put_image(
                self._connection,
                ctypes.c_uint8(_Z_PIXMAP),
                self._root,
                self._pen,
                ctypes.c_uint16(width),
                ctypes.c_uint16(rows.height),
                ctypes.c_int16(left),
                ctypes.c_int16(top + start),
                ctypes.c_uint8(0),
                ctypes.c_uint8(24),
                ctypes.c_uint32(len(data)),
                data,
            )
        self.read_area()  # the reply comes only after everything is painted

    def point(self, x: int, y: int) -> None:
        """Move the pointer; return when the server has done it."""
        zeros = [ctypes.c_uint16(0)] * 4
        places = [ctypes.c_int16(x), ctypes.c_int16(y)]
        self._xcb.xcb_warp_pointer(self._connection, 0, self._root, *zeros, *places)
        self.read_area()


def colourful(width: int, height: int) -> Image:
    """Return an image in which neighbours differ, as do all rows and all columns."""
    from PIL import Image

    pixels = bytes(
        value
        for y in range(height)
        for x in range(width)
        for value in (x % 251, y % 241, (x * 7 + y * 13) % 256)
    )
    return Image.frombytes("RGB", (width, height), pixels)

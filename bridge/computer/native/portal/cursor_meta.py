"""The pointer as PipeWire describes it beside a picture: `spa_meta_cursor`; pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.computer.native.portal.pods import FORMATS, LONGEST_SIDE
from bridge.computer.screen.geometry import Point

if TYPE_CHECKING:
    from bridge.computer.desktop import Cursor

_CURSOR = struct.Struct("=IIiiiiI")
_BITMAP = struct.Struct("=IIIiI")
_LARGEST = 1024
"""Pixels of a side of a pointer; mutter makes room for 384."""
MOST_BYTES = _CURSOR.size + _BITMAP.size + _LARGEST * _LARGEST * 4
SIZES = (_CURSOR.size + _BITMAP.size + 64 * 64 * 4, _CURSOR.size + _BITMAP.size, MOST_BYTES)
"""Bytes to ask for: as a rule, at least, and at most."""


@dataclass(frozen=True, slots=True)
class CursorMeta:
    """Where the pointer is in a picture, and what it looks like if that has changed."""

    at: Point
    """The pixel that it points at."""
    hot: tuple[int, int]
    size: tuple[int, int] = (0, 0)
    stride: int = 0
    order: str = ""
    pixels: bytes = b""

    def make_image(self) -> Cursor | None:
        """Return its image; None if it has none."""
        from PIL import Image

        from bridge.computer.desktop import Cursor

        if not self.pixels:
            return None
        alpha = self.order.replace("X", "A")
        image = Image.frombytes("RGBA", self.size, self.pixels, "raw", alpha, self.stride)
        return Cursor(image, self.hot)


def read_cursor_meta(data: bytes) -> CursorMeta | None:
    """Read the pointer; None if it is hidden, or not in this picture."""
    if len(data) < _CURSOR.size:
        return None
    id, _flags, x, y, hot_x, hot_y, offset = _CURSOR.unpack_from(data)
    if id == 0:
        return None
    at, hot = Point(x, y), (hot_x, hot_y)
    if not _CURSOR.size <= offset <= len(data) - _BITMAP.size:
        return CursorMeta(at, hot)
    format, width, height, stride, start = _BITMAP.unpack_from(data, offset)
    first = offset + start
    pixels = data[first : first + stride * height] if stride > 0 else b""
    is_whole = len(pixels) == stride * height and width * 4 <= stride <= LONGEST_SIDE
    if format not in FORMATS or not is_whole or not (0 < width <= _LARGEST and height > 0):
        return CursorMeta(at, hot)
    return CursorMeta(at, hot, (width, height), stride, FORMATS[format], pixels)

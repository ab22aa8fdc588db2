"""Turn a grabbed image into a picture to send."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, Any, Literal

from bridge.computer.desktop import Cursor, Window
from bridge.computer.matching.windows import find_word
from bridge.computer.screen.geometry import Point, Rect, Size

if TYPE_CHECKING:
    from PIL.Image import Image

Format = Literal["jpeg", "png", "webp"]

_OPTIONS: Mapping[Format, Mapping[str, Any]] = {
    "jpeg": {"quality": 85},
    "png": {"compress_level": 1},
    "webp": {"quality": 85, "method": 0},
}
"""The fastest settings; at 1920x1080 JPEG takes some 5 ms, WebP 40 to 60, PNG 65 to 100."""

_CELL = 8
"""Pixels of a cell's side."""
_CURSOR_CELLS = 12
"""The most cells that a text cursor covers."""
_SHADES = 6
"""Shades of 256 by which a cell differs; fewer are noise of a fade or a gradient."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture, ready for a message."""

    media_type: str
    """Such as `image/jpeg`."""
    data: bytes
    size: Size

    def to_base64(self) -> str:
        return base64.b64encode(self.data).decode("ascii")


def make_thumbnail(image: Image) -> Image:
    """Return a small image in shades of grey, of which each pixel is a cell of the image."""
    return image.reduce(_CELL).convert("L")


def differs(one: Image, other: Image) -> bool:
    """Return whether two thumbnails differ in more than a text cursor that blinks."""
    from PIL import ImageChops

    if one.size != other.size:
        return True
    counts = ImageChops.difference(one, other).histogram()
    return sum(counts[_SHADES:]) > _CURSOR_CELLS


def find_secret_areas(windows: Iterable[Window], words: Iterable[str]) -> list[Rect]:
    """Return the areas of windows with one of the words in their title or program.

    Spelling does not matter, as for input. Windows above a secret one are hidden with it: the
    stacking order may have changed since it was read, and hiding too much is the safe side.
    """
    words = tuple(words)
    return [window.whole for window in windows if find_word(words, window) is not None]


def black_out(image: Image, shown: Rect, secret: Sequence[Rect]) -> None:
    """Paint secret areas black; changes the image.

    `shown` is the area that the image shows. Pixels covered in part become black, too.
    """
    for area in secret:
        part = area.intersect(shown)
        if part is None:
            continue
        across, down = image.width, image.height
        left = (part.left - shown.left) * across // shown.width
        top = (part.top - shown.top) * down // shown.height
        right = -(-(part.right - shown.left) * across // shown.width)
        bottom = -(-(part.bottom - shown.top) * down // shown.height)
        image.paste((0, 0, 0), (left, top, right, bottom))


def draw_cursor(image: Image, shown: Rect, cursor: Cursor, pointer: Point) -> None:
    """Draw the pointer, as far as it is inside; changes the image.

    Call it before `scale`: the cursor's image is in the screen's pixels.
    """
    x = floor((pointer.x - shown.left + 0.5) * image.width / shown.width) - cursor.hot[0]
    y = floor((pointer.y - shown.top + 0.5) * image.height / shown.height) - cursor.hot[1]
    image.paste(cursor.picture, (x, y), cursor.picture)


def scale(image: Image, size: Size) -> Image:
    """Return the image in another size, or the image itself if it has that size."""
    from PIL.Image import Resampling

    if image.size == size:
        return image
    # Averaging is the fastest and keeps thin lines; a bicubic curve keeps enlarged text smooth.
    shrinks = size.width <= image.width and size.height <= image.height
    return image.resize(size, Resampling.BOX if shrinks else Resampling.BICUBIC)


def encode(image: Image, form: Format = "jpeg") -> Picture:
    """Encode an RGB image. PNG is lossless, JPEG and WebP are not."""
    written = io.BytesIO()
    image.save(written, form, **_OPTIONS[form])
    return Picture(f"image/{form}", written.getvalue(), Size(*image.size))

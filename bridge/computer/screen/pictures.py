"""From what was grabbed to what is sent: hidden parts, the pointer, the size, the encoding."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, Any, Literal

from bridge.computer.desktop import Cursor, Window
from bridge.computer.screen.geometry import Point, Rect, Size

if TYPE_CHECKING:
    from PIL.Image import Image

Format = Literal["jpeg", "png", "webp"]

_OPTIONS: Mapping[Format, Mapping[str, Any]] = {
    "jpeg": {"quality": 85},
    "png": {"compress_level": 1},
    "webp": {"quality": 85, "method": 0},
}
"""The fastest of each; at 1920x1080 JPEG takes some 5 ms, WebP 40 to 60 and PNG 65 to 100."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture, as it goes into a message."""

    media_type: str
    """Such as `image/jpeg`."""
    data: bytes
    size: Size

    def base64(self) -> str:
        return base64.b64encode(self.data).decode("ascii")


def secret_areas(windows: Iterable[Window], words: Iterable[str]) -> list[Rect]:
    """The whole areas of the windows whose title or program has one of the words in it.

    Upper and lower case are the same; blank words are none. What lies above a secret window is
    hidden with it: the stacking order may have changed since it was asked for, and a window too
    much in black is the safe side.
    """
    wanted = [word.strip().casefold() for word in words if word.strip()]
    return [
        window.area
        for window in windows
        if any(
            word in name.casefold() for word in wanted for name in (window.title, window.program)
        )
    ]


def black_out(image: Image, shown: Rect, secret: Sequence[Rect]) -> None:
    """Blackens parts of the desktop, in the image itself; `shown` is what it is a picture of.

    A pixel that is covered in part is blackened, too.
    """
    for area in secret:
        part = area.overlap(shown)
        if part is None:
            continue
        across, down = image.width, image.height
        left = (part.left - shown.left) * across // shown.width
        top = (part.top - shown.top) * down // shown.height
        right = -(-(part.right - shown.left) * across // shown.width)
        bottom = -(-(part.bottom - shown.top) * down // shown.height)
        image.paste((0, 0, 0), (left, top, right, bottom))


def draw_cursor(image: Image, shown: Rect, cursor: Cursor, pointer: Point) -> None:
    """Draws the pointer where it points, in the image itself, as much of it as is inside.

    Draw it before scaling: the cursor's picture has the screen's pixels.
    """
    x = floor((pointer.x - shown.left + 0.5) * image.width / shown.width) - cursor.hot[0]
    y = floor((pointer.y - shown.top + 0.5) * image.height / shown.height) - cursor.hot[1]
    image.paste(cursor.picture, (x, y), cursor.picture)


def scale(image: Image, size: Size) -> Image:
    """The image in another size; itself if it has that already.

    Smaller by averaging, which is the fastest and keeps thin lines; larger by a curve, which
    keeps letters smooth.
    """
    from PIL.Image import Resampling

    if image.size == size:
        return image
    shrinks = size.width <= image.width and size.height <= image.height
    return image.resize(size, Resampling.BOX if shrinks else Resampling.BICUBIC)


def encode(image: Image, form: Format = "jpeg") -> Picture:
    """The RGB image as a file. JPEG and WebP are not exact; PNG is."""
    written = io.BytesIO()
    image.save(written, form, **_OPTIONS[form])
    return Picture(f"image/{form}", written.getvalue(), Size(*image.size))

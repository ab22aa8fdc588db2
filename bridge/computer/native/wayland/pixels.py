"""Make a picture of the pixels that a compositor wrote into memory; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.computer.native.wayland.outputs import LONGEST_SIDE
from bridge.computer.native.wayland.wire import WaylandError
from bridge.computer.screen.geometry import Rect

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS: Mapping[int, tuple[str, int]] = {
    0: ("BGRX", 4),
    1: ("BGRX", 4),
    0x34324241: ("RGBX", 4),
    0x34324258: ("RGBX", 4),
    0x34324742: ("RGB", 3),
    0x34324752: ("BGR", 3),
}
"""What can be read of `wl_shm.format`: how a pixel lies in memory, and its bytes.

ARGB8888 and XRGB8888, which every compositor has; ABGR8888 and XBGR8888; BGR888 and RGB888.
"""


@dataclass(frozen=True, slots=True)
class Buffer:
    """The size and format that a compositor wants to write."""

    format: int
    width: int
    height: int
    stride: int
    """Bytes from one line to the next."""

    @property
    def length(self) -> int:
        return self.stride * self.height

    def check(self) -> None:
        """Raise WaylandError for a size or a format that cannot be read."""
        if self.format not in FORMATS:
            raise WaylandError(f"The compositor offers pixels of format {self.format:#x} only.")
        _, size = FORMATS[self.format]
        fits = 0 < self.width <= LONGEST_SIDE and 0 < self.height <= LONGEST_SIDE
        if not fits or not self.width * size <= self.stride <= LONGEST_SIDE * 8:
            raise WaylandError(
                f"The compositor offers a picture of {self.width}x{self.height} pixels with "
                f"{self.stride} bytes a line."
            )


def read_pixels(pixels: Any, buffer: Buffer, *, is_upside_down: bool) -> Image:
    """Read an RGB image as it lies in memory: `bytes`, or memory that is shared."""
    from PIL import Image

    order, _ = FORMATS[buffer.format]
    size, lines = (buffer.width, buffer.height), -1 if is_upside_down else 1
    return Image.frombytes("RGB", size, pixels, "raw", order, buffer.stride, lines)


def turn_upright(image: Image, transform: int) -> Image:
    """Return an image of an output as the user sees it; `transform` as in `wl_output`."""
    from PIL.Image import Transpose

    turns: Mapping[int, Transpose] = {
        1: Transpose.ROTATE_270,
        2: Transpose.ROTATE_180,
        3: Transpose.ROTATE_90,
        4: Transpose.FLIP_LEFT_RIGHT,
        5: Transpose.TRANSPOSE,
        6: Transpose.FLIP_TOP_BOTTOM,
        7: Transpose.TRANSVERSE,
    }
    return image.transpose(turns[transform]) if transform else image


def compose(area: Rect, parts: Sequence[tuple[Rect, Image]]) -> Image:
    """Return a picture of an area of the desktop, of which some may be on no screen.

    `parts`: the screens that it touches, with their pictures. Where they have different numbers of
    pixels for a point, the picture has as many as the finest of them.
    """
    from PIL import Image

    if len(parts) == 1 and parts[0][0] == area:
        return parts[0][1]
    finest = max((image.width / screen.width for screen, image in parts), default=1.0)
    whole = Image.new("RGB", (round(area.width * finest), round(area.height * finest)))
    for screen, image in parts:
        common = area.intersect(screen)
        if common is not None:
            place, part = _cut(common, area, screen, image, whole.size)
            whole.paste(part, place)
    return whole


def _cut(
    common: Rect, area: Rect, screen: Rect, image: Image, size: tuple[int, int]
) -> tuple[tuple[int, int], Image]:
    """Cut the common part out of a screen's image; return its place in the whole picture."""
    from PIL.Image import Resampling

    left, top, right, bottom = _to_pixels(common, area, size)
    box = _to_pixels(common, screen, image.size)
    part = image.crop(box)
    wanted = (max(right - left, 1), max(bottom - top, 1))
    return (left, top), part if part.size == wanted else part.resize(wanted, Resampling.BICUBIC)


def _to_pixels(part: Rect, whole: Rect, size: tuple[int, int]) -> tuple[int, int, int, int]:
    across, down = size[0] / whole.width, size[1] / whole.height
    return (
        round((part.left - whole.left) * across),
        round((part.top - whole.top) * down),
        round((part.right - whole.left) * across),
        round((part.bottom - whole.top) * down),
    )

"""How large a picture may be for a model: the largest of its shape within a budget."""

from __future__ import annotations

from typing import NamedTuple

from bridge.computer.screen.geometry import Size
from bridge.models.rules import ImageSize

PATCH = 28
"""An image costs a token for every begun square of this many pixels a side."""

MANY_EDGE = 2000
"""No side of any image may be longer in a request with more than 20 of them."""


class Tier(NamedTuple):
    """What a picture may measure before it would be refused; `fit(size, *tier)`."""

    edge: int
    """Pixels of the long edge."""
    tokens: int

    def among_many(self) -> Tier:
        """The same, in a request with many images."""
        return Tier(min(self.edge, MANY_EDGE), self.tokens)


OLDER = Tier(1568, 1568)
"""1920x1080 is shown as 1456x819."""
HIGH = Tier(2576, 4784)
"""1920x1080 and 2560x1440 are shown pixel for pixel, 3840x2160 as 2576x1449."""


def tier_for(images: ImageSize) -> Tier:
    """The tier of a model, by the largest image it takes."""
    return Tier(images.edge, (HIGH if images.edge > OLDER.edge else OLDER).tokens)


def tokens_of(size: Size) -> int:
    """What an image of so many pixels costs."""
    return -(-size.width // PATCH) * -(-size.height // PATCH)


def fit(size: Size, edge: int, tokens: int, pixels: int | None = None) -> Size:
    """The largest size of the same shape that keeps every limit; never larger than given.

    The limits: pixels of the long edge, tokens, and, if told, pixels in all. The short edge is
    rounded to the nearest pixel.
    """
    return _largest(size, min(edge, max(size)), tokens, pixels)


def enlarge(size: Size, edge: int, tokens: int, pixels: int | None = None) -> Size:
    """The largest size of the same shape that keeps every limit, also larger than given."""
    return _largest(size, edge, tokens, pixels)


def _largest(shape: Size, edge: int, tokens: int, pixels: int | None) -> Size:
    """Searches the long edge; both what it costs and its area only grow with it."""
    small, large = 1, edge
    while small < large:
        middle = (small + large + 1) // 2
        tried = _of_shape(shape, middle)
        if tokens_of(tried) <= tokens and (pixels is None or tried.width * tried.height <= pixels):
            small = middle
        else:
            large = middle - 1
    return _of_shape(shape, small)


def _of_shape(shape: Size, long: int) -> Size:
    width, height = shape
    most = max(shape)
    # Halves go up, in whole numbers: the same picture on every machine.
    return Size(
        max(1, (2 * width * long + most) // (2 * most)),
        max(1, (2 * height * long + most) // (2 * most)),
    )

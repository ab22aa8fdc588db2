"""Compute how large a picture may be for a model, in pixels and tokens."""

from __future__ import annotations

from typing import NamedTuple

from bridge.computer.screen.geometry import Size
from bridge.models.rules import ImageSize

PATCH = 28
"""An image costs one token per square of this many pixels a side, partial squares included."""

MANY_EDGE = 2000
"""Longest side of any image in a request with more than 20 images."""


class Tier(NamedTuple):
    """Limits of one picture; use as `fit(size, *tier)`."""

    edge: int
    """Most pixels of the long edge."""
    tokens: int

    def reduce_for_many_images(self) -> Tier:
        """Return the limits for a request with many images."""
        return Tier(min(self.edge, MANY_EDGE), self.tokens)


OLDER = Tier(1568, 1568)
"""1920x1080 is shown as 1456x819."""
HIGH = Tier(2576, 4784)
"""1920x1080 and 2560x1440 are shown pixel for pixel, 3840x2160 as 2576x1449."""


def select_tier(images: ImageSize) -> Tier:
    """Select a model's tier by the largest image it takes."""
    return Tier(images.edge, (HIGH if images.edge > OLDER.edge else OLDER).tokens)


def count_tokens(size: Size) -> int:
    """Return the tokens that an image of this size costs."""
    return -(-size.width // PATCH) * -(-size.height // PATCH)


def fit(size: Size, edge: int, tokens: int, pixels: int | None = None) -> Size:
    """Return the largest size of the same shape within limits, at most `size`.

    `edge` limits the pixels of the long edge, `pixels` those of the whole picture. The short edge
    is rounded to the nearest pixel.
    """
    return _find_largest(size, min(edge, max(size)), tokens, pixels)


def enlarge(size: Size, edge: int, tokens: int, pixels: int | None = None) -> Size:
    """Return the same as `fit`, but let it be larger than the given size."""
    return _find_largest(size, edge, tokens, pixels)


def _find_largest(shape: Size, edge: int, tokens: int, pixels: int | None) -> Size:
    # Binary search is right here: tokens and area only grow with the long edge.
    small, large = 1, edge
    while small < large:
        middle = (small + large + 1) // 2
        tried = _scale_to_edge(shape, middle)
        if count_tokens(tried) <= tokens and (
            pixels is None or tried.width * tried.height <= pixels
        ):
            small = middle
        else:
            large = middle - 1
    return _scale_to_edge(shape, small)


def _scale_to_edge(shape: Size, long: int) -> Size:
    width, height = shape
    most = max(shape)
    # Rounded with integers only, halves up: floats could differ between machines.
    return Size(
        max(1, (2 * width * long + most) // (2 * most)),
        max(1, (2 * height * long + most) // (2 * most)),
    )

"""Convert between pixels of Claude's picture and points of the desktop; pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import NamedTuple

from bridge.errors import InvalidRequest


class Point(NamedTuple):
    """A place on the desktop, in points; negative left of and above the main screen."""

    x: int
    y: int


class Size(NamedTuple):
    """Pixels of a picture, or points of the desktop."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle of the desktop, in points; `right` and `bottom` are outside."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def size(self) -> Size:
        return Size(self.width, self.height)

    def __contains__(self, point: Point) -> bool:
        return self.left <= point.x < self.right and self.top <= point.y < self.bottom

    def clamp(self, point: Point) -> Point:
        """Return the point, moved to the nearest edge if it is outside."""
        return Point(
            min(max(point.x, self.left), self.right - 1),
            min(max(point.y, self.top), self.bottom - 1),
        )

    def intersect(self, other: Rect) -> Rect | None:
        """Return the area that both cover; None if there is none."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        if right <= left or bottom <= top:
            return None
        return Rect(left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class View:
    """An area of the desktop, and the size of the picture of it that Claude was shown."""

    area: Rect
    picture: Size

    def to_desktop(self, x: float, y: float) -> Point:
        """Return the point under the middle of a pixel.

        Pixels and points differ: pictures are scaled down for the model, and high-density
        screens have two pixels per point. Raises InvalidRequest outside of the picture: a place
        moved to the edge would be another button.
        """
        area, picture = self.area, self.picture
        if not (0 <= x < picture.width and 0 <= y < picture.height):
            raise InvalidRequest(
                f"({x}, {y}) is outside of the picture, which is {picture.width}x{picture.height}: "
                f"x must be 0 to {picture.width - 1}, and y 0 to {picture.height - 1}.",
                param="coordinate",
            )
        return Point(
            area.left + floor((x + 0.5) * area.width / picture.width),
            area.top + floor((y + 0.5) * area.height / picture.height),
        )

    def check_region(self, region: tuple[int, int, int, int]) -> None:
        """Raise InvalidRequest for a region that is not inside the picture."""
        x0, y0, x1, y1 = region
        width, height = self.picture
        if min(region) < 0 or max(x0, x1) > width or max(y0, y1) > height:
            raise InvalidRequest(
                f"The region {list(region)} is outside of the picture, which is {width}x{height}.",
                param="region",
            )

    def to_picture(self, point: Point) -> tuple[int, int]:
        """Return the pixel that shows a point, at the edge for points outside."""
        near = self.area.clamp(point)
        x = floor((near.x - self.area.left + 0.5) * self.picture.width / self.area.width)
        y = floor((near.y - self.area.top + 0.5) * self.picture.height / self.area.height)
        return min(x, self.picture.width - 1), min(y, self.picture.height - 1)

    def crop(self, x0: int, y0: int, x1: int, y1: int) -> Rect:
        """Return the area of the desktop under a region of the picture; never empty."""
        start = self.to_desktop(min(x0, x1), min(y0, y1))
        end = self.to_desktop(max(x0, x1) - 1, max(y0, y1) - 1)
        width, height = end.x - start.x + 1, end.y - start.y + 1
        return Rect(start.x, start.y, max(width, 1), max(height, 1))


def interpolate(start: Point, end: Point, longest: int) -> list[Point]:
    """Return points on the straight line, at most `longest` apart; the last is the end."""
    far = max(abs(end.x - start.x), abs(end.y - start.y))
    count = max(1, -(-far // longest))
    return [
        Point(
            round(start.x + (end.x - start.x) * step / count),
            round(start.y + (end.y - start.y) * step / count),
        )
        for step in range(1, count + 1)
    ]

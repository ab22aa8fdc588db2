"""Where things are: pixels of the picture Claude is shown, and points of the desktop."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import NamedTuple


class Point(NamedTuple):
    """On the desktop, as the pointer counts; negative left of and above the main screen."""

    x: int
    y: int


class Size(NamedTuple):
    """In pixels of a picture, or in points of the desktop."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Rect:
    """A part of the desktop, in points; `right` and `bottom` are just outside of it."""

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

    def nearest(self, point: Point) -> Point:
        """The same point, or where it would stop at the edge."""
        return Point(
            min(max(point.x, self.left), self.right - 1),
            min(max(point.y, self.top), self.bottom - 1),
        )

    def overlap(self, other: Rect) -> Rect | None:
        """What both cover."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        if right <= left or bottom <= top:
            return None
        return Rect(left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class View:
    """A part of the desktop, and the picture of it that Claude was shown."""

    area: Rect
    picture: Size

    def to_desktop(self, x: float, y: float) -> Point:
        """The point under the middle of a pixel; what lies outside stops at the edge.

        A whole picture of a screen is often smaller or larger than the screen counts points:
        it was scaled for the model, or the screen has two pixels a point.
        """
        area, picture = self.area, self.picture
        inside = Point(
            area.left + floor((x + 0.5) * area.width / picture.width),
            area.top + floor((y + 0.5) * area.height / picture.height),
        )
        return area.nearest(inside)

    def to_picture(self, point: Point) -> tuple[int, int]:
        """The pixel in which a point of the desktop is seen, at the edge for those outside."""
        near = self.area.nearest(point)
        x = floor((near.x - self.area.left + 0.5) * self.picture.width / self.area.width)
        y = floor((near.y - self.area.top + 0.5) * self.picture.height / self.area.height)
        return min(x, self.picture.width - 1), min(y, self.picture.height - 1)

    def part(self, x0: int, y0: int, x1: int, y1: int) -> Rect:
        """The part of the desktop under a region of the picture; never empty."""
        start = self.to_desktop(min(x0, x1), min(y0, y1))
        end = self.to_desktop(max(x0, x1) - 1, max(y0, y1) - 1)
        width, height = end.x - start.x + 1, end.y - start.y + 1
        return Rect(start.x, start.y, max(width, 1), max(height, 1))


def steps(start: Point, end: Point, longest: int) -> list[Point]:
    """Points on the way, `longest` points apart at the most; the last is the end."""
    far = max(abs(end.x - start.x), abs(end.y - start.y))
    count = max(1, -(-far // longest))
    return [
        Point(
            round(start.x + (end.x - start.x) * step / count),
            round(start.y + (end.y - start.y) * step / count),
        )
        for step in range(1, count + 1)
    ]

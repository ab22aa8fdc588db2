"""Draw the icon for a state: a bridge in a speech bubble, and a badge."""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

from PIL import Image, ImageDraw

from tray.status import Look

SIZES = (16, 20, 22, 24, 32, 44, 48, 64, 96)
_OVERSAMPLE = 8

_BADGE_FROM = 20
"""In smaller icons the badge takes a larger share, so that the states look different."""

Colour = tuple[int, int, int, int]
Box = tuple[float, float, float, float]

_CLEAR: Colour = (0, 0, 0, 0)
_WHITE: Colour = (255, 255, 255, 255)
_CLAY: Colour = (217, 119, 87, 255)
_GREY: Colour = (138, 143, 152, 255)
# They differ in lightness and shape, too, for users who cannot tell red from green.
_GREEN: Colour = (38, 166, 91, 255)
_BLUE: Colour = (76, 141, 246, 255)
_AMBER: Colour = (255, 193, 7, 255)
_INK: Colour = (40, 40, 40, 255)
_VIOLET: Colour = (124, 58, 237, 255)
_RED: Colour = (229, 57, 53, 255)

# While Claude controls the computer the whole icon changes: users must not miss it.
_BUBBLES: dict[Look, Colour] = {"stopped": _GREY, "paused": _GREY, "computer": _VIOLET}


@lru_cache(maxsize=64)
def draw_icon(look: Look, size: int) -> Image.Image:
    """Return a square RGBA image, drawn for each size by itself so that it is sharp."""
    pen = _Pen(size * _OVERSAMPLE)
    pen.draw_bubble(_BUBBLES.get(look, _CLAY))
    pen.draw_bridge()
    pen.draw_badge(look, 0.56 if size < _BADGE_FROM else 0.48)
    return pen.picture.resize((size, size), Image.Resampling.BOX)


class _Pen:
    """A pen whose coordinates are fractions of the edge, from 0 to 1."""

    def __init__(self, edge: int) -> None:
        self.picture = Image.new("RGBA", (edge, edge), _CLEAR)
        self._draw = ImageDraw.Draw(self.picture)
        self._edge = edge

    def draw_bubble(self, colour: Colour) -> None:
        self._draw.rounded_rectangle(self._to_box((0.0, 0.03, 1.0, 0.82)), self._edge * 0.2, colour)
        self._draw_polygon([(0.14, 0.76), (0.42, 0.76), (0.16, 1.0)], colour)

    def draw_bridge(self) -> None:
        """Draw a deck on an arch: a white block with a half circle cut out of it."""
        inside = self.picture.getpixel((self._edge // 2, self._edge // 8))
        self._draw.rectangle(self._to_box((0.125, 0.25, 0.875, 0.375)), _WHITE)
        self._draw.rectangle(self._to_box((0.1875, 0.37, 0.8125, 0.64)), _WHITE)
        self._draw.ellipse(self._to_box((0.3125, 0.4375, 0.6875, 0.85)), inside)
        self._draw.rectangle(self._to_box((0.1875, 0.64, 0.8125, 0.78)), inside)

    def draw_badge(self, look: Look, share: float) -> None:
        """Draw the badge at the lower right, with a clear edge that separates it on any panel."""
        match look:
            case "stopped":
                self._draw_plate(share)
                self._draw_on_plate(share, (0.24, 0.24, 0.76, 0.76))
            case "paused":
                self._draw_plate(share)
                self._draw_on_plate(share, (0.2, 0.18, 0.42, 0.82))
                self._draw_on_plate(share, (0.58, 0.18, 0.8, 0.82))
            case "starting":
                self._draw_disc(share, _BLUE)
                self._draw_ring(share, 0.26)
            case "ready":
                self._draw_disc(share, _GREEN)
            case "busy":
                # A ring around a dot looks like a light that is on, whatever its colour.
                self._draw_disc(share, _GREEN)
                self._draw_ring(share, 0.16)
                self._draw_dot(share, 0.3, _GREEN)
            case "computer":
                self._draw_pointer(share)
            case "attention":
                self._draw_triangle(share)
            case "low" | "low_busy":
                self._draw_pie(share, _AMBER, 0.25, _GREEN if look == "low_busy" else _INK)
            case "very_low" | "very_low_busy":
                self._draw_pie(share, _RED, 0.1, _GREEN if look == "very_low_busy" else _INK)
            case _:
                assert_never(look)

    def _draw_ring(self, share: float, inner: float) -> None:
        self._draw_dot(share, inner, _WHITE)

    def _draw_dot(self, share: float, inner: float, colour: Colour) -> None:
        near, far = 1 - share + share * inner, 1 - share * inner
        self._draw.ellipse(self._to_box((near, near, far, far)), colour)

    def _draw_plate(self, share: float) -> None:
        gap, side = 0.06, share * 0.9
        self._draw.rectangle(self._to_box((1 - side - gap, 1 - side - gap, 1, 1)), _CLEAR)
        self._draw.rounded_rectangle(
            self._to_box((1 - side, 1 - side, 1, 1)), self._edge * 0.07, _INK
        )

    def _draw_on_plate(self, share: float, part: Box) -> None:
        """Draw in white on the plate, in fractions of its edge."""
        side = share * 0.9
        left, top, right, bottom = (1 - side + side * value for value in part)
        self._draw.rectangle(self._to_box((left, top, right, bottom)), _WHITE)

    def _draw_pointer(self, share: float) -> None:
        """Draw a mouse pointer, white with a dark edge."""
        size, left, top = share * 1.25, 1 - share * 1.02, 1 - share * 1.25
        outline = [(0.0, 0.0), (0.0, 0.86), (0.22, 0.66), (0.38, 1.0), (0.58, 0.9), (0.43, 0.58),
                   (0.74, 0.58)]  # fmt: skip
        inner = [(0.1, 0.23), (0.1, 0.63), (0.25, 0.5), (0.43, 0.86), (0.45, 0.85), (0.28, 0.48),
                 (0.5, 0.48)]  # fmt: skip
        self._draw_polygon([(left + x * size, top + y * size) for x, y in outline], _INK)
        self._draw_polygon([(left + x * size, top + y * size) for x, y in inner], _WHITE)

    def _draw_triangle(self, share: float) -> None:
        """Draw a triangle with an exclamation mark."""
        wide, top = share * 1.14, 1 - share * 1.06
        middle = 1 - wide / 2
        self._draw_polygon([(middle, top - 0.12), (1.12, 1.07), (1 - wide - 0.12, 1.07)], _CLEAR)
        self._draw_polygon([(middle, top), (1.0, 1.0), (1 - wide, 1.0)], _AMBER)
        stroke = share * 0.085
        self._draw.rectangle(
            self._to_box((middle - stroke, top + share * 0.38, middle + stroke, 1 - share * 0.33)),
            _INK,
        )
        self._draw.rectangle(
            self._to_box((middle - stroke, 1 - share * 0.24, middle + stroke, 1 - share * 0.09)),
            _INK,
        )

    def _draw_pie(self, share: float, colour: Colour, rest: float, rim: Colour) -> None:
        """Draw how much of the plan is used; `rest` is the white part, clockwise up to the top."""
        # Larger than a dot, because its parts must be visible.
        share *= 1.1
        self._draw_disc(share, rim)
        inner = 0.16 if rim == _GREEN else 0.08
        self._draw_dot(share, inner, colour)
        near, far = 1 - share + share * inner, 1 - share * inner
        box = self._to_box((near, near, far, far))
        self._draw.pieslice(box, 270 - 360 * rest, 270, _WHITE)

    def _draw_disc(self, share: float, colour: Colour) -> None:
        gap = 0.06
        self._draw.ellipse(
            self._to_box((1 - share - gap, 1 - share - gap, 1 + gap, 1 + gap)), _CLEAR
        )
        self._draw.ellipse(self._to_box((1 - share, 1 - share, 1, 1)), colour)

    def _draw_polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        self._draw.polygon([(x * self._edge, y * self._edge) for x, y in points], colour)

    def _to_box(self, share: Box) -> Box:
        """Return pixels; Pillow's boxes include their last one."""
        left, top, right, bottom = (value * self._edge for value in share)
        return left, top, right - 1, bottom - 1

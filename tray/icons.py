"""Draws the icon of a state: a bridge in a speech bubble, and a badge."""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

from PIL import Image, ImageDraw

from tray.status import Look

SIZES = (16, 20, 22, 24, 32, 44, 48, 64, 96)
_OVERSAMPLE = 8

_BADGE_FROM = 20
"""Below this size the badge takes a larger share, or nobody could tell the states apart."""

Colour = tuple[int, int, int, int]
Box = tuple[float, float, float, float]

_CLEAR: Colour = (0, 0, 0, 0)
_WHITE: Colour = (255, 255, 255, 255)
_CLAY: Colour = (217, 119, 87, 255)
_GREY: Colour = (138, 143, 152, 255)
# Told apart by lightness and shape, too: they must not rest on red and green.
_GREEN: Colour = (38, 166, 91, 255)
_BLUE: Colour = (76, 141, 246, 255)
_AMBER: Colour = (255, 193, 7, 255)
_INK: Colour = (40, 40, 40, 255)
_VIOLET: Colour = (124, 58, 237, 255)

# Claude's hands on the machine change the whole icon: that must not be missed.
_BUBBLES: dict[Look, Colour] = {"stopped": _GREY, "paused": _GREY, "computer": _VIOLET}


@lru_cache(maxsize=64)
def draw_icon(look: Look, size: int) -> Image.Image:
    """A square RGBA picture; drawn anew for each size, so that it is crisp."""
    pen = _Pen(size * _OVERSAMPLE)
    pen.bubble(_BUBBLES.get(look, _CLAY))
    pen.bridge()
    pen.badge(look, 0.56 if size < _BADGE_FROM else 0.48)
    return pen.picture.resize((size, size), Image.Resampling.BOX)


class _Pen:
    """Draws in shares of the edge, from 0 to 1."""

    def __init__(self, edge: int) -> None:
        self.picture = Image.new("RGBA", (edge, edge), _CLEAR)
        self._draw = ImageDraw.Draw(self.picture)
        self._edge = edge

    def bubble(self, colour: Colour) -> None:
        self._draw.rounded_rectangle(self._box((0.0, 0.03, 1.0, 0.82)), self._edge * 0.2, colour)
        self._polygon([(0.14, 0.76), (0.42, 0.76), (0.16, 1.0)], colour)

    def bridge(self) -> None:
        """A deck on an arch: a white block with a half circle cut out of it."""
        inside = self.picture.getpixel((self._edge // 2, self._edge // 8))
        self._draw.rectangle(self._box((0.125, 0.25, 0.875, 0.375)), _WHITE)
        self._draw.rectangle(self._box((0.1875, 0.37, 0.8125, 0.64)), _WHITE)
        self._draw.ellipse(self._box((0.3125, 0.4375, 0.6875, 0.85)), inside)
        self._draw.rectangle(self._box((0.1875, 0.64, 0.8125, 0.78)), inside)

    def badge(self, look: Look, share: float) -> None:
        """Lower right, with a clear rim so that it stands off the bubble on any panel."""
        match look:
            case "stopped":
                self._plate(share)
                self._on_plate(share, (0.24, 0.24, 0.76, 0.76))
            case "paused":
                self._plate(share)
                self._on_plate(share, (0.2, 0.18, 0.42, 0.82))
                self._on_plate(share, (0.58, 0.18, 0.8, 0.82))
            case "starting":
                self._disc(share, _BLUE)
                self._ring(share, 0.26)
            case "ready":
                self._disc(share, _GREEN)
            case "busy":
                # A ring round a dot: like a light that is on, in any colour.
                self._disc(share, _GREEN)
                self._ring(share, 0.16)
                self._dot(share, 0.3, _GREEN)
            case "computer":
                self._pointer(share)
            case "attention":
                self._attention_badge(share)
            case _:
                assert_never(look)

    def _ring(self, share: float, inner: float) -> None:
        self._dot(share, inner, _WHITE)

    def _dot(self, share: float, inner: float, colour: Colour) -> None:
        near, far = 1 - share + share * inner, 1 - share * inner
        self._draw.ellipse(self._box((near, near, far, far)), colour)

    def _plate(self, share: float) -> None:
        rim, side = 0.06, share * 0.9
        self._draw.rectangle(self._box((1 - side - rim, 1 - side - rim, 1, 1)), _CLEAR)
        self._draw.rounded_rectangle(self._box((1 - side, 1 - side, 1, 1)), self._edge * 0.07, _INK)

    def _on_plate(self, share: float, part: Box) -> None:
        """White on the plate, in shares of its edge."""
        side = share * 0.9
        left, top, right, bottom = (1 - side + side * value for value in part)
        self._draw.rectangle(self._box((left, top, right, bottom)), _WHITE)

    def _pointer(self, share: float) -> None:
        """An arrow as a mouse has it, white with a dark edge."""
        size, left, top = share * 1.25, 1 - share * 1.02, 1 - share * 1.25
        outline = [(0.0, 0.0), (0.0, 0.86), (0.22, 0.66), (0.38, 1.0), (0.58, 0.9), (0.43, 0.58),
                   (0.74, 0.58)]  # fmt: skip
        inner = [(0.1, 0.23), (0.1, 0.63), (0.25, 0.5), (0.43, 0.86), (0.45, 0.85), (0.28, 0.48),
                 (0.5, 0.48)]  # fmt: skip
        self._polygon([(left + x * size, top + y * size) for x, y in outline], _INK)
        self._polygon([(left + x * size, top + y * size) for x, y in inner], _WHITE)

    def _attention_badge(self, share: float) -> None:
        """A triangle with an exclamation mark."""
        wide, top = share * 1.14, 1 - share * 1.06
        middle = 1 - wide / 2
        self._polygon([(middle, top - 0.12), (1.12, 1.07), (1 - wide - 0.12, 1.07)], _CLEAR)
        self._polygon([(middle, top), (1.0, 1.0), (1 - wide, 1.0)], _AMBER)
        stroke = share * 0.085
        self._draw.rectangle(
            self._box((middle - stroke, top + share * 0.38, middle + stroke, 1 - share * 0.33)),
            _INK,
        )
        self._draw.rectangle(
            self._box((middle - stroke, 1 - share * 0.24, middle + stroke, 1 - share * 0.09)), _INK
        )

    def _disc(self, share: float, colour: Colour) -> None:
        rim = 0.06
        self._draw.ellipse(self._box((1 - share - rim, 1 - share - rim, 1 + rim, 1 + rim)), _CLEAR)
        self._draw.ellipse(self._box((1 - share, 1 - share, 1, 1)), colour)

    def _polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        self._draw.polygon([(x * self._edge, y * self._edge) for x, y in points], colour)

    def _box(self, share: Box) -> Box:
        """Pillow's boxes include their last pixel."""
        left, top, right, bottom = (value * self._edge for value in share)
        return left, top, right - 1, bottom - 1

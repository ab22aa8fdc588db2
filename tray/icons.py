"""Draws the icon of a state: a bridge in a speech bubble, and a badge."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw

from tray.menu import Look

SIZES = (16, 22, 24, 32, 48, 64)
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


@lru_cache(maxsize=64)
def draw_icon(look: Look, size: int) -> Image.Image:
    """A square RGBA picture; drawn anew for each size, so that it is crisp."""
    pen = _Pen(size * _OVERSAMPLE)
    pen.bubble(_GREY if look == "stopped" else _CLAY)
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
        if look == "stopped":
            self._stop_badge(share)
        elif look == "starting":
            self._starting_badge(share)
        elif look == "attention":
            self._attention_badge(share)
        else:
            self._running_badge(share)

    def _running_badge(self, share: float) -> None:
        self._disc(share, _GREEN)

    def _starting_badge(self, share: float) -> None:
        """An open ring."""
        self._disc(share, _BLUE)
        inner = share * 0.26
        self._draw.ellipse(
            self._box((1 - share + inner, 1 - share + inner, 1 - inner, 1 - inner)), _WHITE
        )

    def _stop_badge(self, share: float) -> None:
        side, rim = share * 0.86, 0.06
        self._draw.rectangle(self._box((1 - side - rim, 1 - side - rim, 1, 1)), _CLEAR)
        self._draw.rounded_rectangle(
            self._box((1 - side, 1 - side, 1, 1)), self._edge * 0.05, _WHITE
        )
        inset = side * 0.2
        self._draw.rectangle(
            self._box((1 - side + inset, 1 - side + inset, 1 - inset, 1 - inset)), _INK
        )

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

"""Mark the places of actions in the picture that the user sees for approval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bridge.computer.actions import Coordinate

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw as Pen

_RED = (214, 40, 40)
_WHITE = (255, 255, 255)
_RADIUS = 18


def mark_places(image: Image, places: Sequence[Coordinate]) -> None:
    """Draw a ring around each place, numbered in order; changes the image."""
    from PIL import ImageDraw

    pen = ImageDraw.Draw(image)
    for number, (x, y) in enumerate(places, start=1):
        for radius, width, color in ((_RADIUS + 2, 7, _WHITE), (_RADIUS, 4, _RED)):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), None, color, width)
        pen.ellipse((x - 2, y - 2, x + 2, y + 2), _RED)
        if len(places) > 1:
            _draw_number(pen, str(number), (x + _RADIUS, y - _RADIUS))


def _draw_number(pen: Pen, text: str, at: tuple[int, int]) -> None:
    left, top, right, bottom = pen.textbbox(at, text, font_size=18)
    pen.rectangle((left - 4, top - 3, right + 4, bottom + 3), _RED)
    pen.text(at, text, _WHITE, font_size=18)

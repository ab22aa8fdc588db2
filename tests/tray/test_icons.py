"""The icon, as pixels on a light and on a dark panel."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from PIL import Image, ImageChops

from tray.icons import SIZES, draw_icon
from tray.status import LOOKS, Look

PANELS = {"light": (246, 245, 244, 255), "dark": (30, 30, 30, 255)}


def on_panel(look: Look, size: int, panel: str) -> Image.Image:
    ground = Image.new("RGBA", (size, size), PANELS[panel])
    return Image.alpha_composite(ground, draw_icon(look, size)).convert("L")


def different(one: Image.Image, other: Image.Image, by: int) -> float:
    """The share of pixels whose lightness differs by more than that."""
    delta: Any = ImageChops.difference(one, other).histogram()
    return float(sum(delta[by:]) / (one.width * one.height))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("panel", PANELS)
def test_every_look_stands_off_the_panel(panel: str, size: int) -> None:
    bare = Image.new("RGBA", (size, size), PANELS[panel]).convert("L")
    for look in LOOKS:
        assert draw_icon(look, size).size == (size, size)
        assert different(on_panel(look, size, panel), bare, 50) > 0.4, look


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("panel", PANELS)
def test_looks_are_told_apart_by_lightness_alone(panel: str, size: int) -> None:
    """So that nobody has to tell red from green."""
    for one, other in combinations(LOOKS, 2):
        share = different(on_panel(one, size, panel), on_panel(other, size, panel), 24)
        assert share > 0.02, (one, other, share)


def test_a_larger_icon_is_drawn_anew_not_blown_up() -> None:
    large = draw_icon("ready", 96)
    blown_up = draw_icon("ready", 16).resize((96, 96), Image.Resampling.BICUBIC)
    assert different(large.convert("L"), blown_up.convert("L"), 60) > 0.02

"""The pixels of the icon on a light and on a dark panel."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from PIL import Image, ImageChops

from tray.icons import SIZES, draw_icon
from tray.status import LOOKS, Look

PANELS = {"light": (246, 245, 244, 255), "dark": (30, 30, 30, 255)}


def draw_on_panel(look: Look, size: int, panel: str) -> Image.Image:
    ground = Image.new("RGBA", (size, size), PANELS[panel])
    return Image.alpha_composite(ground, draw_icon(look, size)).convert("L")


def share_of_difference(one: Image.Image, other: Image.Image, by: int) -> float:
    """Return the share of pixels whose lightness differs by more than `by`."""
    delta: Any = ImageChops.difference(one, other).histogram()
    return float(sum(delta[by:]) / (one.width * one.height))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("panel", PANELS)
def test_every_look_is_visible_on_the_panel(panel: str, size: int) -> None:
    bare = Image.new("RGBA", (size, size), PANELS[panel]).convert("L")
    for look in LOOKS:
        assert draw_icon(look, size).size == (size, size)
        assert share_of_difference(draw_on_panel(look, size, panel), bare, 50) > 0.4, look


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("panel", PANELS)
def test_looks_differ_in_lightness(panel: str, size: int) -> None:
    """Users who cannot distinguish red from green need this."""
    for one, other in combinations(LOOKS, 2):
        share = share_of_difference(
            draw_on_panel(one, size, panel), draw_on_panel(other, size, panel), 24
        )
        assert share > 0.02, (one, other, share)


def test_a_large_icon_is_sharper_than_an_enlarged_small_one() -> None:
    large = draw_icon("ready", 96)
    enlarged = draw_icon("ready", 16).resize((96, 96), Image.Resampling.BICUBIC)
    assert share_of_difference(large.convert("L"), enlarged.convert("L"), 60) > 0.02

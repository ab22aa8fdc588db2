"""Tell which of a program's windows is the one that the desktop lists."""

from __future__ import annotations

from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect

SAME_AREA = 0.6
"""Part of two areas that must be common for one window: shadows and borders differ."""


def measure_overlap(box: Rect, window: Window) -> float:
    """Return how much of a window's area and another one is common, from 0 to 1."""
    return max(_measure_common(box, area) for area in (window.area, window.whole))


def _measure_common(one: Rect, other: Rect) -> float:
    common = one.intersect(other)
    if common is None:
        return 0
    shared = common.width * common.height
    return shared / (one.width * one.height + other.width * other.height - shared)


def is_title(name: str, window: Window) -> bool:
    titles = (window.title, *window.titles)
    return bool(name) and any(name in title or title in name for title in titles if title)

"""The elements of a desktop without a tree: all are unknown, so only windows are known."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.computer.desktop import Window
from bridge.computer.elements.base import Element
from bridge.computer.screen.geometry import Point, Rect


class NoElements:
    """`Elements` of Windows and macOS so far, and of tests."""

    def element_at(self, point: Point, window: Window) -> Element | None:
        return None

    def find_focused(self, window: Window) -> Element | None:
        return None

    def default_button(self, window: Window) -> Element | None:
        return None

    def password_areas(self, windows: Sequence[Window]) -> list[Rect]:
        return []

    def close(self) -> None:
        """Do nothing: nothing is open."""

"""Elements as a test sets them, and the questions that were asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridge.computer.desktop import Window
from bridge.computer.elements.base import NOTHING, Element
from bridge.computer.screen.geometry import Point, Rect


class FakeElements:
    """Everything is unknown until a test sets it; `asked` has every question."""

    def __init__(self, *placed: Element) -> None:
        """`placed`: elements with a box, the innermost last."""
        self.placed = list(placed)
        self.focus: Element | None = None
        self.default: Element | None = NOTHING
        self.asked: list[tuple[Any, ...]] = []
        self.closed = False

    def element_at(self, point: Point, window: Window) -> Element | None:
        self.asked.append(("element_at", point, window.title))
        here = [each for each in self.placed if each.box is not None and point in each.box]
        return here[-1] if here else None

    def find_focused(self, window: Window) -> Element | None:
        self.asked.append(("find_focused", window.title))
        return self.focus

    def default_button(self, window: Window) -> Element | None:
        self.asked.append(("default_button", window.title))
        return self.default

    def password_areas(self, windows: Sequence[Window]) -> list[Rect]:
        self.asked.append(("password_areas",))
        fields = [*self.placed, *([self.focus] if self.focus else [])]
        return [each.box for each in fields if each.role == "password field" and each.box]

    def close(self) -> None:
        self.closed = True

"""The elements of a desktop without a tree: all are unknown, so only windows are known."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.computer.desktop import Window
from bridge.computer.elements.base import Element, ElementList, NamedElement, Press, Role
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import InvalidRequest

NOT_OFFERED = (
    "Elements are not offered here: that needs Linux, with X11 or Sway, and the accessibility bus, "
    "or Windows and its UI Automation. Use a screenshot and its coordinates."
)


class NoElements:
    """`Elements` of a desktop whose programs cannot be asked, and of tests."""

    def element_at(self, point: Point, window: Window) -> Element | None:
        return None

    def find_focused(self, window: Window) -> Element | None:
        return None

    def is_mute(self, window: Window) -> bool:
        return False

    def default_button(self, window: Window) -> Element | None:
        return None

    def password_areas(self, windows: Sequence[Window]) -> list[Rect]:
        return []

    def window_tree(self, window: Window, most: int) -> ElementList:
        raise build_refusal()

    def find(self, window: Window, role: Role | None, name: str | None) -> ElementList:
        raise build_refusal()

    def look_up(self, id: str, windows: Sequence[Window]) -> tuple[NamedElement, Window]:
        raise build_refusal()

    def press(self, id: str) -> Press:
        raise build_refusal()

    def focus_element(self, id: str) -> bool:
        raise build_refusal()

    def set_value(self, id: str, value: str) -> str | None:
        raise build_refusal()

    def read_text(self, id: str) -> str:
        raise build_refusal()

    def close(self) -> None:
        """Do nothing: nothing is open."""


def build_refusal() -> InvalidRequest:
    return InvalidRequest(NOT_OFFERED, param="action")

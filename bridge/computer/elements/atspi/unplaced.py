"""The elements of a desktop that does not tell where windows are, such as GNOME on Wayland."""

# Programs know places in their own window only, so what is at a place of the screen is unknown:
# elements are known by their name and by the keyboard, and none has a box.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge.computer.desktop import Window
from bridge.computer.elements.atspi.elements import AtspiElements
from bridge.computer.elements.base import Element, ElementList, NamedElement, Role
from bridge.computer.screen.geometry import Point, Rect

SOMEWHERE = Rect(0, 0, 0, 0)
"""The area of a password field that is in a window, at an unknown place."""


class UnplacedElements(AtspiElements):
    """`Elements` without places."""

    def element_at(self, point: Point, window: Window) -> Element | None:
        return None

    def find_focused(self, window: Window) -> Element | None:
        return _hide_place(super().find_focused(window))

    def default_button(self, window: Window) -> Element | None:
        return _hide_place(super().default_button(window))

    def password_areas(self, windows: Sequence[Window]) -> list[Rect]:
        return [SOMEWHERE for _ in super().password_areas(windows)]

    def window_tree(self, window: Window, most: int) -> ElementList:
        return _hide_places(super().window_tree(window, most))

    def find(self, window: Window, role: Role | None, name: str | None) -> ElementList:
        return _hide_places(super().find(window, role, name))

    def look_up(self, id: str, windows: Sequence[Window]) -> tuple[NamedElement, Window]:
        named, window = super().look_up(id, windows)
        return _hide_place_of(named), window


def _hide_place(element: Element | None) -> Element | None:
    # What is known to be nothing stays that very object.
    return element if element is None or element.box is None else replace(element, box=None)


def _hide_place_of(named: NamedElement) -> NamedElement:
    return replace(named, element=replace(named.element, box=None))


def _hide_places(listed: ElementList) -> ElementList:
    return replace(listed, elements=tuple(map(_hide_place_of, listed.elements)))

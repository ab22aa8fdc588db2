"""Elements as a test sets them, and the questions that were asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bridge.computer.desktop import Window
from bridge.computer.elements.base import (
    NOTHING,
    Element,
    ElementList,
    NamedElement,
    Press,
    Role,
)
from bridge.computer.matching.names import has_name_part, is_name
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import InvalidRequest


class FakeElements:
    """Everything is unknown until a test sets it; `asked` has every question."""

    def __init__(self, *placed: Element) -> None:
        """`placed`: elements with a box, the innermost last."""
        self.placed = list(placed)
        self.focus: Element | None = None
        self.default: Element | None = NOTHING
        self.mute = False
        """Whether the programs tell no elements, as Tk's."""
        self.asked: list[tuple[Any, ...]] = []
        self.closed = False
        self.done: list[tuple[Any, ...]] = []
        """What was done by name."""
        self.before: Callable[[tuple[Any, ...]], None] = lambda call: None
        """Called with each press; it may change the elements."""
        self.presses: dict[str, Press] = {}
        """By name, what comes of a press that does not simply work."""
        self.values: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.unsettable: set[str] = set()
        """Names of fields whose text has to be typed."""
        self.is_whole = True
        self._ids: dict[str, tuple[Element, Window]] = {}

    def element_at(self, point: Point, window: Window) -> Element | None:
        self.asked.append(("element_at", point, window.title))
        here = [each for each in self.placed if each.box is not None and point in each.box]
        return here[-1] if here else None

    def find_focused(self, window: Window) -> Element | None:
        self.asked.append(("find_focused", window.title))
        return self.focus

    def is_mute(self, window: Window) -> bool:
        return self.mute

    def default_button(self, window: Window) -> Element | None:
        self.asked.append(("default_button", window.title))
        return self.default

    def password_areas(self, windows: Sequence[Window]) -> list[Rect]:
        self.asked.append(("password_areas",))
        fields = [*self.placed, *([self.focus] if self.focus else [])]
        return [each.box for each in fields if each.role == "password field" and each.box]

    def window_tree(self, window: Window, most: int) -> ElementList:
        self.asked.append(("window_tree", window.title, most))
        here = self._list_in(window)
        return ElementList(
            tuple(self._name(each, window) for each in here[:most]), len(here) <= most
        )

    def find(self, window: Window, role: Role | None, name: str | None) -> ElementList:
        self.asked.append(("find", window.title, role, name))
        here = [each for each in self._list_in(window) if role in (None, each.role)]
        for fits in (is_name, has_name_part):
            found = [each for each in here if name is None or fits(each.name, name)]
            if found:
                break
        return ElementList(tuple(self._name(each, window) for each in found), self.is_whole)

    def look_up(self, id: str, windows: Sequence[Window]) -> tuple[NamedElement, Window]:
        element = self._find(id)
        place = self._ids[id][1]
        window = next((each for each in windows if place.is_same(each)), None)
        if window is None:
            raise self._explain_gone(id)
        return NamedElement(id, element, self.values.get(element.name, "")), window

    def press(self, id: str) -> Press:
        element = self._find(id)
        self.done.append(("press", element.name))
        self.before(("press", element.name))
        return self.presses.get(element.name, "pressed")

    def focus_element(self, id: str) -> bool:
        element = self._find(id)
        self.done.append(("focus", element.name))
        self.focus = element
        return True

    def set_value(self, id: str, value: str) -> str | None:
        element = self._find(id)
        if element.name in self.unsettable:
            return None
        self.done.append(("set_value", element.name, value))
        self.values[element.name] = value
        return "" if element.is_password else value

    def read_text(self, id: str) -> str:
        element = self._find(id)
        if element.is_password:
            raise InvalidRequest("The text of a password field is not read.", param="id")
        return self.texts.get(element.name, element.name)

    def _list_in(self, window: Window) -> list[Element]:
        """List the elements of a window: those placed inside it."""
        return [each for each in self.placed if each.box and each.box.intersect(window.whole)]

    def _name(self, element: Element, window: Window) -> NamedElement:
        known = next((id for id, (each, _) in self._ids.items() if each is element), None)
        id = known or f"e{len(self._ids) + 1}ab"
        self._ids[id] = (element, window)
        return NamedElement(id, element, self.values.get(element.name, ""))

    def _find(self, id: str) -> Element:
        known, _ = self._ids.get(id, (None, None))
        for element in self.placed:
            if known is not None and element.is_same(known) and element.box == known.box:
                return element
        raise self._explain_gone(id)

    def _explain_gone(self, id: str) -> InvalidRequest:
        return InvalidRequest(f"The element {id} is gone; list the elements again.", param="id")

    def close(self) -> None:
        self.closed = True

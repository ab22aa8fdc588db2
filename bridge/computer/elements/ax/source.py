"""macOS' accessibility objects as nodes, through pyobjc: one call for each object."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from bridge.computer.desktop import Window
from bridge.computer.elements.ax.roles import ATTRIBUTES, make_raw, read_role
from bridge.computer.elements.base import FIELDS, Role
from bridge.computer.elements.walking.node import Node, Raw, TimedOut, Unanswered
from bridge.computer.screen.geometry import Point

MESSAGING_SECONDS = 0.15
"""Longest time of one call, of all objects in this process; macOS' own default is 6 s."""
_SUCCESS, _CANNOT_COMPLETE, _NO_VALUE = 0, -25204, -25212
_NOT_OFFERED = (-25205, -25206, -25208, _NO_VALUE)
"""The attribute or action is not supported, not implemented, or has no value."""
_POINT, _SIZE = 1, 2
"""kAXValueCGPointType, kAXValueCGSizeType"""
_CHROMIUM = (
    *("com.google.Chrome", "org.chromium.Chromium", "com.microsoft.edgemac"),
    *("com.brave.Browser", "com.vivaldi.Vivaldi", "com.operasoftware.Opera"),
)
"""Beginnings of the bundle ids of browsers that build their tree for a screen reader only."""


@dataclass(frozen=True, slots=True)
class Api:
    """pyobjc's functions, and what is around all that is done at once."""

    functions: Any
    """The module ApplicationServices, or an object with its functions."""
    enclose: Callable[[], AbstractContextManager[Any]] = nullcontext

    def check(self, error: int, what: str) -> bool:
        """Return whether a call worked; False for what is not offered. Raises Unanswered."""
        if error == _SUCCESS:
            return True
        if error in _NOT_OFFERED:
            return False
        kind = TimedOut if error == _CANNOT_COMPLETE else Unanswered
        raise kind(f"{what} gave the error {error}.")

    def read(self, element: Any, name: str) -> Any:
        """Return an attribute; None without one. Raises Unanswered."""
        error, value = self.functions.AXUIElementCopyAttributeValue(element, name, None)
        return value if self.check(error, name) else None

    def write(self, element: Any, name: str, value: Any) -> bool:
        error = self.functions.AXUIElementSetAttributeValue(element, name, value)
        return self.check(error, name)

    def perform(self, element: Any, name: str) -> bool:
        return self.check(self.functions.AXUIElementPerformAction(element, name), name)

    def list(self, element: Any, name: str, most: int) -> list[Any]:
        """Return the first values of an attribute that is a list."""
        error, values = self.functions.AXUIElementCopyAttributeValues(element, name, 0, most, None)
        return list(values or ()) if self.check(error, name) else []

    def read_values(self, element: Any) -> dict[str, Any]:
        """Return the attributes that an object has, by one call."""
        error, values = self.functions.AXUIElementCopyMultipleAttributeValues(
            element, ATTRIBUTES, 0, None
        )
        if not self.check(error, "AXRole") or values is None or len(values) != len(ATTRIBUTES):
            raise Unanswered("The object has no attributes.")
        pairs = zip(ATTRIBUTES, values, strict=True)
        found = {name: self._unpack(name, value) for name, value in pairs}
        label = found.get("AXTitleUIElement")
        if not isinstance(label, type(element)):
            # What an object lacks comes as an error, which has another type.
            found["AXTitleUIElement"] = None
        return {name: value for name, value in found.items() if value is not None}

    def can_write(self, element: Any) -> bool:
        error, can_write = self.functions.AXUIElementIsAttributeSettable(element, "AXValue", None)
        return self.check(error, "AXValue") and bool(can_write)

    def read_process(self, element: Any) -> int:
        error, process = self.functions.AXUIElementGetPid(element, None)
        return int(process) if error == _SUCCESS else 0

    def _unpack(self, name: str, value: Any) -> Any:
        """Return a plain value; None for what an object lacks, which comes as an error inside."""
        if name in ("AXPosition", "AXSize"):
            return self._unpack_pair(value, _POINT if name == "AXPosition" else _SIZE)
        if name == "AXURL":
            return str(value.absoluteString()) if hasattr(value, "absoluteString") else None
        if name == "AXTitleUIElement" or isinstance(value, str | int | float | list | tuple):
            return value
        return None

    def _unpack_pair(self, value: Any, kind: int) -> tuple[float, float] | None:
        try:
            is_pair, pair = self.functions.AXValueGetValue(value, kind, None)
        except (TypeError, ValueError):
            return None
        if not is_pair:
            return None
        return (pair.x, pair.y) if kind == _POINT else (pair.width, pair.height)


class AxNode:
    """An object; pyobjc compares its reference as macOS does."""

    def __init__(self, element: Any, api: Api) -> None:
        self._element, self._api = element, api

    def __hash__(self) -> int:
        return hash(self._element)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AxNode) and bool(self._element == other._element)

    def read(self) -> Raw:
        api, element = self._api, self._element
        values = api.read_values(element)
        role = read_role(values)
        can_write = role in FIELDS and api.can_write(element)
        has_name = any(values.get(name) for name in ("AXTitle", "AXDescription"))
        label = None if has_name else self._read_label(values)
        return make_raw(values, label, api.read_process(element), can_write=can_write)

    def list_children(self, most: int) -> Sequence[Node]:
        children = self._api.list(self._element, "AXChildren", most)
        return [AxNode(child, self._api) for child in children]

    def find_parent(self) -> Node | None:
        return self._follow("AXParent")

    def find_below(
        self, roles: Collection[Role], *, shown: bool, most: int
    ) -> Sequence[Node] | None:
        return None

    def find_default_button(self) -> Node | None:
        # Windows and sheets have the attribute, be it without a value; forms of pages do not.
        error, button = self._api.functions.AXUIElementCopyAttributeValue(
            self._element, "AXDefaultButton", None
        )
        if error == _NO_VALUE:
            return None
        if not self._api.check(error, "AXDefaultButton"):
            raise Unanswered("The program does not tell which button Return presses.")
        return None if button is None else AxNode(button, self._api)

    def is_clickable(self) -> bool:
        error, names = self._api.functions.AXUIElementCopyActionNames(self._element, None)
        return self._api.check(error, "AXPress") and "AXPress" in (names or ())

    def press(self) -> bool:
        return self._api.perform(self._element, "AXPress")

    def select(self) -> bool:
        if self._api.write(self._element, "AXSelected", True):
            return True
        # A cell is selected by its row.
        parent = self._api.read(self._element, "AXParent")
        is_cell = parent is not None and self._api.read(parent, "AXRole") == "AXRow"
        return is_cell and self._api.write(parent, "AXSelected", True)

    def expand(self, *, expanded: bool) -> bool:
        if expanded:
            return self._api.perform(self._element, "AXPress")
        menus = self._api.list(self._element, "AXChildren", 1)
        return bool(menus) and self._api.perform(menus[0], "AXCancel")

    def focus(self) -> bool:
        return self._api.write(self._element, "AXFocused", True)

    def scroll_into_view(self) -> bool:
        return self._api.perform(self._element, "AXScrollToVisible")

    def set_text(self, text: str) -> bool:
        return self._api.can_write(self._element) and self._set(text)

    def set_number(self, number: float) -> bool:
        return self._api.can_write(self._element) and self._set(number)

    def read_text(self, length: int) -> Any:
        return self._api.read(self._element, "AXValue")

    def _set(self, value: Any) -> bool:
        return self._api.write(self._element, "AXValue", value)

    def _follow(self, name: str) -> Node | None:
        element = self._api.read(self._element, name)
        return None if element is None else AxNode(element, self._api)

    def _read_label(self, values: dict[str, Any]) -> Any:
        """Return the text of the object beside it that is its label."""
        label = values.get("AXTitleUIElement")
        if label is None:
            return None
        try:
            return self._api.read(label, "AXValue") or self._api.read(label, "AXTitle")
        except TimedOut:
            raise
        except Unanswered:
            # An object without a label has an error in place of one.
            return None


class AxSource:
    """`Source` over macOS' accessibility functions; needs the permission Accessibility."""

    tells_forms = False

    def __init__(self, load: Callable[[], Api] | None = None) -> None:
        self._load = load or _load_api
        self._api: Api | None = None
        self._awake: set[int] = set()

    def open(self) -> None:
        api = self._load()
        if not api.functions.AXIsProcessTrusted():
            raise Unanswered("macOS does not let this program use Accessibility.")
        # On the object for the whole system, it holds for all objects in this process.
        everything = api.functions.AXUIElementCreateSystemWide()
        error = api.functions.AXUIElementSetMessagingTimeout(everything, MESSAGING_SECONDS)
        if error != _SUCCESS:
            raise Unanswered(f"The longest time of a call cannot be set: {error}.")
        self._api = api

    def enclose_call(self) -> AbstractContextManager[Any]:
        return nullcontext() if self._api is None else self._api.enclose()

    def list_windows(self, window: Window) -> Sequence[Node]:
        api, program = self._open_program(window)
        return [AxNode(each, api) for each in api.list(program, "AXWindows", 100)]

    def find_at(self, point: Point, window: Window) -> Node | None:
        api, program = self._open_program(window)
        error, element = api.functions.AXUIElementCopyElementAtPosition(
            program, float(point.x), float(point.y), None
        )
        if not api.check(error, "AXUIElementCopyElementAtPosition") or element is None:
            return None
        return AxNode(element, api)

    def find_focused(self, window: Window) -> Node | None:
        api, program = self._open_program(window)
        element = api.read(program, "AXFocusedUIElement")
        return None if element is None else AxNode(element, api)

    def _open_program(self, window: Window) -> tuple[Api, Any]:
        api, process = self._api, window.id.process
        if api is None or not process:
            raise Unanswered("The program of the window is not known.")
        program = api.functions.AXUIElementCreateApplication(process)
        if process not in self._awake:
            self._awake.add(process)
            self._wake(api, program, window)
        return api, program

    def _wake(self, api: Api, program: Any, window: Window) -> None:
        """Ask a program to build its tree: Electron and Chromium do so only when asked."""
        set_attribute = api.functions.AXUIElementSetAttributeValue
        is_woken = set_attribute(program, "AXManualAccessibility", True) == _SUCCESS
        if not is_woken and any(name.startswith(_CHROMIUM) for name in window.names):
            set_attribute(program, "AXEnhancedUserInterface", True)


def _load_api() -> Api:
    import ApplicationServices
    import objc

    return Api(ApplicationServices, objc.autorelease_pool)

"""UI Automation's objects as nodes: all properties of many objects come by one call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from ctypes.wintypes import POINT
from functools import reduce
from typing import Any

from bridge.computer.desktop import Window
from bridge.computer.elements.base import Role
from bridge.computer.elements.uia.client import Client, open_client
from bridge.computer.elements.uia.roles import (
    CONTROL_TYPE,
    DEFAULT_TELLERS,
    FRAMEWORK,
    IS_DIALOG,
    IS_OFFSCREEN,
    IS_PASSWORD,
    OLD_ACTION,
    PROPERTIES,
    RUNTIME_ID,
    is_default,
    list_types,
    make_raw,
)
from bridge.computer.elements.walking.node import Node, Raw, Unanswered
from bridge.computer.screen.geometry import Point

_CHILDREN, _DESCENDANTS = 2, 4
"""TreeScope"""
_EXPANDED = 1
_BUTTONS: tuple[Role, ...] = ("button",)
_MOST_BUTTONS = 200
_INVOKE, _VALUE, _RANGE, _EXPAND = 10000, 10002, 10003, 10005
_SELECTION, _TEXT, _TOGGLE, _SCROLL, _OLD = 10010, 10014, 10015, 10017, 10018
_PATTERNS = {
    _INVOKE: "Invoke",
    _VALUE: "Value",
    _RANGE: "RangeValue",
    _EXPAND: "ExpandCollapse",
    _SELECTION: "SelectionItem",
    _TEXT: "Text",
    _TOGGLE: "Toggle",
    _SCROLL: "ScrollItem",
    _OLD: "LegacyIAccessible",
}
"""Names of the patterns in those of their interfaces, by their ids."""


class Context:
    """The open client, and the requests and conditions that are made once."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.request = client.automation.CreateCacheRequest()
        for number in (*PROPERTIES, IS_DIALOG):
            try:
                self.request.AddProperty(number)
            except client.error:
                # Older versions of Windows do not have all of them.
                if number != IS_DIALOG:
                    raise
        self._conditions: dict[tuple[frozenset[Role], bool], Any] = {}

    def make_condition(self, roles: Collection[Role], *, shown: bool) -> Any:
        """Return the condition for objects that may have one of some roles."""
        key = (frozenset(roles), shown)
        if key not in self._conditions:
            self._conditions[key] = self._build_condition(roles, shown=shown)
        return self._conditions[key]

    def _build_condition(self, roles: Collection[Role], *, shown: bool) -> Any:
        automation = self.client.automation
        if not roles:
            either = automation.CreateTrueCondition()
        elif set(roles) == {"password field"}:
            either = automation.CreatePropertyCondition(IS_PASSWORD, True)
        else:
            types = [
                automation.CreatePropertyCondition(CONTROL_TYPE, number)
                for number in list_types(roles)
            ]
            either = reduce(automation.CreateOrCondition, types)
        if not shown:
            return either
        on_screen = automation.CreatePropertyCondition(IS_OFFSCREEN, False)
        return automation.CreateAndCondition(on_screen, either)


class UiaNode:
    """An object whose properties were read when it was found."""

    def __init__(self, element: Any, context: Context) -> None:
        self._element, self._context = element, context
        self._is_fresh = True
        with context.client.translate_errors():
            identity = self._get(RUNTIME_ID)
        # Without an identity, it is the same as no other.
        self._identity: object = tuple(identity) if identity else object()

    def __hash__(self) -> int:
        return hash(self._identity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UiaNode) and self._identity == other._identity

    def read(self) -> Raw:
        with self._context.client.translate_errors():
            if not self._is_fresh:
                self._element = self._element.BuildUpdatedCache(self._context.request)
            self._is_fresh = False
            return make_raw(self._get)

    def list_children(self, most: int) -> Sequence[Node]:
        condition = self._context.make_condition((), shown=False)
        return self._find_all(_CHILDREN, condition, most)

    def find_parent(self) -> Node | None:
        context = self._context
        with context.client.translate_errors():
            walker = context.client.automation.ControlViewWalker
            parent = walker.GetParentElementBuildCache(self._element, context.request)
        return UiaNode(parent, context) if parent else None

    def find_below(
        self, roles: Collection[Role], *, shown: bool, most: int
    ) -> Sequence[Node] | None:
        condition = self._context.make_condition(roles, shown=shown)
        return self._find_all(_DESCENDANTS, condition, most)

    def find_default_button(self) -> Node | None:
        condition = self._context.make_condition(_BUTTONS, shown=True)
        buttons = self._find_all(_DESCENDANTS, condition, _MOST_BUTTONS)
        with self._context.client.translate_errors():
            for button in buttons:
                if is_default(button._get):
                    return button
            frameworks = {button._get(FRAMEWORK) for button in buttons}
        if not buttons or len(buttons) == _MOST_BUTTONS or frameworks - {*DEFAULT_TELLERS}:
            raise Unanswered("The program does not tell which button Return presses.")
        return None

    def is_clickable(self) -> bool:
        with self._context.client.translate_errors():
            return bool(self._get(OLD_ACTION))

    def press(self) -> bool:
        return (
            self._use(_INVOKE, lambda pattern: pattern.Invoke())
            or self._use(_TOGGLE, lambda pattern: pattern.Toggle())
            or self.select()
            or self._use(_EXPAND, _turn)
            or (self.is_clickable() and self._use(_OLD, lambda pattern: pattern.DoDefaultAction()))
        )

    def select(self) -> bool:
        return self._use(_SELECTION, lambda pattern: pattern.Select())

    def expand(self, *, expanded: bool) -> bool:
        if expanded:
            return self._use(_EXPAND, lambda pattern: pattern.Expand())
        return self._use(_EXPAND, lambda pattern: pattern.Collapse())

    def focus(self) -> bool:
        with self._context.client.translate_errors():
            self._element.SetFocus()
        return True

    def scroll_into_view(self) -> bool:
        return self._use(_SCROLL, lambda pattern: pattern.ScrollIntoView())

    def set_text(self, text: str) -> bool:
        return self._use(_VALUE, lambda pattern: pattern.SetValue(text))

    def set_number(self, number: float) -> bool:
        return self._use(_RANGE, lambda pattern: pattern.SetValue(number))

    def read_text(self, length: int) -> Any:
        pattern = self._get_pattern(_TEXT)
        with self._context.client.translate_errors():
            if pattern is not None:
                return pattern.DocumentRange.GetText(length)
            pattern = self._get_pattern(_VALUE)
            return None if pattern is None else pattern.CurrentValue

    def _find_all(self, scope: int, condition: Any, most: int) -> list[UiaNode]:
        context = self._context
        with context.client.translate_errors():
            found = self._element.FindAllBuildCache(scope, condition, context.request)
            count = min(found.Length, most) if found else 0
            return [UiaNode(found.GetElement(index), context) for index in range(count)]

    def _use(self, number: int, act: Callable[[Any], Any]) -> bool:
        """Do something by a pattern; return False if the object does not have it."""
        pattern = self._get_pattern(number)
        if pattern is None:
            return False
        with self._context.client.translate_errors():
            act(pattern)
        return True

    def _get_pattern(self, number: int) -> Any:
        client = self._context.client
        with client.translate_errors():
            pattern = self._element.GetCurrentPattern(number)
            if not pattern:
                return None
            interface = getattr(client.module, f"IUIAutomation{_PATTERNS[number]}Pattern")
            return pattern.QueryInterface(interface)

    def _get(self, number: int) -> Any:
        try:
            return self._element.GetCachedPropertyValue(number)
        except self._context.client.error:
            if number != IS_DIALOG:
                raise
            return None


class UiaSource:
    """`Source` over UI Automation.

    `open_client`: called in the worker's thread.
    """

    tells_forms = False
    """Not known of all browsers, so the whole page counts as the form of its buttons."""

    def __init__(self, open_client: Callable[[], Client] = open_client) -> None:
        self._open_client = open_client
        self._context: Context | None = None

    def open(self) -> None:
        self._context = Context(self._open_client())

    def enclose_call(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def list_windows(self, window: Window) -> Sequence[Node]:
        node = self._ask_for(
            lambda automation, request: automation.ElementFromHandleBuildCache(
                window.id.number, request
            )
        )
        return [] if node is None else [node]

    def find_at(self, point: Point, window: Window) -> Node | None:
        place = POINT(point.x, point.y)
        return self._ask_for(
            lambda automation, request: automation.ElementFromPointBuildCache(place, request)
        )

    def find_focused(self, window: Window) -> Node | None:
        return self._ask_for(
            lambda automation, request: automation.GetFocusedElementBuildCache(request)
        )

    def _ask_for(self, ask: Callable[[Any, Any], Any]) -> Node | None:
        context = self._context
        if context is None:
            raise Unanswered("UI Automation is not open.")
        with context.client.translate_errors():
            element = ask(context.client.automation, context.request)
        return UiaNode(element, context) if element else None


def _turn(pattern: Any) -> None:
    """Close what is open, and open what is closed."""
    if pattern.CurrentExpandCollapseState == _EXPANDED:
        pattern.Collapse()
    else:
        pattern.Expand()

"""Find the window and the element that an action is for, before it is judged and again after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.computer.actions import (
    ClickElement,
    ElementAction,
    FindElement,
    FocusWindow,
    ListElements,
    ListWindows,
    OnElement,
    SetValue,
)
from bridge.computer.describe import name_element
from bridge.computer.desktop import Elements, Window
from bridge.computer.effects import Effects, list_keys
from bridge.computer.element_actions.listing import format_element
from bridge.computer.element_actions.quoting import quote
from bridge.computer.element_actions.windows import find_window, list_nameable
from bridge.computer.elements.base import Element, ElementList, NamedElement, Role
from bridge.computer.matching.names import is_name
from bridge.computer.screen.geometry import View
from bridge.computer.targets import Target, Way
from bridge.errors import InvalidRequest

_MOST_CANDIDATES = 8
CHOICES: tuple[Role, ...] = ("combo box", "list")
"""Roles whose value is one of their items."""
SWITCHED: tuple[Role, ...] = ("check box", "radio button", "slider", "switch", *CHOICES)
"""Roles whose value is no text: setting it is like a click."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The windows and the element of an action."""

    action: ElementAction
    window: Window | None = None
    named: NamedElement | None = None
    """None for actions without an element, and for one that is not there yet."""
    windows: tuple[Window, ...] = ()
    """All windows that may be named."""

    def find_effects(self, typed_before: str) -> Effects:
        """Return what the action touches, to judge it as a click on the element or as typing."""
        windows = () if self.window is None else (self.window,)
        if not isinstance(self.action, ClickElement | SetValue):
            # Looking is no input, and neither is a window that comes to the front.
            main = self.window if isinstance(self.action, FocusWindow) else None
            return Effects(main, windows, windows)
        element = None if self.named is None else self.named.element
        by: Way = "click"
        if isinstance(self.action, SetValue) and (element is None or element.role not in SWITCHED):
            by = "keys"
        hit = [element]
        if isinstance(self.action, SetValue) and element is not None and element.role in CHOICES:
            # The item decides as well, as it does when it is clicked in the open list.
            hit = [Element("menu item", self.action.value), element]
        return Effects(
            self.window,
            windows,
            windows,
            list_keys(self.action) if by == "keys" else frozenset(),
            self.action.value if isinstance(self.action, SetValue) and by == "keys" else "",
            typed_before,
            is_input=True,
            targets=tuple(Target(by, each, window) for window in windows for each in hit),
        )


def resolve(
    action: ElementAction,
    windows: Sequence[Window],
    elements: Elements,
    never: Sequence[str],
    view: View,
    *,
    may_be_missing: bool = False,
) -> Resolved:
    """Find what an action is for. Raises InvalidRequest, with the candidates.

    `view`: the picture that the places of candidates refer to.
    `may_be_missing`: earlier actions of the batch may bring the element; then it is unknown.
    """
    if isinstance(action, ListWindows):
        return Resolved(action, windows=tuple(list_nameable(windows, never)))
    if isinstance(action, FocusWindow | ListElements | FindElement):
        return Resolved(action, find_window(action.window, windows, never))
    try:
        named, window = _find_element(action, windows, elements, never, view)
    except InvalidRequest:
        if not may_be_missing:
            raise
        return Resolved(action, _try_window(action, windows, never))
    return Resolved(action, window, named)


def _try_window(
    action: OnElement, windows: Sequence[Window], never: Sequence[str]
) -> Window | None:
    try:
        return find_window(action.window, windows, never)
    except InvalidRequest:
        return None


def _find_element(
    action: OnElement,
    windows: Sequence[Window],
    elements: Elements,
    never: Sequence[str],
    view: View,
) -> tuple[NamedElement, Window]:
    if action.id is not None:
        named, window = elements.look_up(action.id, windows)
        _check_given(action, named, window, windows, never)
        return named, window
    window = find_window(action.window, windows, never)
    found = elements.find(window, action.role, action.name)
    fitting = [each for each in found.elements if _fits(action, each)]
    if len(fitting) != 1 or not found.is_whole:
        raise _explain_candidates(action, fitting, found, view)
    return elements.look_up(fitting[0].id, windows)


def _fits(action: OnElement, named: NamedElement) -> bool:
    element = named.element
    if action.role is not None and element.role != action.role:
        return False
    return action.name is None or is_name(element.name, action.name)


def _check_given(
    action: OnElement,
    named: NamedElement,
    window: Window,
    windows: Sequence[Window],
    never: Sequence[str],
) -> None:
    """Check an element found by its id against what else is given of it."""
    is_other_window = action.window is not None and not window.is_same(
        find_window(action.window, windows, never)
    )
    if is_other_window or not _fits(action, named):
        raise InvalidRequest(
            f"The element {named.id} is {name_element(named.element)} in the window "
            f"{quote(window.title)}: that is not what else is given of it.",
            param="id",
        )


def _explain_candidates(
    action: OnElement, fitting: Sequence[NamedElement], found: ElementList, view: View
) -> InvalidRequest:
    wanted = " ".join(filter(None, (action.role, action.name and quote(action.name))))
    candidates = list(fitting or found.elements)
    if not fitting:
        problem = f"There is no element {wanted}"
    elif len(fitting) > 1:
        problem = f"{len(fitting)} elements are {wanted}"
    else:
        problem = f"The window has too many elements to know that only one is {wanted}"
    listed = "; ".join(format_element(each, view) for each in candidates[:_MOST_CANDIDATES])
    advice = "Use the id of one of these" if listed else "List the elements, or use a screenshot"
    return InvalidRequest(
        f"{problem}. {advice}{': ' if listed else ''}{listed}.",
        param="name" if action.name is not None else "role",
    )

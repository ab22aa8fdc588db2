"""Find the elements that an action would hit, by the pointer and by keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bridge.computer.actions import (
    Action,
    Key,
    LeftClickDrag,
    LeftMouseUp,
    MouseMove,
    RightClick,
    Scroll,
    Type,
)
from bridge.computer.desktop import Elements, Window
from bridge.computer.elements.base import NOTHING, SOME_PASSWORD, Element
from bridge.computer.keys import Combination, parse_chords, parse_combinations
from bridge.computer.screen.geometry import Point

Way = Literal["click", "menu", "drop", "keys", "press"]
_BY_KEYS: tuple[Way, ...] = ("keys", "press")
"""`menu`: a right-click; `keys`: has the focus; `press`: a key that acts like a click on it."""

_RETURN = parse_combinations("Return")
_SPACE = parse_combinations("space")
_TAB, _ARROWS = "Tab", ("Left", "Right", "Up", "Down")
"""Keys that move the focus to another element; in a text, arrows only move the cursor."""


@dataclass(frozen=True, slots=True)
class Target:
    """What an action hits at one place, or with its keys."""

    by: Way
    element: Element | None
    """None if it is unknown."""
    window: Window
    is_mute: bool = False
    """Whether it is unknown because the program of the window tells no elements at all."""

    @property
    def by_pointer(self) -> bool:
        return self.by not in _BY_KEYS

    @property
    def is_password(self) -> bool:
        return self.element is not None and self.element.is_password


class Place(NamedTuple):
    """A place of an action and the topmost window there."""

    point: Point
    window: Window


@dataclass(frozen=True, slots=True)
class Keyboard:
    """The window with the keyboard, and the place of the click that gave it the focus."""

    window: Window
    clicked: Place | None = None


def find_targets(
    action: Action,
    places: Sequence[Place],
    keyboard: Keyboard | None,
    keys: frozenset[Combination],
    elements: Elements,
) -> Iterator[Target]:
    """Yield the targets; those of the pointer have the order of their places.

    `places`: the first and the last; `keyboard`: None without keys.
    """
    if not isinstance(action, MouseMove | Scroll):
        yield from _find_at_places(action, places, elements)
    if keyboard is not None and keys:
        yield from _find_by_keys(action, keyboard, keys, elements)


def _find_at_places(
    action: Action, places: Sequence[Place], elements: Elements
) -> Iterator[Target]:
    by: Way = "menu" if isinstance(action, RightClick) else "click"
    for point, window in places[:1]:
        element = elements.element_at(point, window)
        yield Target(by, element, window, element is None and elements.is_mute(window))
    if isinstance(action, LeftClickDrag | LeftMouseUp):
        for point, window in places[1:]:
            yield Target("drop", elements.element_at(point, window), window)


def _find_by_keys(
    action: Action, keyboard: Keyboard, keys: frozenset[Combination], elements: Elements
) -> Iterator[Target]:
    window, clicked = keyboard.window, keyboard.clicked
    focused = elements.element_at(*clicked) if clicked else elements.find_focused(window)
    yield Target("keys", focused, window)
    has_return = _presses(_RETURN, keys)
    if focused is not None and focused.is_control:
        if has_return or _presses(_SPACE, keys):
            yield Target("press", focused, window)
    elif has_return and not (focused is not None and "multi-line" in focused.states):
        # In a text of several lines, Return begins a new one.
        default = elements.default_button(window)
        if default is not NOTHING:
            # Return presses a button in a dialog, and hardly elsewhere.
            is_mute = default is None and window.is_secondary and elements.is_mute(window)
            yield Target("press", default, window, is_mute)
    if _moves_focus(action, focused):
        # Nobody knows where the rest goes. Where there is a password field, it may be that.
        yield Target("keys", None, window)
        if elements.password_areas([window]):
            yield Target("keys", SOME_PASSWORD, window)


def _moves_focus(action: Action, focused: Element | None) -> bool:
    """Return whether an action moves the focus by keys, and presses others after that."""
    if isinstance(action, Type):
        return "\t" in action.text[:-1]
    if not isinstance(action, Key):
        return False
    moving = (_TAB,) if focused is not None and focused.is_editable else (_TAB, *_ARROWS)
    pressed = [chord[-1] for chord in parse_chords(action.text)]
    return any(key in moving for key in pressed[:-1])


def _presses(risky: frozenset[Combination], keys: frozenset[Combination]) -> bool:
    return any(wanted <= pressed for wanted in risky for pressed in keys)

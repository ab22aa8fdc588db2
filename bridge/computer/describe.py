"""Describe an action in a short sentence, for the log and for Claude's answer."""

from __future__ import annotations

from typing import assert_never

from bridge.computer.actions import (
    Action,
    ClickElement,
    Coordinate,
    CursorPosition,
    DoubleClick,
    ElementAction,
    FindElement,
    FocusWindow,
    HoldKey,
    Key,
    LeftClick,
    LeftClickDrag,
    LeftMouseDown,
    LeftMouseUp,
    ListElements,
    ListWindows,
    MiddleClick,
    MouseMove,
    OnElement,
    ReadText,
    RightClick,
    Screenshot,
    Scroll,
    SetValue,
    TripleClick,
    Type,
    Wait,
    Zoom,
)
from bridge.computer.approval.visible_text import make_label
from bridge.computer.desktop import Window
from bridge.computer.effects import type_text
from bridge.computer.elements.base import Dialog, Element
from bridge.computer.keys import parse_chords

_MAX_CHARACTERS = 200
"""Longest text that is shown whole; the middle of a longer one is left out."""

_MAX_NAME = 100
"""Longest name of an element that is shown whole."""

_TYPING_MODIFIERS = ("Shift_L", "Shift_R", "ISO_Level3_Shift")
_EDITING = {"Return": "\n", "KP_Enter": "\n", "Tab": "\t", "BackSpace": "\b"}
_NOT_TYPING = frozenset(
    (
        *("Escape", "Delete", "Insert", "Home", "End", "Page_Up", "Page_Down", "Menu"),
        *("Left", "Right", "Up", "Down", "Caps_Lock", "Num_Lock", "Print", "Pause"),
        *(f"F{number}" for number in range(1, 25)),
    )
)

_CLICKS = {
    LeftClick: "Click",
    RightClick: "Right-click",
    MiddleClick: "Middle-click",
    DoubleClick: "Double-click",
    TripleClick: "Triple-click",
}


def describe(action: Action, window: Window | None = None, element: Element | None = None) -> str:
    """Describe an action, and the element and window it goes to if these are known.

    What is typed into a password field is not in it.
    """
    return _describe_action(action, element) + (
        f" in “{make_label(window.title, _MAX_CHARACTERS)}”" if window and window.title else ""
    )


def name_element(element: Element | None) -> str:
    """Return such as `the button “Delete account”`; empty for an unknown element."""
    if element is None:
        return ""
    name = element.name.strip() or element.description.strip()
    named = f"the {element.role} “{make_label(name, _MAX_NAME)}”" if name else f"a {element.role}"
    return f"{named}{_name_dialog(element.dialog)}"


def _name_dialog(dialog: Dialog | None) -> str:
    says = "" if dialog is None else dialog.title.strip() or dialog.text.strip()
    return f" of the dialog “{make_label(says, _MAX_NAME)}”" if says else ""


def hide_typed(action: Action, element: Element | None) -> str | None:
    """Return what to show for keys into a password field, without them; None for others."""
    if element is None or not element.is_password:
        return None
    typed = type_text(action) if isinstance(action, Type | SetValue) else _type_hidden(action)
    if not typed.strip("\n\t\b"):
        return None
    text = typed.rstrip("\n")
    enter = ", then Enter" if text != typed else ""
    return f"({len(text)} hidden character{'' if len(text) == 1 else 's'}{enter})"


def _type_hidden(action: Action) -> str:
    """Return as many characters as keys type, whatever the layout makes of them."""
    if not isinstance(action, Key | HoldKey):
        return type_text(action)
    once = "".join(map(_stand_in, parse_chords(action.text)))
    return once * (action.repeat if isinstance(action, Key) else 1)


def _stand_in(chord: tuple[str, ...]) -> str:
    """Return a character for a chord that may type one: no shortcut, and no key that edits."""
    *held, key = chord
    if any(modifier not in _TYPING_MODIFIERS for modifier in held):
        return ""
    return _EDITING.get(key, "" if key in _NOT_TYPING else "?")


def _describe_action(action: Action, element: Element | None) -> str:
    name = name_element(element)
    match action:
        case LeftClick() | RightClick() | MiddleClick() | DoubleClick() | TripleClick():
            place = _format_place(action.coordinate)
            clicked = f"{_CLICKS[type(action)]}{name and ' '}{name}"
            return f"{clicked}{place}{_format_keys(action.text)}"
        case Key() | HoldKey() | Type():
            hidden = hide_typed(action, element)
            typed = f"Type {hidden}" if hidden else _describe_keyboard(action)
            return f"{typed}{name and ' in '}{name}"
        case MouseMove():
            return f"Move the pointer{_format_place(action.coordinate, 'to')}"
        case LeftMouseDown():
            return "Press the left button"
        case LeftMouseUp():
            return "Release the left button"
        case LeftClickDrag():
            start = _format_place(action.start_coordinate, "from")
            return f"Drag{start}{_format_place(action.coordinate, 'to')}{_format_keys(action.text)}"
        case Scroll():
            amount = f"Scroll {action.scroll_direction} by {action.scroll_amount}"
            return f"{amount}{_format_place(action.coordinate)}{_format_keys(action.text)}"
        case CursorPosition() | Screenshot() | Wait() | Zoom():
            return _describe_observation(action)
        case _:
            return _describe_by_name(action, element)


def _describe_by_name(action: ElementAction, element: Element | None) -> str:
    match action:
        case ListWindows():
            return "List the windows"
        case FocusWindow():
            return f"Bring the window {_quote_name(action.window)} to the front"
        case ListElements():
            return f"List the elements{_format_window(action.window)}"
        case FindElement():
            wanted = _format_wanted(action.role, action.name)
            return f"Find {wanted}{_format_window(action.window)}"
        case ReadText():
            return f"Read the text of {_name_wanted(action, element)}"
        case ClickElement():
            return f"Click {_name_wanted(action, element)} by its name"
        case SetValue():
            shown = hide_typed(action, element) or f"“{make_label(action.value, _MAX_CHARACTERS)}”"
            return f"Set {_name_wanted(action, element)} to {shown}"
        case _:
            assert_never(action)


def _name_wanted(action: OnElement, element: Element | None) -> str:
    """Name the element as it is, or else as the action names it."""
    if element is not None:
        return name_element(element)
    if action.id is not None:
        return f"the element {make_label(action.id, _MAX_NAME)}"
    return f"{_format_wanted(action.role, action.name)}{_format_window(action.window)}"


def _format_wanted(role: str | None, name: str | None) -> str:
    return f"the {role or 'element'}{'' if name is None else f' {_quote_name(name)}'}"


def _format_window(window: str | None) -> str:
    return "" if window is None else f" of the window {_quote_name(window)}"


def _quote_name(name: str) -> str:
    return f"“{make_label(name, _MAX_NAME)}”"


def _describe_keyboard(action: Key | HoldKey | Type) -> str:
    match action:
        case Key():
            return f"Press {make_label(action.text, _MAX_CHARACTERS)}" + (
                f" {action.repeat} times" if action.repeat > 1 else ""
            )
        case HoldKey():
            return f"Hold {make_label(action.text, _MAX_CHARACTERS)} for {action.duration:g} s"
        case Type():
            return f"Type “{make_label(action.text, _MAX_CHARACTERS)}”"
        case _:
            assert_never(action)


def _describe_observation(action: CursorPosition | Screenshot | Wait | Zoom) -> str:
    match action:
        case CursorPosition():
            return "Get the pointer's position"
        case Screenshot():
            return "Take a screenshot"
        case Wait():
            return f"Wait {action.duration:g} s"
        case Zoom():
            x0, y0, x1, y1 = action.region
            return f"Zoom in on ({x0}, {y0}) to ({x1}, {y1})"
        case _:
            assert_never(action)


def _format_place(place: Coordinate | None, word: str = "at") -> str:
    return "" if place is None else f" {word} ({place[0]}, {place[1]})"


def _format_keys(keys: str | None) -> str:
    return f" with {make_label(keys, _MAX_CHARACTERS)}" if keys and keys.strip() else ""

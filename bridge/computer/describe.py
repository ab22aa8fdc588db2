"""Describe an action in a short sentence, for the log and for Claude's answer."""

from __future__ import annotations

from typing import assert_never

from bridge.computer.actions import (
    Action,
    Coordinate,
    CursorPosition,
    DoubleClick,
    HoldKey,
    Key,
    LeftClick,
    LeftClickDrag,
    LeftMouseDown,
    LeftMouseUp,
    MiddleClick,
    MouseMove,
    RightClick,
    Screenshot,
    Scroll,
    TripleClick,
    Type,
    Wait,
    Zoom,
)
from bridge.computer.approval.visible_text import make_label
from bridge.computer.desktop import Window

_MAX_CHARACTERS = 200
"""Longest text that is shown whole; the middle of a longer one is left out."""

_CLICKS = {
    LeftClick: "Click",
    RightClick: "Right-click",
    MiddleClick: "Middle-click",
    DoubleClick: "Double-click",
    TripleClick: "Triple-click",
}


def describe(action: Action, window: Window | None = None) -> str:
    """Describe an action, and the window it goes to if that is known."""
    return _describe_action(action) + (
        f" in “{make_label(window.title, _MAX_CHARACTERS)}”" if window and window.title else ""
    )


def _describe_action(action: Action) -> str:
    match action:
        case LeftClick() | RightClick() | MiddleClick() | DoubleClick() | TripleClick():
            place = _format_place(action.coordinate)
            return f"{_CLICKS[type(action)]}{place}{_format_keys(action.text)}"
        case Key() | HoldKey() | Type():
            return _describe_keyboard(action)
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
        case _:
            return _describe_observation(action)


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

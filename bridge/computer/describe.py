"""An action in a sentence, as it is shown to the person and kept in the log."""

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
from bridge.computer.desktop import Window

_LONGEST = 200
"""Characters of a typed text that are shown."""

_CLICKS = {
    LeftClick: "Click",
    RightClick: "Right-click",
    MiddleClick: "Middle-click",
    DoubleClick: "Double-click",
    TripleClick: "Triple-click",
}


def describe(action: Action, window: Window | None = None) -> str:
    """What it does, and in which window where that is known."""
    return _what(action) + (f" in “{_short(window.title)}”" if window and window.title else "")


def _what(action: Action) -> str:
    match action:
        case LeftClick() | RightClick() | MiddleClick() | DoubleClick() | TripleClick():
            return f"{_CLICKS[type(action)]}{_at(action.coordinate)}{_holding(action.text)}"
        case Key() | HoldKey() | Type():
            return _by_keyboard(action)
        case MouseMove():
            return f"Move the pointer{_at(action.coordinate, 'to')}"
        case LeftMouseDown():
            return "Press the left button"
        case LeftMouseUp():
            return "Let go of the left button"
        case LeftClickDrag():
            start = _at(action.start_coordinate, "from")
            return f"Drag{start}{_at(action.coordinate, 'to')}{_holding(action.text)}"
        case Scroll():
            turned = f"Scroll {action.scroll_direction} by {action.scroll_amount}"
            return f"{turned}{_at(action.coordinate)}{_holding(action.text)}"
        case _:
            return _looking(action)


def _by_keyboard(action: Key | HoldKey | Type) -> str:
    match action:
        case Key():
            return f"Press {action.text}" + (f" {action.repeat} times" if action.repeat > 1 else "")
        case HoldKey():
            return f"Hold {action.text} for {action.duration:g} s"
        case Type():
            return f"Type “{_short(action.text)}”"
        case _:
            assert_never(action)


def _looking(action: CursorPosition | Screenshot | Wait | Zoom) -> str:
    match action:
        case CursorPosition():
            return "Ask where the pointer is"
        case Screenshot():
            return "Look at the screen"
        case Wait():
            return f"Wait {action.duration:g} s"
        case Zoom():
            x0, y0, x1, y1 = action.region
            return f"Look closely at ({x0}, {y0}) to ({x1}, {y1})"
        case _:
            assert_never(action)


def _at(place: Coordinate | None, word: str = "at") -> str:
    return "" if place is None else f" {word} ({place[0]}, {place[1]})"


def _holding(keys: str | None) -> str:
    return f" with {keys}" if keys and keys.strip() else ""


def _short(text: str) -> str:
    shown = " ".join(text.split()) if len(text.split()) > 1 else text.strip()
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"

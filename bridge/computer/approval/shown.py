"""A batch as the user sees it before deciding: whole, and with every character visible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.computer.actions import (
    Action,
    Coordinate,
    DoubleClick,
    HoldKey,
    Key,
    LeftClick,
    LeftMouseDown,
    LeftMouseUp,
    MiddleClick,
    RightClick,
    Scroll,
    SetValue,
    TripleClick,
    Type,
)
from bridge.computer.approval.visible_text import describe_text, make_label, make_visible
from bridge.computer.describe import describe, hide_typed, name_element
from bridge.computer.desktop import Window
from bridge.computer.elements.base import Element
from bridge.computer.keys import SYMBOLS, parse_chords

TITLE_LENGTH = 300
"""Longest title that is shown whole; a web page can make it as long as it likes."""

_AT_POINTER = (
    *(LeftClick, RightClick, MiddleClick, DoubleClick, TripleClick),
    *(LeftMouseDown, LeftMouseUp, Scroll),
)
"""Actions that happen where the pointer is, if they have no place of their own."""
_KEY_NAMES = {
    **SYMBOLS,
    "Alt_L": "Alt",
    "Alt_R": "Alt",
    "BackSpace": "Backspace",
    "Control_L": "Ctrl",
    "Control_R": "Ctrl",
    "ISO_Level3_Shift": "AltGr",
    "KP_Enter": "Enter on the keypad",
    "Return": "Enter",
    "Shift_L": "Shift",
    "Shift_R": "Shift",
    "Super_L": "Super (Windows, Command)",
    "Super_R": "Super (Windows, Command)",
    "space": "Space",
}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One action; `text` is what it types, whole and visible."""

    action: str
    text: str = ""
    facts: str = ""
    """What the text has: `412 characters, 3 lines, ends with Enter`."""
    window: str = ""
    """Title and program of the window it goes to; before it the element, if it has keys."""

    @property
    def sentence(self) -> str:
        """All of it in one text, which has the line breaks of `text`."""
        text = f" “{self.text}”" if self.text else ""
        window = f" in {self.window}" if self.window else ""
        return f"{self.action}{text}{window}" + (f": {self.facts}" if self.facts else "")


def show_steps(
    actions: Sequence[Action],
    windows: Sequence[Window | None],
    pointer: Coordinate,
    elements: Sequence[Element | None] = (),
) -> Iterator[ShownStep]:
    """Yield the steps of a batch. `pointer`: where it is, in pixels of the picture.

    `elements`: those that the actions go to; without them, they are unknown.
    """
    known = elements or [None] * len(actions)
    for action, window, element in zip(actions, windows, known, strict=True):
        place: Coordinate | None = getattr(action, "coordinate", None)
        shown = _show_window(window)
        hidden = hide_typed(action, element)
        if isinstance(action, Type | Key | HoldKey):
            shown = " in ".join(filter(None, (name_element(element), shown)))
        if isinstance(action, SetValue):
            yield _show_value(action, hidden, shown, element)
        elif hidden is not None:
            yield ShownStep(f"Type {hidden}", window=shown)
        elif isinstance(action, Type):
            text = make_visible(action.text)
            yield ShownStep("Type", text, describe_text(action.text), shown)
        else:
            yield ShownStep(_show_action(action, place, pointer, element), window=shown)
        pointer = place or pointer


def _show_value(
    action: SetValue, hidden: str | None, window: str, element: Element | None
) -> ShownStep:
    if hidden is not None:
        return ShownStep(describe(action, None, element), window=window)
    # The sentence without the text, which follows it whole.
    bare = describe(action.model_copy(update={"value": ""}), None, element).removesuffix(" “”")
    return ShownStep(bare, make_visible(action.value), describe_text(action.value), window)


def spell_keys(text: str) -> str:
    """Spell key combinations out: `ctrl+k Return` as `Ctrl+k, then Enter`."""
    return ", then ".join("+".join(map(_spell_key, chord)) for chord in parse_chords(text))


def _show_action(
    action: Action, place: Coordinate | None, pointer: Coordinate, element: Element | None
) -> str:
    match action:
        case Key():
            times = f" {action.repeat} times" if action.repeat > 1 else ""
            return f"Press {spell_keys(action.text)}{times}"
        case HoldKey():
            return f"Hold {spell_keys(action.text)} for {action.duration:g} s"
        case _:
            keys = getattr(action, "text", None)
            bare = action.model_copy(update={"text": None}) if keys else action
            is_here = isinstance(action, _AT_POINTER) and place is None
            here = f" where the pointer is, at ({pointer[0]}, {pointer[1]})" if is_here else ""
            held = f" while holding {spell_keys(keys)}" if keys else ""
            return f"{describe(bare, None, element)}{here}{held}"


def _show_window(window: Window | None) -> str:
    if window is None:
        return ""
    program = f" (program {make_label(window.program, 100)})" if window.program else ""
    title = f"“{make_label(window.title, TITLE_LENGTH)}”" if window.title else "an untitled window"
    return f"{title}{program}"


def _spell_key(keysym: str) -> str:
    name = _KEY_NAMES.get(keysym, keysym.replace("_", " "))
    return make_visible(name, keep_lines=False)

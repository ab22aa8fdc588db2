"""Find everything that an action touches: windows, elements, keys and text."""

# No kind of action is harmless as such: what it touches decides. The state between two actions
# is where the pointer is, where the left button was pressed if it is still down, and what was
# typed before:
#
#     mouse_move, clicks, scroll   move the pointer
#     left_mouse_down, _up         set and clear `pressed_at`: until then each move is a drag
#     type, key                    add to `typed`, of which the end is kept
#     clicks                       set `clicked_at`, where the next keys will probably go
#
# `find_effects` tells what an action touches in a state, and `follow` gives the state after it.
# A preview follows a whole batch; before an action is carried out, the state is the real one.
# Both are pure but for `elements`, which is asked what is at a place now.

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bridge.computer.actions import (
    Action,
    CursorPosition,
    DoubleClick,
    HoldKey,
    InputAction,
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
    SetValue,
    TripleClick,
    Type,
    Wait,
    Zoom,
    list_places,
)
from bridge.computer.desktop import Elements, Window
from bridge.computer.elements.base import Element
from bridge.computer.elements.none import NoElements
from bridge.computer.keys import SYMBOLS, Combination, parse_chord, parse_chords, to_combinations
from bridge.computer.screen.geometry import Point, View, interpolate
from bridge.computer.targets import Keyboard, Place, Target, find_targets

PATH_POINTS = 20
"""Points between two places of a drag that are looked at, as many as the pointer is moved."""

_TYPED_KEPT = 200
"""Characters of typed text that are kept: rules look for words, also across actions."""
_GIVE_FOCUS = (LeftClick, RightClick, MiddleClick, DoubleClick, TripleClick, LeftMouseDown)
_CHARACTER_KEYS = {"Return": "\n", "Tab": "\t", "BackSpace": "\b", "KP_Enter": "\n"}


@dataclass(frozen=True, slots=True)
class InputState:
    """What earlier actions have left behind."""

    pointer: Point
    pressed_at: Point | None = None
    """Where the left button went down; None if it is up."""
    typed: str = ""
    """The end of what was typed, also by keys."""
    focus: Window | None = None
    """The window that has the keyboard after a click; None for the one that has it now."""
    clicked_at: Point | None = None
    """Where a click gave `focus`; None if the focus is where it is now."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What an action touches; without windows and keys, it only looks."""

    main: Window | None = None
    """The window to name to the user."""
    windows: tuple[Window, ...] = ()
    """The window with the keyboard if there are keys, and the topmost one at each place."""
    covered: tuple[Window, ...] = ()
    """All windows at these places: the topmost may let clicks through."""
    keys: frozenset[Combination] = frozenset()
    typed: str = ""
    typed_before: str = ""
    """The end of what was typed before: a word may be typed in two actions."""
    is_input: bool = False
    """Whether it presses keys or buttons; moving the pointer and scrolling do not."""
    targets: tuple[Target, ...] = ()
    """The elements that it clicks, drops on, types into or presses; some are unknown."""
    inputs: tuple[Window | None, ...] | None = None
    """The windows that get its input, menus and overlays too; None in it is a place without one.

    Without it, these are `windows`.
    """
    unplaced: tuple[Window, ...] = ()
    """All open windows whose places are unknown: any of them may be touched."""

    @property
    def element(self) -> Element | None:
        """The element to name to the user: what the pointer hits, or else what gets the keys.

        A password field hides what is typed into it, also where Return presses a button.
        """
        known = [target for target in self.targets if target.element is not None]
        hit = [target for target in known if target.by_pointer]
        pressed = [target for target in known if target.by == "press"]
        named = hit or self._list_passwords() or pressed or known
        return named[-1].element if named else None

    @property
    def reached(self) -> tuple[Window | None, ...]:
        """The windows that get its input; empty if it only looks, or moves the pointer."""
        if self.inputs is not None:
            return self.inputs
        return self.windows if self.is_input else ()

    @property
    def types_password(self) -> bool:
        """Whether its keys go into a password field."""
        return bool(self._list_passwords())

    def _list_passwords(self) -> list[Target]:
        return [target for target in self.targets if target.by == "keys" and target.is_password]


def find_effects(
    action: InputAction,
    state: InputState,
    view: View,
    windows: Sequence[Window],
    elements: Elements | None = None,
) -> Effects:
    """Find what an action touches. Raises InvalidRequest for a place outside of the picture.

    Without `elements`, all are unknown.
    """
    if isinstance(action, CursorPosition | Screenshot | Wait | Zoom):
        return Effects()
    keys, typed = list_keys(action), type_text(action)
    keyboard = _list_keyboard_windows(state, windows) if keys else []
    places = find_path(action, state, view)
    at_places = [find_windows_at(place, windows) for place in places]
    topmost = [window for found in at_places for window in _list_topmost(found)]
    main = (
        keyboard[:1]
        if not places
        else [_choose_topmost(found) for found in at_places[-1:] if found]
    )
    plain = isinstance(action, MouseMove | Scroll) and not keys and state.pressed_at is None
    targets = find_targets(
        action,
        _list_ends(places, at_places),
        _make_keyboard(keyboard, state, windows),
        keys,
        elements or NoElements(),
    )
    return Effects(
        main[0] if main else None,
        _without_repeats([*keyboard, *topmost]),
        _without_repeats([*keyboard, *(window for found in at_places for window in found)]),
        keys,
        typed,
        state.typed,
        not plain,
        tuple(targets),
        _list_inputs(action, keyboard, at_places, has_keys=bool(keys), is_plain=plain),
        list_unplaced(windows),
    )


def follow(
    action: Action, state: InputState, view: View, windows: Sequence[Window] = ()
) -> InputState:
    """Return the state after an action; with `windows`, also the focus that a click gives."""
    places = list_places(action)
    pointer = view.to_desktop(*places[-1]) if places else state.pointer
    state = replace(state, pointer=pointer)
    clicked = find_windows_at(pointer, windows) if isinstance(action, _GIVE_FOCUS) else []
    if clicked:
        state = replace(state, focus=_choose_topmost(clicked), clicked_at=pointer)
    if isinstance(action, LeftMouseDown):
        state = replace(state, pressed_at=state.pressed_at or pointer)
    elif isinstance(action, LeftMouseUp):
        state = replace(state, pressed_at=None)
    return replace(state, typed=append_typed(state.typed, action))


def append_typed(typed: str, action: Action) -> str:
    """Return the end of what was typed, after an action."""
    return (typed + type_text(action))[-_TYPED_KEPT:]


def find_path(action: InputAction, state: InputState, view: View) -> list[Point]:
    """List the points that an action touches with the pointer, the last one last.

    A drag touches the windows on its way: programs open folders and tabs under what is dragged.
    """
    if isinstance(action, Key | HoldKey | Type):
        return []
    places = [view.to_desktop(*place) for place in list_places(action)] or [state.pointer]
    start = places[0] if isinstance(action, LeftClickDrag) else state.pressed_at
    if start is None:
        return places
    # The button is down all the way: from where it went down, over the pointer, to the end.
    way = places if isinstance(action, LeftClickDrag) else [start, state.pointer, *places]
    steps = (interpolate(*pair, PATH_POINTS) for pair in pairwise(way))
    return [start, *(point for step in steps for point in step)]


def find_windows_at(point: Point, windows: Iterable[Window]) -> list[Window]:
    """List the windows at a point, the topmost first, with their title bars."""
    return [window for window in windows if point in window.whole]


def list_unplaced(windows: Iterable[Window]) -> tuple[Window, ...]:
    """List the windows whose places are unknown."""
    return tuple(window for window in windows if not window.is_placed)


def list_keys(action: Action) -> frozenset[Combination]:
    """List the key combinations of an action, also those that are held during a click."""
    chords: Iterable[tuple[str, ...]]
    if isinstance(action, Type | SetValue):
        chords = [(character,) for character in set(type_text(action))]
    elif isinstance(action, Key):
        chords = parse_chords(action.text)
    else:
        held: str | None = getattr(action, "text", None)
        chords = [parse_chord(held)] if held and held.strip() else []
    return frozenset(one for chord in chords for one in to_combinations(chord))


def type_text(action: Action) -> str:
    """Return the characters that an action types: keys may spell a command, too."""
    if isinstance(action, Type):
        # Each of these is typed as Return.
        return action.text.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(action, SetValue):
        return action.value
    if isinstance(action, Key):
        once = "".join(_to_character(chord) for chord in parse_chords(action.text))
        return once * action.repeat
    held: str | None = getattr(action, "text", None)
    return _to_character(parse_chord(held)) if held and held.strip() else ""


def _list_inputs(
    action: Action,
    keyboard: Sequence[Window],
    at_places: Sequence[Sequence[Window]],
    *,
    has_keys: bool,
    is_plain: bool,
) -> tuple[Window | None, ...]:
    """List the windows that get the input of an action; None is a place without a window.

    Unlike a look, a turn of the wheel changes the value of some controls.
    """
    if is_plain and isinstance(action, MouseMove):
        return ()
    inputs: list[Window | None] = list(keyboard)
    if has_keys and not keyboard:
        inputs.append(None)
    for found in at_places:
        # The one on top may be a menu without a title, or let clicks through.
        inputs += [found[0], *_list_topmost(found)] if found else [None]
    known = _without_repeats(window for window in inputs if window is not None)
    return (*known, None) if None in inputs else known


def _list_keyboard_windows(state: InputState, windows: Sequence[Window]) -> list[Window]:
    if state.focus is not None:
        return [state.focus]
    return [window for window in windows if window.active]


def _list_ends(places: Sequence[Point], at_places: Sequence[Sequence[Window]]) -> list[Place]:
    """List the first and the last place; at a menu without a title, the menu's own window."""
    found = [
        Place(point, windows[0])
        for point, windows in zip(places, at_places, strict=True)
        if windows
    ]
    return found if len(found) < 2 else [found[0], found[-1]]


def _make_keyboard(
    keyboard: Sequence[Window], state: InputState, windows: Sequence[Window]
) -> Keyboard | None:
    if not keyboard:
        return None
    clicked = state.clicked_at
    under = [] if clicked is None else find_windows_at(clicked, windows)
    place = Place(clicked, under[0]) if clicked is not None and under else None
    return Keyboard(keyboard[0], place)


def _to_character(chord: tuple[str, ...]) -> str:
    """Return the character that a chord types, or nothing for a shortcut."""
    held = {key for key in chord if key in ("Shift_L", "Shift_R")}
    keys = [key for key in chord if key not in held]
    if len(keys) != 1:
        return ""
    character = _CHARACTER_KEYS.get(keys[0], SYMBOLS.get(keys[0], keys[0]))
    return character if len(character) == 1 else ""


def _choose_topmost(windows: Sequence[Window]) -> Window:
    """Choose the window to name: menus and borders have no title."""
    return next((window for window in windows if window.title), windows[0])


def _list_topmost(windows: Sequence[Window]) -> list[Window]:
    """List the windows that may be on top: one, unless their places are unknown."""
    unplaced = list_unplaced(windows)
    return list(unplaced) if unplaced else [_choose_topmost(windows)] if windows else []


def _without_repeats(windows: Iterable[Window]) -> tuple[Window, ...]:
    chosen: list[Window] = []
    for window in windows:
        if not any(window.is_same(other) and window == other for other in chosen):
            chosen.append(window)
    return tuple(chosen)

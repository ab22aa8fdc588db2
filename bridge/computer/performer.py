"""Performs Claude's actions on a desktop in small steps, between which a person can stop it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
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
from bridge.computer.desktop import Button, Check, Desktop
from bridge.computer.keys import chord, chords
from bridge.computer.screen.geometry import Point, View, steps
from bridge.errors import Stopped

SLICE = 0.02
"""Seconds between two looks at the person's stop while nothing else is done."""

JITTER = 10
"""Points that a mouse may move by itself on a table that is leant on."""

STRIDE = 20
"""Points between two places of a drag: programs follow a path, not a jump."""
_STRIDE_SECONDS = 0.004
_SETTLE_SECONDS = 0.01
"""Between arriving at a place and pressing there: programs light up what is under the pointer."""


Clicked = LeftClick | RightClick | MiddleClick | DoubleClick | TripleClick
Pointed = Clicked | MouseMove | LeftClickDrag | LeftMouseDown | LeftMouseUp | Scroll

_CLICKS: Mapping[type[Clicked], tuple[Button, int]] = {
    LeftClick: ("left", 1),
    RightClick: ("right", 1),
    MiddleClick: ("middle", 1),
    DoubleClick: ("left", 2),
    TripleClick: ("left", 3),
}


class Performer:
    """One desktop's hands; in the desktop's own thread, like the desktop itself.

    `check` raises when the person says stop; a hand on the mouse is a stop as well. Between two
    actions no key is down, and the left button only after the action that is there for it. A
    release that failed is done again by `let_go`.
    """

    def __init__(self, desktop: Desktop, sleep: Callable[[float], None] = time.sleep) -> None:
        self._desktop = desktop
        self._sleep = sleep
        self._down: set[Button] = set()
        self._keys_held: list[str] = []
        self._left_at = desktop.pointer()

    def perform(self, action: Action, view: View, check: Check) -> None:
        """What moves something; an action that only shows something does nothing here.

        Raises Stopped when the pointer is not where it was left.
        """
        check = self._with_an_eye_on_the_mouse(check)
        check()
        match action:
            case Key() | HoldKey() | Type():
                self._by_keyboard(action, check)
            case Wait():
                self._wait(action.duration, check)
            case Screenshot() | Zoom() | CursorPosition():
                pass
            case _:
                self._by_pointer(action, view, check)

    def begin(self) -> None:
        """The pointer is where the person wants it."""
        self._left_at = self._desktop.pointer()

    def _with_an_eye_on_the_mouse(self, check: Check) -> Check:
        def both() -> None:
            check()
            here, left = self._desktop.pointer(), self._left_at
            if max(abs(here.x - left.x), abs(here.y - left.y)) > JITTER:
                raise Stopped("The mouse was moved by hand.")

        return both

    def _move(self, to: Point) -> None:
        self._desktop.move(to)
        # Where it came to be: at an edge, or between two pixels, that may be elsewhere.
        self._left_at = self._desktop.pointer()

    def _by_keyboard(self, action: Key | HoldKey | Type, check: Check) -> None:
        match action:
            case Key():
                self._keys(action, check)
            case HoldKey():
                with self._held(action.text):
                    self._wait(action.duration, check)
            case Type():
                self._desktop.type(action.text, check)
            case _:
                assert_never(action)

    def _by_pointer(self, action: Pointed, view: View, check: Check) -> None:
        match action:
            case MouseMove():
                self._go(action.coordinate, view)
            case LeftClickDrag():
                self._drag(action, view, check)
            case LeftMouseDown():
                self._press("left")
            case LeftMouseUp():
                self._release("left")
            case Scroll():
                self._scroll(action, view, check)
            case LeftClick() | RightClick() | MiddleClick() | DoubleClick() | TripleClick():
                self._click(action, view, check)
            case _:
                assert_never(action)

    def let_go(self) -> None:
        """After this nothing is down, unless the desktop fails; then it can be called again."""
        for key in reversed(self._keys_held[:]):
            self._key_up(key)
        for button in sorted(self._down):
            self._release(button)

    def _go(self, place: Coordinate | None, view: View) -> None:
        if place is not None:
            self._move(view.to_desktop(*place))

    def _click(self, action: Clicked, view: View, check: Check) -> None:
        button, times = _CLICKS[type(action)]
        self._go(action.coordinate, view)
        self._sleep(_SETTLE_SECONDS)
        check()
        with self._held(action.text):
            for _ in range(times):
                with self._pressed(button):
                    pass

    def _drag(self, action: LeftClickDrag, view: View, check: Check) -> None:
        start = view.to_desktop(*action.start_coordinate)
        end = view.to_desktop(*action.coordinate)
        self._move(start)
        self._sleep(_SETTLE_SECONDS)
        check()
        with self._held(action.text), self._pressed("left"):
            self._follow(steps(start, end, STRIDE), check)

    def _follow(self, path: Sequence[Point], check: Check) -> None:
        for place in path:
            check()
            self._move(place)
            self._sleep(_STRIDE_SECONDS)

    @contextmanager
    def _pressed(self, button: Button) -> Iterator[None]:
        try:
            self._press(button)
            yield
        finally:
            self._release(button)

    def _press(self, button: Button) -> None:
        """Once, however often it is asked for."""
        if button not in self._down:
            # Noted before it is done: a button that may be down is let go of.
            self._down.add(button)
            self._desktop.press(button)

    def _release(self, button: Button) -> None:
        if button in self._down:
            self._desktop.release(button)
            self._down.remove(button)

    def _scroll(self, action: Scroll, view: View, check: Check) -> None:
        self._go(action.coordinate, view)
        with self._held(action.text):
            for _ in range(action.scroll_amount):
                check()
                self._desktop.scroll(action.scroll_direction, 1)

    def _keys(self, action: Key, check: Check) -> None:
        for _ in range(action.repeat):
            for keys in chords(action.text):
                check()
                with self._keys_down(keys):
                    pass

    def _wait(self, seconds: float, check: Check) -> None:
        left = seconds
        while left > 0:
            check()
            self._sleep(min(SLICE, left))
            left -= SLICE

    @contextmanager
    def _held(self, text: str | None) -> Iterator[None]:
        with self._keys_down(chord(text) if text else ()):
            yield

    @contextmanager
    def _keys_down(self, keys: Sequence[str]) -> Iterator[None]:
        """Pressed in order, released in the other, even when pressing one of them failed."""
        with ExitStack() as stack:
            for key in keys:
                stack.callback(self._key_up, key)
                self._keys_held.append(key)
                self._desktop.key_down(key)
            yield

    def _key_up(self, key: str) -> None:
        self._desktop.key_up(key)
        self._keys_held.remove(key)

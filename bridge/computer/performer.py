"""Perform Claude's actions on a desktop in small steps that can be stopped."""

# State: the buttons and keys that are down, where Claude left the pointer, and the end of what was
# typed. Inputs: `perform`, `begin`, `abandon`, `release_all`. Before each small step the check
# runs, and the pointer is compared with where it was left: a difference means that the user took
# the mouse, and raises MouseMoved. The window that would get the step is compared with those that
# the action was judged for: another one raises WindowChanged.
#
# A button or key counts as down before it is pressed and until after it was released, so that
# `release_all` releases whatever may be down, also after a call to the desktop has failed.

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import assert_never

from bridge.computer.actions import (
    Coordinate,
    CursorPosition,
    DoubleClick,
    ElementAction,
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
    TripleClick,
    Type,
    Wait,
    Zoom,
)
from bridge.computer.desktop import Button, Check, Desktop
from bridge.computer.effects import PATH_POINTS, InputState, append_typed
from bridge.computer.keys import parse_chord, parse_chords
from bridge.computer.mouse.guard import MOVED
from bridge.computer.mouse.track import PointerTrack
from bridge.computer.screen.geometry import Point, View, interpolate
from bridge.computer.settling import Settling
from bridge.computer.window_guard import WindowChanged, WindowGuard
from bridge.errors import MouseMoved

SLICE_SECONDS = 0.02
"""Seconds between two checks for a stop during a wait."""

STRIDE_POINTS = PATH_POINTS
"""Points between two places of a drag: programs expect a path, not a jump."""
_STRIDE_SECONDS = 0.004
_SETTLE_SECONDS = 0.01
"""Between moving and pressing: programs first highlight what is under the pointer."""


ClickAction = LeftClick | RightClick | MiddleClick | DoubleClick | TripleClick
PointerAction = ClickAction | MouseMove | LeftClickDrag | LeftMouseDown | LeftMouseUp | Scroll

_CLICKS: Mapping[type[ClickAction], tuple[Button, int]] = {
    LeftClick: ("left", 1),
    RightClick: ("right", 1),
    MiddleClick: ("middle", 1),
    DoubleClick: ("left", 2),
    TripleClick: ("left", 3),
}


class Performer:
    """The input state of one desktop; used in that desktop's thread only.

    Between two actions no key is down, and only `left_mouse_down` leaves a button pressed.
    """

    def __init__(self, desktop: Desktop, sleep: Callable[[float], None] = time.sleep) -> None:
        self._desktop = desktop
        self._sleep = sleep
        self._down: set[Button] = set()
        self._keys_held: list[str] = []
        self._track = PointerTrack(desktop.read_pointer())
        self._pressed_at: Point | None = None
        self._typed = ""
        self._guard: WindowGuard | None = None
        self._settling = Settling(desktop, sleep)

    def read_state(self) -> InputState:
        """Return what earlier actions have left behind."""
        return InputState(self._desktop.read_pointer(), self._pressed_at, self._typed)

    def perform(
        self, action: InputAction, view: View, check: Check, guard: WindowGuard | None = None
    ) -> None:
        """Perform an action; do nothing for one that only reads the screen.

        `check` raises Stopped to stop; so does a pointer that is not where it was left.
        `guard` raises WindowChanged.
        """
        check = self._add_mouse_check(check)
        check()
        self._guard = guard
        # Recorded first: if it fails, part of it may have been typed.
        self._typed = append_typed(self._typed, action)
        match action:
            case Wait():
                self._wait(action.duration, check)
            case Screenshot() | Zoom() | CursorPosition():
                pass
            case Key() | HoldKey() | Type():
                with self._settling.watch(view.area):
                    self._perform_keyboard(action, self._add_focus_check(check))
            case _:
                with self._settling.watch(view.area):
                    self._perform_pointer(action, view, check)

    @contextmanager
    def act_by_name(self, action: ElementAction, view: View, check: Check) -> Iterator[Check]:
        """Watch an action on elements, which may do without pointer and keyboard.

        Yields the check to call between its steps. Raises Stopped.
        """
        check = self._add_mouse_check(check)
        check()
        self._typed = append_typed(self._typed, action)
        with self._settling.watch(view.area):
            yield check

    def click_point(self, point: Point, check: Check, guard: WindowGuard) -> None:
        """Click at a point of the desktop. Raises Stopped and WindowChanged."""
        self._guard = guard
        self._move(point)
        self._press_when_there("left", 1, check)

    def replace_text(self, text: str, check: Check, guard: WindowGuard) -> None:
        """Type a text instead of all that is in the focused field. Raises as `click_point`."""
        self._guard = guard
        check = self._add_focus_check(check)
        check()
        for keys in (("Control_L", "a"), *(() if text else (("BackSpace",),))):
            with self._press_keys(keys):
                pass
        self._desktop.type(text, check)

    def begin(self) -> None:
        """Accept the pointer where it is: between two pieces of work the user may move it."""
        self._track.restart(self._desktop.read_pointer())

    def wait_for_pointer(self) -> Point:
        """Wait until the desktop has carried out all moves; return where the pointer is."""
        return self._track.wait_for_arrival(self._desktop.read_pointer, self._sleep)

    def wait_for_result(self, check: Check, *, before_keys: bool) -> None:
        """Wait until the result of the last action can be seen, and has the focus."""
        self._settling.wait(self._add_mouse_check(check), before_keys=before_keys)

    def abandon(self) -> None:
        """Release everything; what is dragged goes back, rather than being dropped here."""
        if self._pressed_at is not None:
            self._move(self._pressed_at)
        self.release_all()

    def _add_focus_check(self, check: Check) -> Check:
        def check_both() -> None:
            check()
            self._check_keyboard()

        return check_both

    def _check_keyboard(self) -> None:
        if self._guard is not None:
            self._guard.check_keyboard(self._desktop)

    def _check_pointer(self) -> None:
        if self._guard is not None:
            self._guard.check_pointer(self._desktop)

    def _check_drag(self) -> None:
        if self._guard is not None:
            self._guard.check_drag(self._desktop)

    def move_back(self, to: Point) -> None:
        """Move the pointer back to where it was before the user needed the mouse."""
        self._move(to)

    def _add_mouse_check(self, check: Check) -> Check:
        def check_both() -> None:
            check()
            if self._track.was_moved_by_hand(self._desktop.read_pointer()):
                raise MouseMoved(MOVED)

        return check_both

    def _move(self, to: Point) -> None:
        self._desktop.move(to)
        self._track.add_move(to, self._desktop.read_pointer())

    def _perform_keyboard(self, action: Key | HoldKey | Type, check: Check) -> None:
        match action:
            case Key():
                self._press_chords(action, check)
            case HoldKey():
                with self._hold_keys(action.text):
                    self._wait(action.duration, check)
            case Type():
                self._desktop.type(action.text, check)
            case _:
                assert_never(action)

    def _perform_pointer(self, action: PointerAction, view: View, check: Check) -> None:
        match action:
            case MouseMove():
                self._move_to_pixel(action.coordinate, view)
            case LeftClickDrag():
                self._drag(action, view, check)
            case LeftMouseDown():
                self._check_pointer()
                self._press("left")
            case LeftMouseUp():
                self._check_drag()
                self._release("left")
            case Scroll():
                self._scroll(action, view, check)
            case LeftClick() | RightClick() | MiddleClick() | DoubleClick() | TripleClick():
                self._click(action, view, check)
            case _:
                assert_never(action)

    def release_all(self) -> None:
        """Release every key and button; may be called again if the desktop failed."""
        for key in reversed(self._keys_held[:]):
            self._release_key(key)
        for button in sorted(self._down):
            self._release(button)

    def _move_to_pixel(self, place: Coordinate | None, view: View) -> None:
        if place is not None:
            self._move(view.to_desktop(*place))

    def _click(self, action: ClickAction, view: View, check: Check) -> None:
        button, times = _CLICKS[type(action)]
        self._move_to_pixel(action.coordinate, view)
        self._press_when_there(button, times, check, action.text)

    def _press_when_there(
        self, button: Button, times: int, check: Check, held: str | None = None
    ) -> None:
        self._sleep(_SETTLE_SECONDS)
        check()
        with self._hold_keys(held):
            for _ in range(times):
                # The first click of two may open a window in which the second would land.
                self._check_pointer()
                with self._hold_button(button):
                    pass

    def _drag(self, action: LeftClickDrag, view: View, check: Check) -> None:
        start = view.to_desktop(*action.start_coordinate)
        end = view.to_desktop(*action.coordinate)
        self._move(start)
        self._sleep(_SETTLE_SECONDS)
        check()
        self._check_pointer()
        with self._hold_keys(action.text), self._hold_button("left"):
            try:
                self._follow(interpolate(start, end, STRIDE_POINTS), check)
            except WindowChanged:
                # Releasing here would drop what is dragged into the other window.
                self._move(start)
                raise

    def _follow(self, path: Sequence[Point], check: Check) -> None:
        for place in path:
            check()
            self._move(place)
            self._sleep(_STRIDE_SECONDS)
            self._check_drag()

    @contextmanager
    def _hold_button(self, button: Button) -> Iterator[None]:
        try:
            self._press(button)
            yield
        finally:
            self._release(button)

    def _press(self, button: Button) -> None:
        """Press a button that is not down yet."""
        if button not in self._down:
            # Recorded first: if pressing fails, the button may be down all the same.
            self._down.add(button)
            if button == "left":
                self._pressed_at = self._desktop.read_pointer()
            self._desktop.press(button)

    def _release(self, button: Button) -> None:
        if button in self._down:
            self._desktop.release(button)
            self._down.remove(button)
            if button == "left":
                self._pressed_at = None

    def _scroll(self, action: Scroll, view: View, check: Check) -> None:
        self._move_to_pixel(action.coordinate, view)
        with self._hold_keys(action.text):
            for _ in range(action.scroll_amount):
                check()
                self._check_pointer()
                self._check_keyboard()
                self._desktop.scroll(action.scroll_direction, 1)

    def _press_chords(self, action: Key, check: Check) -> None:
        for _ in range(action.repeat):
            for keys in parse_chords(action.text):
                check()
                with self._press_keys(keys):
                    pass

    def _wait(self, seconds: float, check: Check) -> None:
        left = seconds
        while left > 0:
            check()
            self._sleep(min(SLICE_SECONDS, left))
            left -= SLICE_SECONDS

    @contextmanager
    def _hold_keys(self, text: str | None) -> Iterator[None]:
        self._check_keyboard()
        with self._press_keys(parse_chord(text) if text else ()):
            yield

    @contextmanager
    def _press_keys(self, keys: Sequence[str]) -> Iterator[None]:
        """Press keys in order and release them in reverse, even if pressing one failed."""
        with ExitStack() as stack:
            for key in keys:
                stack.callback(self._release_key, key)
                self._keys_held.append(key)
                self._desktop.press_key(key)
            yield

    def _release_key(self, key: str) -> None:
        self._desktop.release_key(key)
        self._keys_held.remove(key)

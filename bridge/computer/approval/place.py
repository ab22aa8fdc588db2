"""Return to where the user was before deciding: they used the mouse and another window for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.computer.desktop import Window
from bridge.computer.executor import DesktopContext
from bridge.computer.screen.geometry import Point

ACTIVATION_SECONDS = 1.0
"""Longest wait for a window manager to bring a window to the front."""
BY_HAND_SECONDS = 10.0
"""The same where no program can do that (GNOME on Wayland): the user clicks on the window."""
_STEP_SECONDS = 0.02
_FOCUS_SECONDS = 0.1
"""After the window manager's answer, programs still have to take the focus."""


@dataclass(frozen=True, slots=True)
class Place:
    """The active window and the pointer when an approval was requested."""

    active: Window | None
    pointer: Point


def read_place(context: DesktopContext) -> Place:
    """Read the place."""
    return Place(_find_active(context), context.desktop.read_pointer())


def return_to_place(context: DesktopContext, place: Place, windows: Sequence[Window]) -> None:
    """Move the pointer back, and bring the windows of the approved actions to the front again.

    `windows`: in the order of their actions. Whether it worked is left to the check of each action.
    """
    desktop = context.desktop
    if desktop.read_pointer() != place.pointer:
        context.performer.move_back(place.pointer)
    active = _find_active(context)
    if _is_same(active, place.active):
        return
    # The last one activated is on top, which is where the first action goes.
    for window in reversed(_drop_repeated(windows)):
        desktop.activate_window(window)
        _wait_until_active(context, window)
    if any(not window.is_placed for window in windows) and desktop.read_pointer() != place.pointer:
        # The user needed the mouse to bring the window to the front.
        context.performer.move_back(place.pointer)


def _find_active(context: DesktopContext) -> Window | None:
    return next((window for window in context.desktop.list_windows() if window.active), None)


def _wait_until_active(context: DesktopContext, window: Window) -> None:
    seconds = ACTIVATION_SECONDS if window.is_placed else BY_HAND_SECONDS
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        context.check()
        if not window.is_placed and not _is_open(context, window):
            return
        if window.is_same(_find_active(context)):
            time.sleep(_FOCUS_SECONDS)
            return
        time.sleep(_STEP_SECONDS)


def _is_open(context: DesktopContext, window: Window) -> bool:
    return any(window.is_same(each) for each in context.desktop.list_windows())


def _drop_repeated(windows: Sequence[Window]) -> list[Window]:
    different: list[Window] = []
    for window in windows:
        if not any(window.is_same(other) for other in different):
            different.append(window)
    return different


def _is_same(one: Window | None, other: Window | None) -> bool:
    return one is other if one is None else one.is_same(other)

"""Wait until the program with the keyboard focus has read the keys it was sent."""

from __future__ import annotations

import itertools
import time
from typing import Any

_ANSWER_SECONDS = 2.0
_GRACE_SECONDS = 0.3
"""Waiting time for programs that do not answer pings, such as xterm."""


class FocusedReader:
    """Pings to the focused window, as window managers send them.

    A program answers after it has read every key sent before the ping.
    https://specifications.freedesktop.org/wm-spec/latest/ar01s06.html
    """

    def __init__(self, display: Any) -> None:
        self._display = display
        self._root = display.screen().root
        self._protocols = display.intern_atom("WM_PROTOCOLS")
        self._ping = display.intern_atom("_NET_WM_PING")
        self._stamps = itertools.count(1)

    def wait(self, since: float) -> None:
        """Wait until keys pressed up to `since` (`time.monotonic`) have been read."""
        window = self._find_focused_window()
        if window is None or not self._ping_window(window):
            time.sleep(max(0.0, since + _GRACE_SECONDS - time.monotonic()))

    def _ping_window(self, window: Any) -> bool:
        from Xlib import X
        from Xlib.protocol.event import ClientMessage

        stamp = next(self._stamps)
        ping = ClientMessage(
            window=window,
            client_type=self._protocols,
            data=(32, [self._ping, stamp, window.id, 0, 0]),
        )
        # Programs send their answer to the root window.
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask)
        try:
            window.send_event(ping, event_mask=0)
            return self._wait_for_answer(stamp, window.id)
        finally:
            self._root.change_attributes(event_mask=0)
            self._display.sync()
            self._drain()

    def _wait_for_answer(self, stamp: int, window: int) -> bool:
        until = time.monotonic() + _ANSWER_SECONDS
        self._display.sync()
        # The clock is read between events, too: windows that move all the time send them endlessly.
        while time.monotonic() < until:
            if not self._display.pending_events():
                time.sleep(0.001)
                continue
            data = getattr(self._display.next_event(), "data", None)
            if isinstance(data, tuple) and list(data[1])[:3] == [self._ping, stamp, window]:
                return True
        return False

    def _drain(self) -> None:
        while self._display.pending_events():
            self._display.next_event()

    def _find_focused_window(self) -> Any | None:
        """Return the focused window, or its nearest parent, that takes pings."""
        from Xlib.error import XError

        try:
            focus = self._display.get_input_focus().focus
            # 0 is no window, 1 the window under the pointer.
            chain = (
                self._list_under_pointer()
                if isinstance(focus, int)
                else self._list_ancestors(focus)
            )
            return next((window for window in chain if self._accepts_pings(window)), None)
        except XError:
            # The window was closed in between.
            return None

    def _list_ancestors(self, window: Any) -> list[Any]:
        chain = []
        while window and window.id != self._root.id:
            chain.append(window)
            window = window.query_tree().parent
        return chain

    def _list_under_pointer(self) -> list[Any]:
        chain = []
        window = self._root.query_pointer().child
        while window:
            chain.append(window)
            window = window.query_pointer().child
        return chain

    def _accepts_pings(self, window: Any) -> bool:
        from Xlib import Xatom

        protocols = window.get_full_property(self._protocols, Xatom.ATOM)
        return protocols is not None and self._ping in list(protocols.value)

"""Waiting until the program that has the keyboard has read the keys it was sent."""

from __future__ import annotations

import itertools
import time
from typing import Any

_ANSWER_SECONDS = 2.0
_GRACE_SECONDS = 0.3
"""For programs that answer no ping, such as xterm."""
_PROPAGATE_TO_ROOT = 0x80000 | 0x100000  # SubstructureNotify, SubstructureRedirect


class Readers:
    """Asks the focused window whether it is still there, as window managers do.

    Its answer comes after it has read every key sent before.
    https://specifications.freedesktop.org/wm-spec/latest/ar01s06.html
    """

    def __init__(self, display: Any) -> None:
        self._display = display
        self._root = display.screen().root
        self._protocols = display.intern_atom("WM_PROTOCOLS")
        self._ping = display.intern_atom("_NET_WM_PING")
        self._stamps = itertools.count(1)

    def wait(self, since: float) -> None:
        """Keys that were pressed up to `since`, of `time.monotonic`, are read then."""
        window = self._focused()
        if window is None or not self._answers(window):
            time.sleep(max(0.0, since + _GRACE_SECONDS - time.monotonic()))

    def _answers(self, window: Any) -> bool:
        from Xlib import X
        from Xlib.protocol.event import ClientMessage

        stamp = next(self._stamps)
        asked = ClientMessage(
            window=window,
            client_type=self._protocols,
            data=(32, [self._ping, stamp, window.id, 0, 0]),
        )
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask)
        try:
            window.send_event(asked, event_mask=0)
            return self._heard(stamp, window.id)
        finally:
            self._root.change_attributes(event_mask=0)
            self._display.sync()
            self._drain()

    def _heard(self, stamp: int, window: int) -> bool:
        until = time.monotonic() + _ANSWER_SECONDS
        self._display.sync()
        while time.monotonic() < until:
            while self._display.pending_events():
                event = self._display.next_event()
                data = getattr(event, "data", None)
                if isinstance(data, tuple) and list(data[1])[:3] == [self._ping, stamp, window]:
                    return True
            time.sleep(0.001)
        return False

    def _drain(self) -> None:
        while self._display.pending_events():
            self._display.next_event()

    def _focused(self) -> Any | None:
        """The window that has the keyboard and answers pings; None if it does not."""
        from Xlib.error import XError

        try:
            focus = self._display.get_input_focus().focus
            # 0: none, 1: whatever is under the pointer.
            chain = self._under_pointer() if isinstance(focus, int) else self._upwards(focus)
            return next((one for one in chain if self._takes_pings(one)), None)
        except XError:
            return None  # it has just been closed

    def _upwards(self, window: Any) -> list[Any]:
        chain = []
        while window and window.id != self._root.id:
            chain.append(window)
            window = window.query_tree().parent
        return chain

    def _under_pointer(self) -> list[Any]:
        chain = []
        window = self._root.query_pointer().child
        while window:
            chain.append(window)
            window = window.query_pointer().child
        return chain

    def _takes_pings(self, window: Any) -> bool:
        from Xlib import Xatom

        found = window.get_full_property(self._protocols, Xatom.ATOM)
        return found is not None and self._ping in list(found.value)

"""Paste text through the clipboard, and give back what was in it: `data-control`."""

# Who sets the clipboard has to be there when it is pasted. So each paste has a connection of its
# own: it saves what the clipboard has, and offers the text until it was pasted. Then it offers what
# was saved, in a thread of its own, until another program sets the clipboard.

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from bridge.computer.native.clipboard_content import (
    MOST_TYPES,
    Content,
    make_content,
    read_content,
    write_content,
)
from bridge.computer.native.wayland.connection import Connection, Event
from bridge.computer.native.wayland.wire import Request, WaylandError
from bridge.errors import InvalidRequest

MANAGERS = ("ext_data_control_manager_v1", "zwlr_data_control_manager_v1")
_CREATE_SOURCE, _GET_DEVICE = Request(0, "n"), Request(1, "no")
_SET_SELECTION, _OFFER, _RECEIVE = Request(0, "o"), Request(0, "s"), Request(0, "sh")
_DESTROY_SOURCE = Request(1)
_OWN = "application/x-claude-bridge"
"""Tells that the clipboard has a text of Claude's."""
_PASTE_SECONDS = 1.5
_LATE_SECONDS = 20.0
"""How long a slow program may take for the text, while Claude goes on."""
_LONGEST_SECONDS = 2.0
"""A program that reads the clipboard again and again must not hold up the paste. The text also
stays for so long behind its last read: on a busy machine, Chromium reads it again then."""
_LOOK_SECONDS, _QUIET_SECONDS = 0.05, 0.25
"""Seconds without a read of the text: before it is pasted, as some programs look at every change of
the clipboard, and after it, as Chromium reads it twice."""


class Pasting:
    """Pastes texts; used in one thread at a time.

    State: what the clipboard had before, for a paste that comes before it was given back.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._saved: Content = {}

    def paste(self, text: str, press: Callable[[], None]) -> None:
        """Paste a text by the keys that `press` presses; the clipboard is as before after that.

        Raises InvalidRequest if it cannot be, and OSError if the compositor is gone.
        """
        connection = Connection(self._environment)
        try:
            clipboard = _Clipboard(connection)
            if not clipboard.has(_OWN):
                self._saved = clipboard.read()
            clipboard.offer({**make_content(text), _OWN: b""})
        except BaseException:
            connection.close()
            raise
        is_pressed = False
        try:
            clipboard.serve_for(_LOOK_SECONDS)
            press()
            is_pressed = True
            clipboard.serve_until_read(_PASTE_SECONDS)
        finally:
            arguments = (self._saved, is_pressed)
            threading.Thread(
                target=clipboard.give_back, args=arguments, name="clipboard", daemon=True
            ).start()


class _Clipboard:
    """The clipboard on one connection; used in one thread at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        manager = next((name for name in MANAGERS if connection.has(name)), None)
        if manager is None:
            raise InvalidRequest(
                "This program takes characters beyond U+FFFF, such as emoji, only from the "
                f"clipboard, and the compositor does not offer that ({' or '.join(MANAGERS)}).",
                param="text",
            )
        self._manager = connection.bind_first(manager, 1)
        self._offers: dict[int, list[str]] = {}
        self._selected = 0
        self._sources: dict[int, Content] = {}
        self._served_at = 0.0
        seat = connection.bind_first("wl_seat", 1)
        self._device = connection.make_id()
        events = {0: Event("n", self._add_offer), 1: Event("o", self._select)}
        connection.listen(self._device, events)
        connection.send(self._manager, _GET_DEVICE, self._device, seat)
        connection.roundtrip()

    def has(self, kind: str) -> bool:
        """Return whether the clipboard offers a MIME type."""
        return kind in self._offers.get(self._selected, ())

    def read(self) -> Content:
        """Return all that the clipboard has. Raises InvalidRequest if that cannot be saved."""
        types = dict.fromkeys(self._offers.get(self._selected, ()))
        return read_content(types, self._begin_read, "type no characters beyond U+FFFF")

    def offer(self, content: Content) -> None:
        """Set the clipboard; the content must be served from now on."""
        source = self._connection.make_id()
        self._sources[source] = content

        def cancel() -> None:
            del self._sources[source]
            # Requests that are under way still bring file descriptors, so it is not forgotten here.
            self._connection.send(source, _DESTROY_SOURCE)

        def send(descriptor: int, kind: str) -> None:
            if write_content(descriptor, content.get(kind, b"")):
                self._served_at = time.monotonic()

        self._connection.listen(source, {0: Event("sh", send), 1: Event("", cancel)})
        self._connection.send(self._manager, _CREATE_SOURCE, source)
        for kind in content:
            self._connection.send(source, _OFFER, kind)
        self._connection.send(self._device, _SET_SELECTION, source)
        self._connection.roundtrip()

    def clear(self) -> None:
        self._connection.send(self._device, _SET_SELECTION, 0)
        self._connection.roundtrip()

    def serve_for(self, seconds: float) -> None:
        """Serve the text until some time has passed without a read, but not for ever."""
        self._served_at = now = time.monotonic()
        ends = now + _LONGEST_SECONDS
        while (left := min(self._served_at + seconds, ends) - time.monotonic()) > 0:
            self._connection.dispatch(left)

    def serve_until_read(self, seconds: float) -> bool:
        """Serve the text until a program has read it; return whether one has in that time."""
        self._served_at = 0.0
        ends = time.monotonic() + seconds
        while self._sources and not self._served_at and time.monotonic() < ends:
            self._connection.dispatch(_LOOK_SECONDS)
        if not self._served_at:
            return False
        self.serve_for(_QUIET_SECONDS)
        return True

    def give_back(self, saved: Content, is_pressed: bool) -> None:
        """Offer what was saved until another program sets the clipboard.

        If the keys were pressed, a program that takes the text late, or once more, must not paste
        what the user has copied.
        """
        with self._connection, suppress(WaylandError):
            if is_pressed:
                if not self._served_at:
                    self.serve_until_read(_LATE_SECONDS)
                self.serve_for(_LONGEST_SECONDS)
            if not self._sources:
                # Another program has set the clipboard meanwhile.
                return
            if not saved:
                self.clear()
                return
            self.offer(saved)
            while self._sources:
                self._connection.dispatch(60)

    def _begin_read(self, kind: str, _ends: float) -> int:
        """Return a pipe with the content."""
        reading, writing = os.pipe()
        try:
            self._connection.send(self._selected, _RECEIVE, kind, descriptors=[writing])
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        return reading

    def _add_offer(self, offer: int) -> None:
        kinds = self._offers[offer] = []

        def add(kind: str) -> None:
            if len(kinds) < MOST_TYPES:
                kinds.append(kind)

        self._connection.listen(offer, {0: Event("s", add)})

    def _select(self, offer: int) -> None:
        self._selected = offer

"""Paste text through the Clipboard portal, and give back what was in it."""

# Who sets the clipboard has to be there when it is pasted: the desktop then asks for the content
# with a signal. So a worker answers these requests, for our text and for what was saved before.
#
# https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Clipboard.html

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from bridge.computer.native.clipboard_content import (
    MOST_TYPES,
    TEXT,
    Content,
    make_content,
    read_content,
    write_content,
)
from bridge.computer.native.portal.bus import PortalError
from bridge.computer.native.portal.session import CLIPBOARD, PortalSession
from bridge.errors import InvalidRequest

_PASTE_SECONDS = 3.0
_TAKEN_SECONDS = 1.0
"""How long a desktop may take for a new clipboard."""
_QUIET_SECONDS = 0.25
"""Seconds without a read of the text: Chromium reads it twice."""
_WATCH_SECONDS = 0.15
"""How long to wait for programs that look at every change of the clipboard."""
_MOST_WATCHERS = 5
_RETRY_SECONDS = 0.01


class PortalPasting:
    """Used in one thread; the signals come in that of the bus.

    State: what the clipboard has of ours. The desktop tells in order when it has taken that over
    and when a program wants it, so a request that comes late gets what was there at its time.
    """

    def __init__(self, session: PortalSession) -> None:
        self._session = session
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="clipboard")
        self._next: Content = {}
        self._content: Content = {}
        self._is_taken, self._is_read = threading.Event(), threading.Event()
        session.note_selection = self._note_selection
        session.bus.listen(CLIPBOARD, "SelectionTransfer", self._submit_transfer)

    def paste(self, text: str, press: Callable[[], None]) -> None:
        """Paste a text by the keys that `press` presses; the clipboard is as before after that.

        Raises InvalidRequest if it cannot be, and OSError if the desktop is gone.
        """
        saved = self._content if self._is_ours() else self._read_all()
        try:
            self._offer(make_content(text))
            self._let_watchers_read()
            press()
            if not self._is_read.wait(_PASTE_SECONDS):
                raise InvalidRequest(
                    "The program did not take the text from the clipboard, so nothing was typed.",
                    param="text",
                )
            while self._is_read.is_set():
                self._is_read.clear()
                time.sleep(_QUIET_SECONDS)
        finally:
            # A desktop takes no clipboard without anything in it.
            self._offer(saved or {TEXT[0]: b""})

    def close(self) -> None:
        self._worker.shutdown(wait=False)

    def _offer(self, content: Content) -> None:
        """Set the clipboard, and wait until the desktop has taken that over."""
        from dbus_fast import Variant

        self._next = content
        self._is_taken.clear()
        types = {"mime_types": Variant("as", list(content))}
        self._call("SetSelection", "a{sv}", types)
        if not self._is_taken.wait(_TAKEN_SECONDS):
            self._content = content
        self._is_read.clear()

    def _let_watchers_read(self) -> None:
        """Serve the programs that read every new clipboard: GNOME's own keeps a copy of it."""
        for _ in range(_MOST_WATCHERS):
            if not self._is_read.wait(_WATCH_SECONDS):
                return
            self._is_read.clear()

    def _read_all(self) -> Content:
        types = _read_types(self._session.selection.get("mime_types"))[:MOST_TYPES]
        instead = "type only characters of your keyboard layout"
        return read_content(types, self._begin_read, instead)

    def _begin_read(self, kind: str, ends: float) -> int:
        """Return a pipe with the content; the desktop may still be busy with the last one."""
        while True:
            try:
                (descriptor,) = self._call("SelectionRead", "s", kind)
                return int(descriptor)
            except PortalError:
                if time.monotonic() > ends:
                    raise
                time.sleep(_RETRY_SECONDS)

    def _is_ours(self) -> bool:
        """Return whether the clipboard still has what was offered last."""
        owner = self._session.selection.get("session_is_owner")
        return owner is not None and owner.value is True

    def _note_selection(self) -> None:
        if self._is_ours():
            self._content = self._next
            self._is_taken.set()

    def _submit_transfer(self, session: str, kind: str, serial: int) -> None:
        if session == self._session.path:
            self._worker.submit(self._transfer, kind, serial, self._content)

    def _transfer(self, kind: str, serial: int, content: Content) -> None:
        # Who asked may have gone, or read nothing.
        with suppress(PortalError):
            (descriptor,) = self._call("SelectionWrite", "u", serial)
            is_done = write_content(descriptor, content.get(kind, b""))
            self._call("SelectionWriteDone", "ub", serial, is_done)
            if is_done and content is self._content:
                self._is_read.set()

    def _call(self, member: str, signature: str, *values: Any) -> list[Any]:
        return self._session.bus.call(
            CLIPBOARD, member, f"o{signature}", self._session.path, *values
        )


def _read_types(types: Any) -> list[str]:
    """Read the MIME types, without repeats; GNOME wraps them in a structure."""
    if types is None or types.signature not in ("as", "(as)"):
        return []
    names = types.value[0] if types.signature == "(as)" else types.value
    return list(dict.fromkeys(names))

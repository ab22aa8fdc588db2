"""Paste text through the Clipboard portal, and give back what was in it."""

# Who sets the clipboard has to be there when it is pasted: the desktop then asks for the content
# with a signal. So a worker answers these requests, for our text and for what was saved before.
#
# https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Clipboard.html

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from bridge.computer.native.portal.bus import PortalError
from bridge.computer.native.portal.session import CLIPBOARD, PortalSession
from bridge.errors import InvalidRequest

_TEXT = ("text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "STRING", "TEXT")
_PRIVATE = ("x-kde-passwordManagerHint", b"secret")
"""Tells clipboard managers not to keep what Claude types."""
MOST_BYTES = 32_000_000
"""Longest content to save; a program that gives more is not pasted into."""
_MOST_TYPES = 40
_SAVE_SECONDS = 2.0
_PASTE_SECONDS = 3.0
_TAKEN_SECONDS = 1.0
"""How long a desktop may take for a new clipboard."""
_QUIET_SECONDS = 0.25
"""Seconds without a read of the text: Chromium reads it twice."""
_WATCH_SECONDS = 0.15
"""How long to wait for programs that look at every change of the clipboard."""
_MOST_WATCHERS = 5
_LOOK_SECONDS = 0.05
_RETRY_SECONDS = 0.01
_CHUNK = 65536

Content = Mapping[str, bytes]
"""What the clipboard has, by MIME type."""


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
        data = text.encode()
        try:
            self._offer({**dict.fromkeys(_TEXT, data), **dict([_PRIVATE])})
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
            self._offer(saved or {_TEXT[0]: b""})

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
        ends = time.monotonic() + _SAVE_SECONDS
        saved: dict[str, bytes] = {}
        for kind in _read_types(self._session.selection.get("mime_types"))[:_MOST_TYPES]:
            left = MOST_BYTES - sum(map(len, saved.values()))
            descriptor = self._begin_read(kind, ends)
            saved[kind] = b"".join(_read_pipe(descriptor, left, ends))
        return saved

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
            is_done = _write_pipe(descriptor, content.get(kind, b""))
            self._call("SelectionWriteDone", "ub", serial, is_done)
        if content is self._content:
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


def _read_pipe(descriptor: int, most: int, ends: float) -> Iterator[bytes]:
    with os.fdopen(descriptor, "rb", 0) as pipe:
        while True:
            ready, _, _ = select.select([pipe], [], [], max(0.0, ends - time.monotonic()))
            data = pipe.read(_CHUNK) if ready else None
            if data == b"":
                return
            most -= len(data or b"")
            if data is None or most < 0:
                raise InvalidRequest(
                    "The clipboard has what cannot be saved: it is too large, or its program does "
                    "not answer. Empty it, or type only characters of your keyboard layout.",
                    param="text",
                )
            yield data


def _write_pipe(descriptor: int, data: bytes) -> bool:
    """Write all of it; return whether that was possible."""
    with suppress(OSError), os.fdopen(descriptor, "wb", 0) as pipe:
        os.set_blocking(descriptor, False)
        ends = time.monotonic() + _SAVE_SECONDS
        while data and time.monotonic() < ends:
            _, ready, _ = select.select([], [pipe], [], _LOOK_SECONDS)
            data = data[(pipe.write(data[:_CHUNK]) or 0) if ready else 0 :]
    return not data

"""The stop key by the GlobalShortcuts portal, which GNOME 48, KDE 6 and Hyprland have."""

# The desktop asks the user once whether the key may be bound, and remembers that. It is bound in
# the background: the dialog must not hold up Claude, whose work is what the user watches then.

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bridge.computer.keys import parse_chord
from bridge.computer.native.portal.bus import PortalAbsentError, PortalBus, PortalError
from bridge.computer.native.portal.session import ASK_SECONDS
from bridge.errors import DesktopUnavailable, InvalidRequest

SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"
ID = "stop-claude"
NOT_BOUND = (
    "The desktop did not bind the stop key `%s`. Stop Claude in the tray, or with: claude-bridge "
    "stop."
)
_NAMES: Mapping[str, str] = {
    "Control_L": "CTRL",
    "Alt_L": "ALT",
    "Shift_L": "SHIFT",
    "Super_L": "LOGO",
}
_log = logging.getLogger(__name__)


class PortalStopKey:
    """A key that is bound while this is open."""

    def __init__(self, hotkey: str) -> None:
        """Begin to bind it. Raises OSError without the portal, DesktopUnavailable for no key."""
        self._hotkey = hotkey
        trigger = to_trigger(hotkey)
        self._bus = PortalBus()
        try:
            if not self._bus.read_version(SHORTCUTS):
                raise PortalAbsentError("The desktop has no portal for shortcuts.")
            self._bus.listen(SHORTCUTS, "Activated", self._note_press)
        except BaseException:
            self._bus.close()
            raise
        self._session = ""
        self._reading, self._writing = os.pipe()
        for end in (self._reading, self._writing):
            os.set_blocking(end, False)
        arguments = (trigger,)
        self._binding = threading.Thread(
            target=self._bind, args=arguments, name="stop key", daemon=True
        )
        self._binding.start()

    def fileno(self) -> int:
        """Return what becomes readable with each press."""
        return self._reading

    def was_pressed(self) -> bool:
        try:
            return bool(os.read(self._reading, 1))
        except BlockingIOError:
            return False

    def close(self) -> None:
        # The desktop ends the session, and with it the key.
        self._bus.close()
        self._binding.join(1)
        os.close(self._reading)
        os.close(self._writing)

    def _bind(self, trigger: str) -> None:
        try:
            self._request_key(trigger)
        except (PortalError, TimeoutError):
            _log.warning(NOT_BOUND, self._hotkey)

    def _request_key(self, trigger: str) -> None:
        from dbus_fast import Variant

        options = {"session_handle_token": Variant("s", f"claude_{time.monotonic_ns()}")}
        response = self._bus.request(SHORTCUTS, "CreateSession", "a{sv}", options=options)
        session = response.results.get("session_handle")
        if response.code or session is None:
            raise PortalError("The session was refused.")
        self._session = str(session.value)
        what = {
            "description": Variant("s", "Stop Claude"),
            "preferred_trigger": Variant("s", trigger),
        }
        keys = [[ID, what]]
        response = self._bus.request(
            SHORTCUTS,
            "BindShortcuts",
            "oa(sa{sv})sa{sv}",
            *(self._session, keys, ""),
            options={},
            seconds=ASK_SECONDS,
        )
        if response.code:
            raise PortalError("The key was refused.")

    def _note_press(self, session: str, id: str, *_rest: Any) -> None:
        if session == self._session and id == ID:
            # A full pipe has presses enough.
            with suppress(BlockingIOError):
                os.write(self._writing, b"\n")


def to_trigger(hotkey: str) -> str:
    """Convert to freedesktop's spelling: `ctrl+alt+Escape` to `CTRL+ALT+Escape`."""
    try:
        chord = parse_chord(hotkey)
    except InvalidRequest as error:
        raise DesktopUnavailable(f"The stop key `{hotkey}` is not known.") from error
    return "+".join(_NAMES.get(key, key) for key in chord)

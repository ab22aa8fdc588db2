"""The indicator on Wayland: a border and a stop key, as far as the desktop offers them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol

from bridge.computer.indicator import STOP_KEY_PRESSED, StopCallback
from bridge.computer.native.listening_thread import ListeningThread
from bridge.computer.native.waiting import wait_until_readable
from bridge.computer.native.wayland.border import SHELL, Border
from bridge.computer.native.wayland.connection import Connection
from bridge.computer.native.wayland.session import list_missing
from bridge.computer.native.wayland.stop_key import SwayStopKey
from bridge.computer.native.wayland.wire import WaylandError
from bridge.errors import DesktopUnavailable

POINTER_UNKNOWN = (
    "On Wayland the bridge does not learn where you move the mouse, so that does not stop Claude."
)
NO_KEY = "This desktop offers no stop key. Stop Claude in the tray, or with: claude-bridge stop."
NO_BORDER = "This desktop offers no border around the screen."
ENDED = "The compositor has closed the connection."


class StopKey(Protocol):
    """A key that is bound until `close`."""

    def fileno(self) -> int: ...

    def was_pressed(self) -> bool:
        """Read the next event; return whether it is that of the key."""

    def close(self) -> None: ...


class WaylandIndicator:
    """An indicator on Wayland; called from one thread at a time.

    Uses separate connections: the desktop's own thread is busy while Claude acts.
    """

    def __init__(self, hotkey: str, environment: Mapping[str, str] = os.environ) -> None:
        self._hotkey = hotkey
        self._environment = environment
        self._thread = ListeningThread()

    def show(self, stop: StopCallback) -> str:
        """Draw the border and bind the key; return what is missing here, in sentences.

        Raises DesktopUnavailable if the compositor cannot be reached, or the key is taken.
        """
        try:
            connection = Connection(self._environment)
        except OSError as error:
            raise DesktopUnavailable(
                f"The Wayland compositor cannot be reached: {error}"
            ) from error
        # Portals tell where the pointer is.
        missing = [] if list_missing(connection) else [POINTER_UNKNOWN]
        key: StopKey | None = None
        try:
            key = self._bind_key(missing)
            if connection.has(SHELL):
                Border(connection).draw()
            else:
                missing.append(NO_BORDER)
        except BaseException:
            connection.close()
            if key is not None:
                key.close()
            raise
        self._thread.start(lambda wake: _listen(connection, key, wake, stop))
        return " ".join(missing)

    def hide(self) -> None:
        self._thread.stop()

    def _bind_key(self, missing: list[str]) -> StopKey | None:
        if self._hotkey == "none":
            return None
        try:
            return SwayStopKey(self._environment, self._hotkey)
        except DesktopUnavailable as error:
            missing.append(error.message)
            return None
        except OSError:
            return self._bind_shortcut(missing)

    def _bind_shortcut(self, missing: list[str]) -> StopKey | None:
        """Bind the key through the portal, which other compositors may have."""
        from bridge.computer.native.portal.shortcut import PortalStopKey

        try:
            return PortalStopKey(self._hotkey)
        except DesktopUnavailable as error:
            missing.append(error.message)
        except OSError:
            missing.append(NO_KEY)
        return None


def _listen(connection: Connection, key: StopKey | None, wake: int, stop: StopCallback) -> None:
    """Listen until the pipe is closed or the compositor is gone; then remove border and key."""
    sources: list[Connection | StopKey] = [connection]
    if key is not None:
        sources.append(key)
    try:
        while True:
            ready = wait_until_readable([*sources, wake])
            if wake in ready:
                break
            if connection.fileno() in ready:
                connection.dispatch(0)
            if key is not None and key.fileno() in ready and key.was_pressed():
                stop(STOP_KEY_PRESSED)
        if key is not None:
            key.close()
    except WaylandError:
        stop(ENDED)
    finally:
        # Closing the connection removes the border.
        connection.close()

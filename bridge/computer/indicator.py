"""What shows that Claude is at work, and listens for the key that stops it; one for a platform."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Protocol

from bridge.errors import BridgeError

Stop = Callable[[str], object]
"""Called from any thread, with a sentence."""

PRESSED = "The stop key was pressed."

_log = logging.getLogger(__name__)


class Warden(Protocol):
    """Both calls block for a moment, and come from one thread at a time."""

    def begin(self, stop: Stop) -> None:
        """Shows the border and listens for the key. Raises BridgeError where it cannot."""

    def end(self) -> None:
        """Takes both away; may be called again."""


def open_warden(hotkey: str) -> Warden:
    """For this platform; `hotkey`: as xdotool spells it, or `none`."""
    if sys.platform in ("win32", "darwin"):
        from bridge.computer.native.key_listener import KeyListener

        return KeyListener(hotkey)
    from bridge.computer.native.x11.indicator import X11Warden

    return X11Warden(hotkey)


class Wardens:
    """Begins and ends one where it can be had; work goes on without, and the log says so once."""

    def __init__(self, open_one: Callable[[], Warden]) -> None:
        self._open_one = open_one
        self._warden: Warden | None = None
        self._told = False

    def begin(self, stop: Stop) -> None:
        try:
            self._warden = self._open_one()
            self._warden.begin(stop)
        except BridgeError as error:
            self._warden = None
            if not self._told:
                self._told = True
                _log.warning("No stop key and no border: %s", error.message)

    def end(self) -> None:
        warden, self._warden = self._warden, None
        if warden is not None:
            warden.end()

"""The key that stops, on Windows and macOS, through pynput; there is no border there."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from bridge.computer.indicator import PRESSED, Stop
from bridge.computer.keys import chord
from bridge.errors import DesktopUnavailable

_NAMES: Mapping[str, str] = {
    "Control_L": "<ctrl>",
    "Alt_L": "<alt>",
    "Shift_L": "<shift>",
    "Super_L": "<cmd>",
    "Escape": "<esc>",
    "Pause": "<pause>",
    "Return": "<enter>",
    "space": "<space>",
}


class KeyListener:
    """`begin` and `end` may be called from any thread, one at a time."""

    def __init__(self, hotkey: str, listeners: Any = None) -> None:
        """`listeners` has pynput's `keyboard.GlobalHotKeys`."""
        self._hotkey = hotkey
        self._listeners = listeners
        self._listener: Any = None

    def begin(self, stop: Stop) -> None:
        """Raises DesktopUnavailable where the system lets nobody listen."""
        if self._hotkey == "none":
            return
        keys = spelled(self._hotkey)
        try:
            self._listener = self._kind()({keys: lambda: stop(PRESSED)})
            self._listener.start()
        except (ImportError, OSError, ValueError) as error:
            self._listener = None
            raise DesktopUnavailable(
                f"The stop key `{self._hotkey}` cannot be listened for: {error}. On macOS allow "
                "it under Privacy & Security, Input Monitoring."
            ) from error

    def end(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop()

    def _kind(self) -> Any:
        if self._listeners is not None:
            return self._listeners
        # Only a dependency where it is used; it has no types.
        return import_module("pynput.keyboard").GlobalHotKeys


def spelled(hotkey: str) -> str:
    """As pynput spells it: `ctrl+alt+Escape` is `<ctrl>+<alt>+<esc>`."""
    return "+".join(_NAMES.get(key) or _plain(key) for key in chord(hotkey))


def _plain(key: str) -> str:
    """A function key is named, as all keys that are no character."""
    return key.lower() if len(key) == 1 else f"<{key.lower()}>"

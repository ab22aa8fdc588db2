"""Listen for the stop key on Windows and macOS, through pynput; show no border."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from bridge.computer.indicator import STOP_KEY_PRESSED, StopCallback
from bridge.computer.keys import parse_chord
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
    """An indicator without a border; called from one thread at a time."""

    def __init__(self, hotkey: str, listeners: Any = None) -> None:
        """`listeners`: pynput's `keyboard.GlobalHotKeys`, which is imported if not given."""
        self._hotkey = hotkey
        self._listeners = listeners
        self._listener: Any = None

    def show(self, stop: StopCallback) -> None:
        """Start listening. Raises DesktopUnavailable if the system does not allow it."""
        if self._hotkey == "none":
            return
        keys = to_pynput(self._hotkey)
        try:
            self._listener = self._load_listener_class()({keys: lambda: stop(STOP_KEY_PRESSED)})
            self._listener.start()
        except (ImportError, OSError, ValueError) as error:
            self._listener = None
            raise DesktopUnavailable(
                f"Cannot listen for the stop key `{self._hotkey}`: {error}. On macOS, allow it in "
                "System Settings > Privacy & Security > Input Monitoring."
            ) from error

    def hide(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop()

    def _load_listener_class(self) -> Any:
        if self._listeners is not None:
            return self._listeners
        # It is installed on these platforms only, and has no types.
        return import_module("pynput.keyboard").GlobalHotKeys


def to_pynput(hotkey: str) -> str:
    """Convert to pynput's spelling: `ctrl+alt+Escape` to `<ctrl>+<alt>+<esc>`."""
    return "+".join(_NAMES.get(key) or _format_key(key) for key in parse_chord(hotkey))


def _format_key(key: str) -> str:
    # pynput writes every key that is not a character in angle brackets.
    return key.lower() if len(key) == 1 else f"<{key.lower()}>"

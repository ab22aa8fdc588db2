"""The stop key on Sway: the only compositor of these that lets programs have one."""

# Sway runs a command for a key. `nop` does nothing, and has a comment by which its event is known.

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bridge.computer.keys import parse_chord
from bridge.computer.native.wayland.sway import CONFIG, MODES, SUBSCRIBE, SwaySocket
from bridge.errors import DesktopUnavailable, InvalidRequest

_COMMAND = "nop claude-bridge-stop"
_DEFAULT_MODE = "default"
_MODE = re.compile(r"[^\"\\\n;]{1,100}")
_NAMES: Mapping[str, str] = {
    "Control_L": "Ctrl",
    "Alt_L": "Mod1",
    "Shift_L": "Shift",
    "Super_L": "Mod4",
}
_SAME = {"mod1": "alt", "control": "ctrl", "logo": "mod4", "super": "mod4"}
_BINDING = re.compile(r"^\s*bindsym\s+((?:--\S+\s+)*)(\S+)\s", re.MULTILINE)
_VARIABLE = re.compile(r"^\s*set\s+(\$\S+)\s+(\S+)\s*$", re.MULTILINE)


class SwayStopKey:
    """A key that is bound while this is open; used in one thread."""

    def __init__(self, environment: Mapping[str, str], hotkey: str) -> None:
        """Bind the key. Raises OSError without Sway, DesktopUnavailable if the key is taken."""
        self._keys = to_sway(hotkey)
        self._commands = SwaySocket(environment)
        try:
            self._check_free(hotkey)
            self._events = SwaySocket(environment)
        except BaseException:
            self._commands.close()
            raise
        self._events.ask(SUBSCRIBE, '["binding", "workspace", "mode"]')
        if not self._bind():
            self.close()
            raise DesktopUnavailable(f"Sway does not know the stop key `{hotkey}`.")

    def fileno(self) -> int:
        """Return what becomes readable with each event of Sway's that matters here."""
        return self._events.socket.fileno()

    def was_pressed(self) -> bool:
        """Read the next event; return whether it is that of the stop key."""
        event = self._events.read()
        if is_reload(event):
            # Sway reads its configuration anew, and forgets all other keys.
            self._bind()
        return is_stop(event)

    def close(self) -> None:
        try:
            for mode in self._list_modes():
                self._run_in_mode(mode, f"unbindsym --inhibited {self._keys}")
        finally:
            self._commands.close()
            self._events.close()

    def _bind(self) -> bool:
        """Bind the key in each mode of the keyboard, such as `resize`.

        Return whether it worked in the default mode.
        """
        command = f"bindsym --inhibited {self._keys} {_COMMAND}"
        default, *_ = [self._run_in_mode(mode, command) for mode in self._list_modes()]
        return default

    def _run_in_mode(self, mode: str, command: str) -> bool:
        in_mode = command if mode == _DEFAULT_MODE else f'mode "{mode}" {command}'
        return self._commands.run_command(in_mode)

    def _list_modes(self) -> list[str]:
        answer = self._commands.ask(MODES)
        modes = answer if isinstance(answer, list) else []
        # A name is put into a command.
        named = {mode for mode in modes if isinstance(mode, str) and _MODE.fullmatch(mode)}
        return [_DEFAULT_MODE, *sorted(named - {_DEFAULT_MODE})]

    def _check_free(self, hotkey: str) -> None:
        answer = self._commands.ask(CONFIG)
        config = answer.get("config") if isinstance(answer, dict) else None
        if isinstance(config, str) and is_bound(self._keys, config):
            raise DesktopUnavailable(
                f"Your Sway configuration uses the stop key `{hotkey}`; choose another "
                "(computer_stop_key)."
            )


def to_sway(hotkey: str) -> str:
    """Convert to Sway's spelling: `ctrl+alt+Escape` to `Ctrl+Mod1+Escape`."""
    try:
        chord = parse_chord(hotkey)
    except InvalidRequest as error:
        raise DesktopUnavailable(f"The stop key `{hotkey}` is not known.") from error
    return "+".join(_NAMES.get(key, key) for key in chord)


def is_bound(keys: str, config: str) -> bool:
    """Return whether a configuration has a command for a key; included files are not read."""
    variables = dict(_VARIABLE.findall(config))
    bound = (match[1] for match in _BINDING.findall(config))
    return _fold_keys(keys, {}) in {_fold_keys(each, variables) for each in bound}


def is_reload(event: Any) -> bool:
    """Return whether Sway has read its configuration again."""
    return isinstance(event, dict) and event.get("change") == "reload"


def is_stop(event: Any) -> bool:
    """Return whether an event of Sway's is that of the stop key."""
    binding = event.get("binding") if isinstance(event, dict) else None
    return isinstance(binding, dict) and binding.get("command") == _COMMAND


def _fold_keys(keys: str, variables: Mapping[str, str]) -> frozenset[str]:
    parts = [part for key in keys.split("+") for part in variables.get(key, key).split("+")]
    return frozenset(_SAME.get(part.lower(), part.lower()) for part in parts)

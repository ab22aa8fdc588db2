"""Starts the tray with the session: Run key on Windows, LaunchAgent on macOS, XDG elsewhere."""

from __future__ import annotations

import os
import plistlib
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from bridge.errors import SettingsError
from bridge.launching import own_command

NAME = "claude-bridge"
LABEL = "org.claude-openai-bridge.tray"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"


class Autostart(Protocol):
    """One way of one system. `on` and `off` raise SettingsError where they cannot."""

    place: str
    """Where it is written, for a person."""

    def is_on(self) -> bool: ...
    def on(self) -> None: ...
    def off(self) -> None: ...


class Registry(Protocol):
    """The part of `winreg` that is used; values of the current user's Run key."""

    def read(self, name: str) -> str | None: ...
    def write(self, name: str, value: str) -> None: ...
    def remove(self, name: str) -> None: ...


class RunKey:
    """Windows: a value of the Run key starts with the session of this user."""

    place = rf"HKEY_CURRENT_USER\{RUN_KEY}"

    def __init__(self, registry: Registry, command: Sequence[str]) -> None:
        self._registry = registry
        self._command = command

    def is_on(self) -> bool:
        return self._registry.read(NAME) is not None

    def on(self) -> None:
        self._registry.write(NAME, subprocess.list2cmdline(self._command))

    def off(self) -> None:
        self._registry.remove(NAME)


class FileAutostart:
    """A file in a folder that the session reads."""

    def __init__(self, path: Path, content: bytes) -> None:
        self._path = path
        self._content = content
        self.place = str(path)

    def is_on(self) -> bool:
        return self._path.exists() and b"\nHidden=true" not in self._path.read_bytes()

    def on(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(self._content)
        except OSError as error:
            raise SettingsError(f"{self._path} cannot be written: {error.strerror}") from error

    def off(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise SettingsError(f"{self._path} cannot be removed: {error.strerror}") from error


class WindowsRegistry:
    """`winreg` itself. Written from its documentation: not run on Windows here."""

    def __init__(self) -> None:
        import importlib

        self._winreg: Any = importlib.import_module("winreg")

    def read(self, name: str) -> str | None:
        with suppress(FileNotFoundError), self._opened(self._winreg.KEY_READ) as key:
            return str(self._winreg.QueryValueEx(key, name)[0])
        return None

    def write(self, name: str, value: str) -> None:
        with self._opened(self._winreg.KEY_SET_VALUE) as key:
            self._winreg.SetValueEx(key, name, 0, self._winreg.REG_SZ, value)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError), self._opened(self._winreg.KEY_SET_VALUE) as key:
            self._winreg.DeleteValue(key, name)

    def _opened(self, access: int) -> Any:
        return self._winreg.OpenKey(self._winreg.HKEY_CURRENT_USER, RUN_KEY, 0, access)


def find_autostart(
    platform: str = sys.platform,
    environ: Mapping[str, str] = os.environ,
    registry: Registry | None = None,
) -> Autostart:
    """The one of this system."""
    command = own_command("tray")
    if platform == "win32":
        return RunKey(registry or WindowsRegistry(), _without_console(command))
    home = Path(environ.get("HOME") or Path.home())
    if platform == "darwin":
        return FileAutostart(
            home / "Library" / "LaunchAgents" / f"{LABEL}.plist", launch_agent(command)
        )
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return FileAutostart(config / "autostart" / f"{NAME}.desktop", desktop_entry(command))


def launch_agent(command: Sequence[str]) -> bytes:
    """Starts at login, in a graphical session only, and is not started again when it quits."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            "LimitLoadToSessionType": "Aqua",
        }
    )


def desktop_entry(command: Sequence[str]) -> bytes:
    """https://specifications.freedesktop.org/autostart-spec/"""
    lines = (
        "[Desktop Entry]",
        "Type=Application",
        "Name=Claude OpenAI Bridge",
        "Comment=OpenAI's API on this machine, answered by Claude",
        f"Exec={' '.join(_exec_word(word) for word in command)}",
        "Terminal=false",
        "X-GNOME-Autostart-enabled=true",
    )
    return ("\n".join(lines) + "\n").encode()


def systemd_unit(command: Sequence[str]) -> str:
    """A user unit that runs the server alone; it may finish its answers when it is stopped."""
    words = " ".join(shlex.quote(word).replace("%", "%%") for word in command)
    return f"""[Unit]
Description=Claude OpenAI Bridge (server)
After=network-online.target

[Service]
ExecStart={words}
Restart=on-failure
RestartPreventExitStatus=2
TimeoutStopSec=620

[Install]
WantedBy=default.target
"""


def _exec_word(word: str) -> str:
    """As the desktop entry specification quotes."""
    escaped = "".join(f"\\{c}" if c in '"`$\\' else c for c in word).replace("%", "%%")
    plain = escaped == word and word and not set(word) & set(" \t\n'><~|&;*?#()")
    return word if plain else f'"{escaped}"'.replace("\\", "\\\\")


def _without_console(command: list[str]) -> list[str]:
    """python.exe would show a black window for as long as the tray runs."""
    program = Path(command[0])
    windowed = program.with_name("pythonw.exe")
    if program.name.lower() == "python.exe" and windowed.exists():
        return [str(windowed), *command[1:]]
    return command

"""Start the tray at login: Run key on Windows, LaunchAgent on macOS, XDG on Linux."""

from __future__ import annotations

import importlib
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
from bridge.launching import build_own_command

NAME = "claude-bridge"
LABEL = "org.claude-openai-bridge.tray"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"


class Autostart(Protocol):
    """Start at login on one system. `enable` and `disable` raise SettingsError on failure."""

    place: str
    """Where it is stored, to show to the user."""

    def is_on(self) -> bool: ...
    def enable(self) -> None: ...
    def disable(self) -> None: ...


class Registry(Protocol):
    """The values of the current user's Run key."""

    def read(self, name: str) -> str | None: ...
    def write(self, name: str, value: str) -> None: ...
    def remove(self, name: str) -> None: ...


class RunKey:
    """A command in the Run key, which Windows runs when this user logs in."""

    place = rf"HKEY_CURRENT_USER\{RUN_KEY}"

    def __init__(self, registry: Registry, command: Sequence[str]) -> None:
        self._registry = registry
        self._command = command

    def is_on(self) -> bool:
        return self._registry.read(NAME) is not None

    def enable(self) -> None:
        self._registry.write(NAME, subprocess.list2cmdline(self._command))

    def disable(self) -> None:
        self._registry.remove(NAME)


class FileAutostart:
    """A file in a folder that the desktop reads at login."""

    def __init__(self, path: Path, content: bytes) -> None:
        self._path = path
        self._content = content
        self.place = str(path)

    def is_on(self) -> bool:
        # Desktops turn an entry off with this line, instead of removing the file.
        return self._path.exists() and b"\nHidden=true" not in self._path.read_bytes()

    def enable(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(self._content)
        except OSError as error:
            raise SettingsError(f"{self._path} cannot be written: {error.strerror}") from error

    def disable(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise SettingsError(f"{self._path} cannot be removed: {error.strerror}") from error


class WindowsRegistry:
    """`winreg` itself. Written from its documentation; we have not run it on Windows."""

    def __init__(self) -> None:
        # Not an import statement: mypy on Linux does not know the module.
        self._winreg: Any = importlib.import_module("winreg")

    def read(self, name: str) -> str | None:
        with suppress(FileNotFoundError), self._open_key(self._winreg.KEY_READ) as key:
            return str(self._winreg.QueryValueEx(key, name)[0])
        return None

    def write(self, name: str, value: str) -> None:
        with self._open_key(self._winreg.KEY_SET_VALUE) as key:
            self._winreg.SetValueEx(key, name, 0, self._winreg.REG_SZ, value)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError), self._open_key(self._winreg.KEY_SET_VALUE) as key:
            self._winreg.DeleteValue(key, name)

    def _open_key(self, access: int) -> Any:
        return self._winreg.OpenKey(self._winreg.HKEY_CURRENT_USER, RUN_KEY, 0, access)


def find_autostart(
    platform: str = sys.platform,
    environ: Mapping[str, str] = os.environ,
    registry: Registry | None = None,
    flags: Sequence[str] = (),
) -> Autostart:
    """Return start at login for this system; the tray is started with these flags."""
    command = build_own_command("tray", *flags)
    if platform == "win32":
        return RunKey(registry or WindowsRegistry(), _avoid_console(command))
    home = Path(environ.get("HOME") or Path.home())
    if platform == "darwin":
        return FileAutostart(
            home / "Library" / "LaunchAgents" / f"{LABEL}.plist", build_launch_agent(command)
        )
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return FileAutostart(config / "autostart" / f"{NAME}.desktop", build_desktop_entry(command))


def build_launch_agent(command: Sequence[str]) -> bytes:
    """Return a property list for launchd.

    launchd runs the command at login in graphical sessions, and does not restart it when it quits.
    """
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            "LimitLoadToSessionType": "Aqua",
        }
    )


def build_desktop_entry(command: Sequence[str]) -> bytes:
    """Return an autostart entry: https://specifications.freedesktop.org/autostart-spec/"""
    lines = (
        "[Desktop Entry]",
        "Type=Application",
        "Name=Claude OpenAI Bridge",
        "Comment=OpenAI's API on this machine, answered by Claude",
        f"Exec={' '.join(_quote_exec_word(word) for word in command)}",
        "Terminal=false",
        "X-GNOME-Autostart-enabled=true",
    )
    return ("\n".join(lines) + "\n").encode()


def build_systemd_unit(command: Sequence[str]) -> str:
    """Return a user unit that runs the server without a tray."""
    # TimeoutStopSec: longer than the longest `drain_seconds`, so that systemd lets a stopping
    # server finish its active requests.
    words = " ".join(map(_quote_unit_word, command))
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


def _quote_unit_word(word: str) -> str:
    """Quote a word for systemd, which replaces `$NAME`, `%h` and `\\x20` also in quotes.

    https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines
    """
    escaped = word.replace("\\", "\\\\").replace("'", "\\x27").replace("$", "$$")
    return (f"'{escaped}'" if shlex.quote(word) != word else escaped).replace("%", "%%")


def _quote_exec_word(word: str) -> str:
    """Quote a word as the desktop entry specification requires."""
    escaped = "".join(f"\\{c}" if c in '"`$\\' else c for c in word).replace("%", "%%")
    plain = escaped == word and word and not set(word) & set(" \t\n'><~|&;*?#()")
    return word if plain else f'"{escaped}"'.replace("\\", "\\\\")


def _avoid_console(command: list[str]) -> list[str]:
    """Use pythonw.exe, because python.exe would show a console window while the tray runs."""
    program = Path(command[0])
    windowed = program.with_name("pythonw.exe")
    if program.name.lower() == "python.exe" and windowed.exists():
        return [str(windowed), *command[1:]]
    return command

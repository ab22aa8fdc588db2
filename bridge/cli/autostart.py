"""`claude-bridge autostart on|off|status`: the tray, or the server alone, with the session."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bridge.autostart import build_systemd_unit, find_autostart
from bridge.errors import SettingsError
from bridge.launching import build_own_command

UNIT = "claude-bridge.service"
_SECONDS = 30.0


def add_autostart_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The parser of `autostart`."""
    parser = commands.add_parser("autostart", help="start with the session, or not")
    parser.add_argument("doing", choices=("on", "off", "status"))
    parser.add_argument(
        "--server",
        action="store_true",
        help="the server alone, as a systemd user unit: for machines without a desktop",
    )


def autostart_command(arguments: argparse.Namespace, flags: Sequence[str]) -> int:
    """Runs one of them; returns the exit code: for `status` 0 when it is on, 3 when not.

    What starts has the settings that are given here as `flags`.
    """
    if arguments.server:
        return _server(arguments.doing, flags)
    autostart = find_autostart(flags=flags)
    match arguments.doing:
        case "on":
            autostart.enable()
            print(f"The tray starts at login ({autostart.place}).")
        case "off":
            autostart.disable()
            print("The tray does not start at login.")
        case _:
            on = autostart.is_on()
            print(f"The tray starts at login ({autostart.place})." if on else "It is off.")
            return 0 if on else 3
    return 0


def _server(doing: str, flags: Sequence[str]) -> int:
    if sys.platform != "linux":
        raise SettingsError("--server writes a systemd unit, which only Linux has")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    unit = config / "systemd" / "user" / UNIT
    match doing:
        case "on":
            unit.parent.mkdir(parents=True, exist_ok=True)
            unit.write_text(build_systemd_unit(build_own_command("serve", *flags)), "utf-8")
            print(f"Wrote {unit}")
            _systemctl("daemon-reload")
            _systemctl("enable", "--now", UNIT)
            print("The server runs, and starts with your first login; to have it start with the")
            print(f"machine: loginctl enable-linger {os.environ.get('USER', '$USER')}")
        case "off":
            if unit.exists():
                _systemctl("disable", "--now", UNIT)
                unit.unlink()
                _systemctl("daemon-reload")
            print("The server does not start by itself.")
        case _:
            print(f"It is on ({unit})." if unit.exists() else "It is off.")
            return 0 if unit.exists() else 3
    return 0


def _systemctl(*words: str) -> None:
    program = shutil.which("systemctl")
    if program is None:
        raise SettingsError("systemctl is not here; start `claude-bridge serve` in another way")
    try:
        result = subprocess.run(  # noqa: S603 - the system's own
            [program, "--user", *words],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SettingsError(f"systemctl --user {words[0]} failed: {error}") from error
    if result.returncode != 0:
        why = result.stderr.strip() or f"code {result.returncode}"
        raise SettingsError(f"systemctl --user {words[0]} failed: {why}")

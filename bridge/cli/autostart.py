"""`claude-bridge autostart on|off|status`: start the tray, or only the server, at login."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bridge.autostart import build_systemd_unit, find_autostart
from bridge.cli.exit_codes import ExitCode
from bridge.cli.flags import add_setting_flags, read_setting_flags, repeat_setting_flags
from bridge.cli.text import print_error
from bridge.errors import SettingsError
from bridge.launching import build_own_command
from bridge.settings import load_settings

UNIT = "claude-bridge.service"
IS_OFF = ExitCode.NOT_RUNNING
"""Exit code of `autostart status` when it is off."""

_TIMEOUT_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `autostart`; the settings are those of the server at login."""
    add_setting_flags(parser)
    parser.usage = "%(prog)s [-h] [--server] {on,off,status} [SETTINGS]"
    parser.add_argument("action", choices=("on", "off", "status"))
    parser.add_argument(
        "--server",
        action="store_true",
        help="only the server, as a systemd user unit, for computers without a desktop",
    )


def run(arguments: argparse.Namespace) -> int:
    """Turn the start at login on or off, or print it; return 0, or 3 if `status` is off.

    Settings that were set by flags become flags of the command that starts at login. Raises
    SettingsError for `on` if they, or the settings file, cannot be used.
    """
    if arguments.action == "on":
        # A server that cannot start is reported now, and not at the next login.
        load_settings(**read_setting_flags(arguments))
    flags = repeat_setting_flags(arguments)
    if arguments.server:
        return _manage_unit(arguments.action, flags)
    autostart = find_autostart(flags=flags)
    match arguments.action:
        case "on":
            autostart.enable()
            print(f"Start at login: on ({autostart.place})")
            _mention_missing_desktop()
        case "off":
            autostart.disable()
            print("Start at login: off")
        case _:
            is_on = autostart.is_on()
            print(f"Start at login: on ({autostart.place})" if is_on else "Start at login: off")
            return 0 if is_on else IS_OFF
    return 0


def suggest_command() -> str:
    """Return the command for the start at login that suits this computer: tray, or server alone."""
    from tray.desktop import explain_missing_desktop

    return "claude-bridge autostart on" + (" --server" if explain_missing_desktop() else "")


def find_unit() -> Path | None:
    """Return the path of the server's systemd unit; None where there is no systemd."""
    if sys.platform != "linux":
        return None
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return config / "systemd" / "user" / UNIT


def remove_unit(unit: Path) -> None:
    """Stop the server that the unit has started, and remove the unit. Raises SettingsError."""
    _run_systemctl("disable", "--now", UNIT)
    unit.unlink()
    _run_systemctl("daemon-reload")


def _mention_missing_desktop() -> None:
    from tray.desktop import explain_missing_desktop

    if (reason := explain_missing_desktop()) is not None:
        print_error(
            f"{reason} This starts the tray app, which needs a desktop. On a computer without one: "
            f"{suggest_command()}"
        )


def _manage_unit(action: str, flags: Sequence[str]) -> int:
    # Without a desktop there is no autostart folder that anything reads.
    unit = find_unit()
    if unit is None:
        raise SettingsError("--server needs systemd, which only Linux has")
    match action:
        case "on":
            _write_unit(unit, build_systemd_unit(build_own_command("serve", *flags)))
            print(f"Wrote {unit}")
            # systemd reads unit files only at login and after `daemon-reload`.
            _run_systemctl("daemon-reload")
            _run_systemctl("enable", "--now", UNIT)
            # A user's units stop at logout and start at login, unless the user lingers.
            print("The server is running, and starts at your first login. To start it at boot:")
            print(f"loginctl enable-linger {os.environ.get('USER', '$USER')}")
        case "off":
            if unit.exists():
                remove_unit(unit)
            print("Start of the server at login: off")
        case _:
            is_on = unit.exists()
            print(f"Start of the server at login: {f'on ({unit})' if is_on else 'off'}")
            return ExitCode.OK if is_on else IS_OFF
    return ExitCode.OK


def _write_unit(unit: Path, text: str) -> None:
    try:
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text(text, "utf-8")
    except OSError as error:
        raise SettingsError(f"{unit} cannot be written: {error.strerror}") from error


def _run_systemctl(*arguments: str) -> None:
    """Run `systemctl --user`. Raises SettingsError if it is missing or fails."""
    program = shutil.which("systemctl")
    if program is None:
        raise SettingsError("systemctl was not found. Start `claude-bridge serve` another way.")
    try:
        result = subprocess.run(  # noqa: S603 - the system's own program
            [program, "--user", *arguments],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SettingsError(f"systemctl --user {arguments[0]} failed: {error}") from error
    if result.returncode != 0:
        reason = result.stderr.strip() or f"exit code {result.returncode}"
        raise SettingsError(f"systemctl --user {arguments[0]} failed: {reason}")

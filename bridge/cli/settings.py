"""`claude-bridge settings`: opens the settings file, with every setting in it, ready to change."""

from __future__ import annotations

import argparse
from pathlib import Path

from bridge.errors import SettingsError
from bridge.opening import open_file
from bridge.settings import Settings, find_paths


def add_settings_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The parser of `settings`."""
    parser = commands.add_parser("settings", help="open the settings file")
    parser.add_argument("--path", action="store_true", help="only say where it is")


def settings_command(arguments: argparse.Namespace) -> int:
    """Runs it; returns the exit code."""
    path = find_paths().config_file
    ensure_settings_file(path)
    if arguments.path or not open_file(path):
        print(path)
    return 0


def ensure_settings_file(path: Path) -> None:
    """Writes the defaults as comments where there is no file yet. Raises SettingsError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("x", encoding="utf-8") as file:
            file.write(settings_template())
    except FileExistsError:
        return
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error


def settings_template() -> str:
    """TOML that changes nothing until a # is taken away."""
    lines = ["# Settings of claude-bridge. Take away a # to change one; then restart the server."]
    for name, field in Settings.model_fields.items():
        value = field.default
        written = str(value).lower() if isinstance(value, bool) else value
        quoted = f'"{written}"' if isinstance(value, str) else str(written)
        lines += ["", f"# {field.description}", f"# {name} = {quoted}"]
    return "\n".join(lines) + "\n"

"""`claude-bridge settings`: open the settings file, which lists every setting as a comment."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from bridge.cli.config.lock import lock_settings
from bridge.errors import SettingsError
from bridge.opening import open_file
from bridge.private_files import is_present
from bridge.private_modes import open_private
from bridge.settings import Settings, find_paths


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `settings`."""
    parser.add_argument("--path", action="store_true", help="print the path of the file instead")


def run(arguments: argparse.Namespace) -> int:
    """Open the file, or print its path; return the exit code. Raises SettingsError."""
    path = find_paths().config_file
    ensure_settings_file(path)
    if arguments.path or not open_file(path):
        print(path)
    return 0


def ensure_settings_file(path: Path) -> None:
    """Write the defaults as comments if there is no file yet. Raises SettingsError."""
    if is_present(path):
        return
    try:
        # With the lock, no other command reads half of it. O_EXCL: never overwrite a file that an
        # editor has just written.
        with (
            lock_settings(path),
            os.fdopen(open_private(path, os.O_WRONLY | os.O_EXCL), "w", encoding="utf-8") as file,
        ):
            file.write(render_settings_file())
    except FileExistsError:
        return
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}") from error


def render_settings_file() -> str:
    """Return TOML in which every setting is commented out."""
    lines = ["# Settings of claude-bridge. Remove a # to change one, then restart the server."]
    for name, field in Settings.model_fields.items():
        # JSON and TOML write strings, numbers, booleans and lists alike.
        lines += ["", f"# {field.description}", f"# {name} = {json.dumps(field.default)}"]
    return "\n".join(lines) + "\n"

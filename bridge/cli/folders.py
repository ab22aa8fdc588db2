"""The size of the bridge's folders, and their removal without files that are not the bridge's."""

from __future__ import annotations

import fnmatch
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from bridge.cli.text import clean_line
from bridge.errors import SettingsError
from bridge.paths import APP_NAME

_OWN_NAMES = (
    *("config.toml*", "computer.toml*", "bridge.log*", "Logs"),
    *("control-token", "portal-token", "running*.json", "pages", "claude-code", "embedding-models"),
    *("key-required", "keys-kept", "keys.json", "keys.lock"),
    *("*.sqlite3*", "computer-log.jsonl*", "computer-apps.json*"),
    *("model-aliases.json*", "routing-rules.json*", "proofs.json*"),
    *("tray.json", "tray.lock", "tray.port"),
    # Files that were being written when the program was killed, and those of file managers.
    *(
        ".*.json.*",
        ".control-token.*",
        ".portal-token.*",
        ".key*",
        ".config.toml.*",
        ".tray.port.*",
    ),
    *(".DS_Store", "desktop.ini"),
)
"""Patterns of all names that the bridge uses in its folders."""
_MOST_NAMES = 5


def measure_folder(folder: Path) -> int:
    """Return the size of all files in a folder, in bytes; links count as themselves."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:
                # It was removed in the meantime.
                continue
    return total


def remove_folder(folder: Path) -> None:
    """Remove a folder of the bridge with its files; nothing outside of it, and no other files.

    The user may have put other files there, or `CLAUDE_BRIDGE_HOME` names a folder that has some.
    Raises SettingsError if something of that kind stays, and OSError.
    """
    if folder.is_symlink():
        raise SettingsError(f"it is a link to {os.path.realpath(folder)}; remove that by hand")
    for path in _list_own(folder):
        # Of a link, only the link.
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    others = sorted(path.name for path in folder.iterdir())
    if others:
        more = f" and {len(others) - _MOST_NAMES} more" if len(others) > _MOST_NAMES else ""
        names = clean_line(", ".join(others[:_MOST_NAMES]))
        raise SettingsError(f"it has files that are not the bridge's: {names}{more}")
    folder.rmdir()
    # The logs' folder is alone in one that platformdirs names after the bridge.
    if folder.parent.name == APP_NAME and not any(folder.parent.iterdir()):
        folder.parent.rmdir()


def _list_own(folder: Path) -> Iterator[Path]:
    for path in list(folder.iterdir()):
        if any(fnmatch.fnmatch(path.name, pattern) for pattern in _OWN_NAMES):
            yield path

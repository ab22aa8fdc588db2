"""Create files and folders that only the user can open, whatever the umask is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_OTHERS = 0o077
NO_WAIT: int = getattr(os, "O_NONBLOCK", 0)
"""Flag for `os.open`; Windows has no named pipes among its files."""


def create_folder(path: Path) -> None:
    """Create a folder and its missing parents, all for the user alone. Raises OSError."""
    # `mkdir(parents=True)` would give the parents the mode that the umask leaves.
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    # Raises FileExistsError if it is a file.
    path.mkdir(mode=_FOLDER_MODE, exist_ok=True)


def open_private(path: str | Path, flags: int) -> int:
    """Open a file for writing, as `os.open`; one that others could read becomes private."""
    # Created with its final mode, so that no other user can open it in between. A named pipe fails
    # instead of waiting for a reader; O_NONBLOCK changes nothing for a file.
    handle = os.open(path, flags | os.O_CREAT | NO_WAIT, _FILE_MODE)
    try:
        _restrict(handle, os.fstat(handle), _FILE_MODE)
    except OSError:
        os.close(handle)
        raise
    return handle


def restrict_folders(folders: Iterable[Path]) -> None:
    """Make these folders and the files in them private, as far as they are the user's.

    For files that an earlier version wrote, or a backup restored. Missing folders are ignored.
    """
    for folder in folders:
        with suppress(OSError):
            _restrict(folder, folder.stat(), _FOLDER_MODE)
            for file in folder.iterdir():
                # Not through links: they may lead to files that are not the bridge's.
                if stat.S_ISREG(file.lstat().st_mode):
                    _restrict(file, file.lstat(), _FILE_MODE)


def _restrict(target: int | Path, found: os.stat_result, mode: int) -> None:
    # Windows has no such modes; there, the folders of a profile are private. A device such as
    # /dev/null must stay as it is, and so must what belongs to another user.
    if os.name != "posix" or found.st_uid != os.geteuid():
        return
    is_own_kind = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    if is_own_kind and found.st_mode & _OTHERS:
        os.chmod(target, mode)

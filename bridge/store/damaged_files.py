"""Rename a file that cannot be used, with a date, so that nothing is lost."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime
from pathlib import Path

_log = logging.getLogger(__name__)

SIDE_FILES = ("-wal", "-shm")
"""Suffixes of SQLite's files beside a database; they belong to it and to no other."""
MAX_DAMAGED = 3
"""Files of one store; older ones are deleted, as they contain what the store is to forget."""
_MARK = ".damaged-"


def rename_damaged(path: Path, reason: str) -> str:
    """Rename a file and those beside it; return the message for the user. Raises OSError."""
    name = _find_free_name(path)
    for suffix in ("", *SIDE_FILES):
        # SQLite must not apply the old write-ahead log to the new file.
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(path.with_name(name + suffix))
    message = f"{path.name} cannot be used ({reason}); it was renamed to {name}."
    _log.warning("%s", message)
    delete_damaged(path, keep=MAX_DAMAGED)
    return message


def list_damaged(path: Path) -> list[Path]:
    """Return the databases that were renamed from this path, oldest first."""
    found = path.parent.glob(f"{path.name}{_MARK}*") if path.parent.is_dir() else ()
    return sorted(file for file in found if not file.name.endswith(SIDE_FILES))


def delete_damaged(path: Path, *, keep: int = 0, older_than: float = 0.0) -> int:
    """Delete renamed files, except the latest `keep`; return how many databases these were.

    With `older_than`, only those that were last changed before this Unix time.
    """
    files = list_damaged(path)
    old = files[: max(0, len(files) - keep)]
    count = 0
    for file in old:
        if older_than and file.lstat().st_mtime >= older_than:
            continue
        delete_files(file)
        count += 1
    return count


def delete_files(path: Path) -> None:
    """Delete a closed database and the files beside it. Raises OSError."""
    for suffix in ("", *SIDE_FILES):
        _delete(path.with_name(path.name + suffix))


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        # Not the store's own: a folder of the user's is never deleted with its content.
        with suppress(OSError):
            path.rmdir()
        return
    path.unlink(missing_ok=True)


def _find_free_name(path: Path) -> str:
    while True:
        # Names are ordered by time, and two of the same second differ.
        name = f"{path.name}{_MARK}{datetime.now():%Y%m%d-%H%M%S-%f}"
        if not path.with_name(name).exists():
            return name


def delete_database(path: Path) -> int:
    """Delete a closed database and all that was renamed; return how many there were.

    Raises OSError.
    """
    count = delete_damaged(path)
    count += path.exists()
    delete_files(path)
    if count:
        _log.info("%s was deleted, as its setting says to store nothing.", path.name)
    return count

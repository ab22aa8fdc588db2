"""The lock of `config.toml`: one command at a time changes the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.errors import SettingsError
from bridge.private_modes import create_folder

_SECONDS = 20.0


@contextmanager
def lock_settings(path: Path) -> Iterator[None]:
    """Hold the lock, so that no command undoes what another has just saved. Raises SettingsError.

    Not while an editor is open: that may take hours.
    """
    # Imported on use: most commands only read.
    from filelock import FileLock, Timeout

    lock = FileLock(path.parent / f".{path.name}.lock", timeout=_SECONDS, mode=0o600)
    try:
        create_folder(path.parent)
        lock.acquire()
    except Timeout as error:
        raise SettingsError("another command is saving settings; try again") from error
    except OSError as error:
        raise SettingsError(f"cannot write {path.parent}: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()

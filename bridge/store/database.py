"""Open a SQLite file that only this user can read, and replace a damaged one."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from pathlib import Path

from bridge.private_modes import create_folder, open_private

_log = logging.getLogger(__name__)

_TRIES, _PAUSE = 20, 0.05
"""Attempts to open a locked file, and seconds between them."""


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open a file and apply `schema`, which is idempotent SQL.

    A damaged file is renamed, so that its loss does not stop the bridge. Any single thread may use
    the connection. Raises sqlite3.OperationalError or OSError if the file cannot be opened.
    """
    try:
        return _retry_while_locked(path, schema)
    except sqlite3.OperationalError:
        # A locked file or a full disk: a subclass of DatabaseError, but the file is not damaged.
        raise
    except sqlite3.DatabaseError as error:
        damaged = path.with_name(f"{path.name}.damaged-{int(time.time())}")
        _log.warning("%s cannot be read (%s); it was renamed to %s.", path, error, damaged.name)
        path.rename(damaged)
        # These belong to the damaged file, and SQLite must not apply them to the new one.
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _connect(path, schema)


def _retry_while_locked(path: Path, schema: str) -> sqlite3.Connection:
    # Two programs that create a file at the same time can lock each other out while they switch
    # it to WAL: SQLite's own timeout does not apply to that.
    for _ in range(_TRIES):
        with contextlib.suppress(sqlite3.OperationalError):
            return _connect(path, schema)
        time.sleep(_PAUSE)
    return _connect(path, schema)


def _connect(path: Path, schema: str) -> sqlite3.Connection:
    create_folder(path.parent)
    # Created before SQLite does it, so that other users can never read the file.
    os.close(open_private(path, os.O_RDWR))
    connection = sqlite3.connect(path, timeout=5, check_same_thread=False, isolation_level=None)
    try:
        # Other processes can read while this one writes, and a commit does not wait for the disk.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(schema)
    except BaseException:  # re-raised: only so that the connection is never left open
        connection.close()
        raise
    return connection

"""Opens a SQLite file that only this person can read; a damaged one is set aside, not fatal."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from pathlib import Path

_log = logging.getLogger(__name__)

_TRIES, _PAUSE = 20, 0.05


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """A connection with `schema` (idempotent SQL) in place; it may be used from any one thread."""
    try:
        return _when_free(path, schema)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        aside = path.with_name(f"{path.name}.damaged-{int(time.time())}")
        _log.warning("%s cannot be read (%s); it is kept as %s.", path, error, aside.name)
        path.rename(aside)
        for name in ("-wal", "-shm"):
            path.with_name(path.name + name).unlink(missing_ok=True)
        return _opened(path, schema)


def _when_free(path: Path, schema: str) -> sqlite3.Connection:
    """Two programs that open a new file at once get in each other's way, whatever the time-out."""
    for _ in range(_TRIES):
        with contextlib.suppress(sqlite3.OperationalError):
            return _opened(path, schema)
        time.sleep(_PAUSE)
    return _opened(path, schema)


def _opened(path: Path, schema: str) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Made before SQLite does, so that it is never readable by others.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=5, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(schema)
    except BaseException:  # whatever it was, it is raised on: a connection is not left open
        connection.close()
        raise
    return connection

"""Open a SQLite file that only this user can read, and replace a file that cannot be used.

Every store of the bridge opens its file here. The steps of an opening, each of which may find that
the file is to be renamed: it is a regular file that this user may read and write; SQLite can read
it; `quick_check` finds no damage; it is not of a later version; its tables are the store's own.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bridge.private_modes import create_folder, open_private
from bridge.store.damaged_files import SIDE_FILES, rename_damaged

_log = logging.getLogger(__name__)

_OPEN_SECONDS = 5.0
"""How long a locked file is tried; also SQLite's own wait for a lock."""
_PAUSE = 0.05
CHECK_SECONDS = 2.0
"""Limit of `quick_check`, which needs 0.5 seconds for 1 GB: a larger file is checked in part."""
_CHECK_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of a store, as idempotent SQL."""

    sql: str
    version: int = 1
    """To be raised when an older bridge could not use the file any more."""
    durable: bool = False
    """Wait for the disk at each commit, so that not even a power failure loses it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file."""

    connection: sqlite3.Connection
    identity: tuple[int, int]
    """Device and inode: another file may be put in its place."""
    problem: str | None = None
    """What was wrong with the file that was there before, and where it is now."""


class UnusableFile(sqlite3.DatabaseError):
    """SQLite can read the file, but it is not a file of this store."""


def is_damage(error: Exception) -> bool:
    """Return whether an error shows that the file is damaged or not of this store.

    A locked file, a full disk or a file that cannot be written are no damage.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(error, UnusableFile) or code is None:
        return isinstance(error, UnusableFile)
    primary = code & 0xFF
    # A table or column that was there when the file was opened: something replaced the content.
    missing = primary == sqlite3.SQLITE_ERROR and "no such" in str(error)
    return missing or primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def open_database(path: Path, schema: Schema) -> Opened:
    """Open a file and apply the schema; rename a file that cannot be used.

    Any single thread may use the connection. Raises sqlite3.Error or OSError if the file cannot be
    opened, and neither can another one in its place.
    """
    create_folder(path.parent)
    problem = _rename_inaccessible(path)
    before = _identify(path)
    try:
        return _open_unlocked(path, schema, problem)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        # Another process may have replaced the file since: that one is not known to be damaged.
        if before is None or _identify(path) == before:
            problem = rename_damaged(path, str(error))
        return _open_unlocked(path, schema, problem)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block writes, or nothing of it."""
    # IMMEDIATE waits for other writers here; a plain BEGIN could fail at the first write instead.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        # A full disk may have ended the transaction already.
        if connection.in_transaction:
            connection.execute("COMMIT")
    except BaseException:  # re-raised: an open transaction would make every later one fail
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def erase_free_space(connection: sqlite3.Connection) -> None:
    """Remove what was deleted from the write-ahead log; the pages are overwritten already."""
    with closing(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")) as rows:
        rows.fetchall()


def compact_file(connection: sqlite3.Connection) -> None:
    """Rewrite the file without free pages; earlier versions did not overwrite deleted content."""
    connection.execute("VACUUM")
    erase_free_space(connection)


def has_changed(path: Path, identity: tuple[int, int]) -> bool:
    """Return whether another file, or none, is at the path of an open one."""
    return _identify(path) != identity


def open_in_memory(schema: Schema) -> sqlite3.Connection:
    """Open a database that is never written to a disk."""
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.executescript(schema.sql)
    return connection


def _rename_inaccessible(path: Path) -> str | None:
    """Rename a folder, pipe or file without permission that is in the way; say what it was."""
    for file in (path, *(path.with_name(path.name + suffix) for suffix in SIDE_FILES)):
        try:
            mode = file.stat().st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            return rename_damaged(path, f"{file.name}: {error.strerror}")
        if not stat.S_ISREG(mode):
            return rename_damaged(path, f"{file.name} is not a file")
        if not os.access(file, os.R_OK | os.W_OK):
            # A backup or another tool may have restored the file with other permissions.
            with suppress(OSError):
                file.chmod(0o600)
            if not os.access(file, os.R_OK | os.W_OK):
                return rename_damaged(path, f"{file.name} cannot be read and written")
    return _rename_emptied(path)


def _rename_emptied(path: Path) -> str | None:
    """Rename a write-ahead log whose file was emptied: SQLite would delete it."""
    log = path.with_name(path.name + "-wal")
    # Both are empty for an instant while another process creates the file.
    if path.exists() and path.stat().st_size == 0 and log.exists() and log.stat().st_size > 0:
        return rename_damaged(path, "it is empty")
    return None


def _identify(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _open_unlocked(path: Path, schema: Schema, problem: str | None) -> Opened:
    # Two programs that create a file at the same time can lock each other out while they switch
    # it to WAL: SQLite's own timeout does not apply to that.
    deadline = time.monotonic() + _OPEN_SECONDS
    while True:
        try:
            return _connect(path, schema, problem)
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE)


def _connect(path: Path, schema: Schema, problem: str | None) -> Opened:
    # Created before SQLite does it, so that other users can never read the file.
    os.close(open_private(path, os.O_RDWR))
    identity = _identify(path) or (0, 0)
    connection = sqlite3.connect(
        path, timeout=_OPEN_SECONDS, check_same_thread=False, isolation_level=None
    )
    try:
        # A damaged text must not raise: what it belongs to is dealt with by who reads it.
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        _configure(connection, schema)
        _check_content(connection, schema)
        _apply_schema(connection, schema)
    except BaseException:  # re-raised: only so that the connection is never left open
        connection.close()
        raise
    return Opened(connection, identity, problem)


def _configure(connection: sqlite3.Connection, schema: Schema) -> None:
    # Other processes can read while this one writes, and a commit does not wait for the disk
    # unless it has to be durable. What is deleted is overwritten. Nothing of it goes into a
    # temporary file, which other programs might read.
    for pragma in (
        "journal_mode = WAL",
        f"synchronous = {'FULL' if schema.durable else 'NORMAL'}",
        f"fullfsync = {int(schema.durable)}",
        "secure_delete = ON",
        "temp_store = MEMORY",
    ):
        with closing(connection.execute(f"PRAGMA {pragma}")) as rows:
            rows.fetchall()


def _check_content(connection: sqlite3.Connection, schema: Schema) -> None:
    """Raise sqlite3.DatabaseError for a file that is damaged or of another program or version."""
    _check_pages(connection)
    version = _read_pragma(connection, "user_version")
    if version > schema.version:
        raise UnusableFile(f"it was written by a later version ({version}) of the bridge")
    present = _list_columns(connection)
    expected = _list_expected(schema)
    wrong = [name for name in expected if present.get(name, expected[name]) != expected[name]]
    if wrong or (present and not present.keys() & expected.keys()):
        raise UnusableFile(f"its tables are not the bridge's ({', '.join(wrong or present)})"[:200])


def _check_pages(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + CHECK_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _CHECK_STEPS)
    try:
        with closing(connection.execute("PRAGMA quick_check(1)")) as rows:
            found = [str(text) for (text,) in rows]
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
            raise
        # A file of this size: damage in the rest of it is found when a query meets it.
        return
    finally:
        connection.set_progress_handler(None, 0)
    if found != ["ok"]:
        raise UnusableFile(f"it is damaged: {' '.join(found)[:200]}")


def _apply_schema(connection: sqlite3.Connection, schema: Schema) -> None:
    try:
        connection.executescript(schema.sql)
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_ERROR:
            raise UnusableFile(f"its tables are not the bridge's ({error})") from error
        raise
    # Not written without need: a full disk must not keep a file from being read.
    if _read_pragma(connection, "user_version") == schema.version:
        return
    # Earlier versions left what they deleted in free pages.
    if _read_pragma(connection, "freelist_count"):
        compact_file(connection)
    connection.execute(f"PRAGMA user_version = {schema.version}")


def _read_pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _list_expected(schema: Schema) -> dict[str, list[tuple[str, str]]]:
    with closing(open_in_memory(schema)) as empty:
        return _list_columns(empty)


def _list_columns(connection: sqlite3.Connection) -> dict[str, list[tuple[str, str]]]:
    """Return the names and types of the columns of each table or view."""
    sql = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE ?"
    with closing(connection.execute(sql, ("sqlite_%",))) as rows:
        names = [name for (name,) in rows]
    columns = "SELECT name, type FROM pragma_table_info(?)"
    return {name: connection.execute(columns, (name,)).fetchall() for name in names}

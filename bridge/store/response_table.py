"""The table of responses and their items, in one SQLite database: a file, or memory."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bridge.store.age import CLOCK_SCHEMA, AgeClock
from bridge.store.background_jobs import JOB_SCHEMA
from bridge.store.database import Schema, compact_file, erase_free_space, transaction
from bridge.store.worker import Worker

_PRUNE_EVERY = 100
_T = TypeVar("_T")
_log = logging.getLogger(__name__)

_TABLES = (
    "PRAGMA foreign_keys = ON;"
    + CLOCK_SCHEMA
    + JOB_SCHEMA
    + """
CREATE TABLE IF NOT EXISTS response (
    id TEXT PRIMARY KEY,
    previous TEXT,
    at REAL NOT NULL,
    body TEXT NOT NULL,
    input TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS response_at ON response (at);
CREATE TABLE IF NOT EXISTS item (
    id TEXT PRIMARY KEY,
    response TEXT NOT NULL REFERENCES response (id) ON DELETE CASCADE,
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS item_response ON item (response);
"""
)
# Durable: a client that was told `store: true` may rely on it.
_SCHEMA = Schema(_TABLES, durable=True)
_DELETE_EXPIRED = (
    "DELETE FROM response WHERE id IN (SELECT id FROM response WHERE at < ? "
    "ORDER BY at LIMIT (SELECT (COUNT(*) + 1) / 2 FROM response))"
)
_DELETE_OLDEST = "DELETE FROM response WHERE id = (SELECT id FROM response ORDER BY at LIMIT 1)"

_COUNT = (
    "SELECT COUNT(*) FROM (SELECT id FROM response WHERE id = ?1 OR at <= ?2 "
    "UNION SELECT id FROM background_job WHERE id = ?1 OR at <= ?2)"
)
_DELETE = (
    "DELETE FROM response WHERE id = ?1 OR at <= ?2",
    "DELETE FROM background_job WHERE id = ?1 OR at <= ?2",
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A response, the input items of its request, and the id of the response before it."""

    body: Json
    input: tuple[Json, ...]
    previous: str | None

    @property
    def items(self) -> tuple[Json, ...]:
        """The input and output items of this turn, in order."""
        return (*self.input, *self.body["output"])


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how many responses are kept."""

    seconds: float
    count: int
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Consecutive responses, newest first, and the id of the one before them."""

    turns: list[tuple[Json, ...]]
    previous: str | None
    on_disk: bool
    """Whether all of them were written to disk."""


class ResponseTable:
    """All responses of one database, deleted by age, number and size."""

    def __init__(
        self,
        path: Path | None,
        limits: Limits,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        name, loss = "response-store", "A response could not be stored"
        self._worker = Worker(name, path, _SCHEMA, loss=loss, on_open=self._prepare_table)
        self._limits = limits
        self._clock = AgeClock(now, monotonic)
        self._puts = 0

    @property
    def problems(self) -> list[str]:
        """What happened to the file since the start, for the user."""
        return self._worker.problems

    async def run(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run a job in the database's thread. Raises sqlite3.Error or OSError."""
        return await self._worker.run(job)

    async def put(self, stored: StoredResponse) -> None:
        """Store a response, in place of one with its id. Raises sqlite3.Error or OSError."""
        await self._worker.run(lambda database: self._write_response(database, stored))

    def put_soon(self, stored: StoredResponse) -> None:
        """Store a response in the background; later calls of the other methods find it."""
        self._worker.put(lambda database: self._write_response(database, stored))

    async def get(self, id: str) -> StoredResponse | None:
        """Return the response with this id, if it is stored."""
        return await self._worker.run(lambda database: _read_response(database, id))

    async def load_turns(self, id: str, most: int) -> Turns:
        """Return a response and those before it, as far as they are here and at most `most`."""

        def select(database: sqlite3.Connection) -> Turns:
            turns: list[tuple[Json, ...]] = []
            next_id: str | None = id
            on_disk = True
            while next_id is not None and len(turns) < most:
                stored = _read_response(database, next_id)
                if stored is None:
                    break
                turns.append(stored.items)
                next_id, on_disk = stored.previous, on_disk and stored.body.get("store") is True
            return Turns(turns, next_id, on_disk)

        return await self._worker.run(select)

    async def load_items(self, ids: Sequence[str]) -> dict[str, Json]:
        """Return the stored output items with these ids, by id."""

        def select(database: sqlite3.Connection) -> dict[str, Json]:
            items: dict[str, Json] = {}
            for id in filter(_is_text, ids):
                with closing(database.execute("SELECT body FROM item WHERE id = ?", (id,))) as rows:
                    for (body,) in rows:
                        item = _parse_json(body, dict)
                        if item is not None:
                            items[id] = item
            return items

        return await self._worker.run(select)

    async def delete(self, *, id: str | None = None, older_than: float | None = None) -> int:
        """Delete one response, those older than some seconds, or all; return how many.

        Nothing of them is left in the file, not even in its free pages.
        """

        def delete_rows(database: sqlite3.Connection) -> int:
            latest = float("inf") if older_than is None else self._clock.read() - older_than
            which = (None, latest) if id is None else (id, float("-inf"))
            count: int = database.execute(_COUNT, which).fetchone()[0]
            for sql in _DELETE:
                database.execute(sql, which)
            erase_free_space(database)
            if id is None:
                compact_file(database)
            return count

        if id is not None or older_than is not None:
            return await self._worker.run_if_stored(delete_rows, 0)
        return await self._worker.run_emptying(delete_rows, await self.count())

    async def count(self) -> int:
        """Return how many responses are stored. Raises sqlite3.Error or OSError."""

        def select(database: sqlite3.Connection) -> int:
            count: int = database.execute("SELECT COUNT(*) FROM response").fetchone()[0]
            return count

        return await self._worker.run_if_stored(select, 0)

    async def expire(self) -> None:
        """Delete what is too old; called at the start and every hour."""
        await self._worker.run(self._expire)

    def read_clock(self) -> float:
        """Return the time for a new row; only in the database's thread."""
        return self._clock.read()

    async def close(self) -> None:
        """Write everything and close the file."""
        await self._worker.close()

    def _prepare_table(self, database: sqlite3.Connection) -> None:
        with closing(database.execute("SELECT MAX(at) FROM response")) as rows:
            newest = rows.fetchone()[0]
        self._clock.start(database, newest)
        self._expire(database)

    def _write_response(self, database: sqlite3.Connection, stored: StoredResponse) -> None:
        id, output = stored.body["id"], stored.body["output"]
        body, input = json.dumps(stored.body), json.dumps(stored.input)
        with transaction(database):  # the response and its items are stored together
            row = (id, stored.previous, self._clock.read(), body, input)
            database.execute("INSERT OR REPLACE INTO response VALUES (?, ?, ?, ?, ?)", row)
            rows = [(item["id"], id, json.dumps(item)) for item in output]
            database.executemany("INSERT OR REPLACE INTO item VALUES (?, ?, ?)", rows)
        self._puts += 1
        if self._puts % _PRUNE_EVERY == 0:
            self._limit_number(database)
        self._limit_size(database)

    def _expire(self, database: sqlite3.Connection) -> None:
        self._clock.save(database)
        oldest = self._clock.read() - self._limits.seconds
        deleted = database.execute(_DELETE_EXPIRED, (oldest,)).rowcount
        database.execute("DELETE FROM background_job WHERE at < ?", (oldest,))
        if deleted:
            _log.info("%d stored responses were deleted because of their age.", deleted)
        self._limit_number(database)
        erase_free_space(database)

    def _limit_number(self, database: sqlite3.Connection) -> None:
        database.execute(
            "DELETE FROM response WHERE id IN "
            "(SELECT id FROM response ORDER BY at DESC, rowid DESC LIMIT -1 OFFSET ?)",
            (self._limits.count,),
        )

    def _limit_size(self, database: sqlite3.Connection) -> None:
        while _measure_size(database) > self._limits.size:
            if database.execute(_DELETE_OLDEST).rowcount < 1:
                return


def _measure_size(database: sqlite3.Connection) -> int:
    """Return the bytes in use, without free pages."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    used: int = (pages - free) * size
    return used


def _read_response(database: sqlite3.Connection, id: str) -> StoredResponse | None:
    if not _is_text(id):
        return None
    sql = "SELECT body, input, previous FROM response WHERE id = ?"
    with closing(database.execute(sql, (id,))) as rows:
        for body_text, input_text, previous in rows:
            body, input = _parse_json(body_text, dict), _parse_json(input_text, list)
            if body is None or input is None or not isinstance(body.get("output"), list):
                _log.warning("The stored response %s is damaged.", ascii(id[:100]))
                return None
            return StoredResponse(body, tuple(input), previous)
    return None


def _is_text(id: str) -> bool:
    """Return whether SQLite can take an id of a client's: half of a surrogate pair is no text."""
    return not any("\ud800" <= char <= "\udfff" for char in id)


def _parse_json(text: object, kind: type[_T]) -> _T | None:
    """Parse a stored text; None for damage that SQLite cannot see, such as a changed letter."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, kind) else None

"""Responses that clients may come back to: what was asked, what was answered, item by item."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.store.worker import Worker

MOST_RESPONSES = 5_000
LONGEST_CHAIN = 1_000
_PRUNE_EVERY = 100
_DAY = 86_400

_SCHEMA = """
PRAGMA foreign_keys = ON;
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

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """One response: its object, the items that were sent with its request, and the one before."""

    body: Json
    input: tuple[Json, ...]
    previous: str | None

    @property
    def items(self) -> tuple[Json, ...]:
        """All of this turn, in order."""
        return (*self.input, *self.body["output"])


class ResponseStore:
    """One per process; bounded by age and by number. Without `path` nothing is on disk."""

    def __init__(
        self,
        path: Path | None,
        days: float,
        *,
        most: int = MOST_RESPONSES,
        now: Callable[[], float] = time.time,
    ) -> None:
        lost = "A response could not be kept in responses"
        self._worker = Worker("responses", path if days > 0 else None, _SCHEMA, lost=lost)
        self._seconds = days * _DAY if days > 0 else float("inf")
        self._most = most
        self._now = now
        self._puts = 0

    def put(self, stored: StoredResponse) -> None:
        """Returns at once; whoever asks later finds it."""
        self._worker.put(lambda database: self._write(database, stored))

    async def get(self, id: str) -> StoredResponse | None:
        """The response of that id, if it is still there."""
        return await self._worker.ask(lambda database: _read(database, id))

    async def delete(self, id: str) -> bool:
        """Whether it was there."""

        def job(database: sqlite3.Connection) -> bool:
            return database.execute("DELETE FROM response WHERE id = ?", (id,)).rowcount > 0

        return await self._worker.ask(job)

    async def chain(self, id: str) -> tuple[Json, ...] | None:
        """The items of that response and all before it, oldest first; None if one is missing."""
        return await self._worker.ask(lambda database: _chain(database, id))

    async def items(self, ids: Sequence[str]) -> dict[str, Json]:
        """The items of output among those of these ids."""

        def job(database: sqlite3.Connection) -> dict[str, Json]:
            found: dict[str, Json] = {}
            for id in ids:
                with closing(database.execute("SELECT body FROM item WHERE id = ?", (id,))) as rows:
                    for (body,) in rows:
                        found[id] = json.loads(body)
            return found

        return await self._worker.ask(job)

    async def close(self) -> None:
        """Ends when all is written."""
        await self._worker.close()

    def _write(self, database: sqlite3.Connection, stored: StoredResponse) -> None:
        id, output = stored.body["id"], stored.body["output"]
        body, given = json.dumps(stored.body), json.dumps(stored.input)
        with database:  # all of it or nothing
            database.execute("BEGIN")
            row = (id, stored.previous, self._now(), body, given)
            database.execute("INSERT INTO response VALUES (?, ?, ?, ?, ?)", row)
            rows = [(item["id"], id, json.dumps(item)) for item in output]
            database.executemany("INSERT INTO item VALUES (?, ?, ?)", rows)
        self._puts += 1
        if self._puts % _PRUNE_EVERY == 1:
            self._prune(database)

    def _prune(self, database: sqlite3.Connection) -> None:
        oldest = self._now() - self._seconds
        database.execute("DELETE FROM response WHERE at < ?", (oldest,))
        database.execute(
            "DELETE FROM response WHERE id IN "
            "(SELECT id FROM response ORDER BY at DESC LIMIT -1 OFFSET ?)",
            (self._most,),
        )


def _read(database: sqlite3.Connection, id: str) -> StoredResponse | None:
    sql = "SELECT body, input, previous FROM response WHERE id = ?"
    with closing(database.execute(sql, (id,))) as rows:
        for body, given, previous in rows:
            return StoredResponse(json.loads(body), tuple(json.loads(given)), previous)
    return None


def _chain(database: sqlite3.Connection, id: str) -> tuple[Json, ...] | None:
    turns: list[tuple[Json, ...]] = []
    wanted: str | None = id
    while wanted is not None and len(turns) < LONGEST_CHAIN:
        stored = _read(database, wanted)
        if stored is None:
            return None
        turns.append(stored.items)
        wanted = stored.previous
    return tuple(item for turn in reversed(turns) for item in turn)

"""Store responses that clients may continue or retrieve later, item by item."""

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

MAX_RESPONSES = 5_000
MAX_CHAIN = 1_000
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
    """A response, the input items of its request, and the id of the response before it."""

    body: Json
    input: tuple[Json, ...]
    previous: str | None

    @property
    def items(self) -> tuple[Json, ...]:
        """The input and output items of this turn, in order."""
        return (*self.input, *self.body["output"])


class ResponseStore:
    """The stored responses of this process, limited by age and number.

    Without `path`, or with 0 days, they are only in memory.
    """

    def __init__(
        self,
        path: Path | None,
        days: float,
        *,
        max_responses: int = MAX_RESPONSES,
        now: Callable[[], float] = time.time,
    ) -> None:
        loss = "A response could not be stored"
        self._worker = Worker("responses", path if days > 0 else None, _SCHEMA, loss=loss)
        self._seconds = days * _DAY if days > 0 else float("inf")
        self._max_responses = max_responses
        self._now = now
        self._puts = 0

    def put(self, stored: StoredResponse) -> None:
        """Store a response in the background; later calls of the other methods find it."""
        self._worker.put(lambda database: self._write(database, stored))

    async def get(self, id: str) -> StoredResponse | None:
        """Return the response with this id, if it is still stored."""
        return await self._worker.run(lambda database: _read_response(database, id))

    async def delete(self, id: str) -> bool:
        """Delete a response; return whether it was stored."""

        def delete_row(database: sqlite3.Connection) -> bool:
            return database.execute("DELETE FROM response WHERE id = ?", (id,)).rowcount > 0

        return await self._worker.run(delete_row)

    async def load_chain(self, id: str) -> tuple[Json, ...] | None:
        """Return the items of a response and all before it, oldest first.

        Returns None if one of them is missing.
        """
        return await self._worker.run(lambda database: _read_chain(database, id))

    async def load_items(self, ids: Sequence[str]) -> dict[str, Json]:
        """Return the stored output items with these ids, by id."""

        def select(database: sqlite3.Connection) -> dict[str, Json]:
            items: dict[str, Json] = {}
            for id in ids:
                with closing(database.execute("SELECT body FROM item WHERE id = ?", (id,))) as rows:
                    for (body,) in rows:
                        items[id] = json.loads(body)
            return items

        return await self._worker.run(select)

    async def close(self) -> None:
        """Write everything and close the file."""
        await self._worker.close()

    def _write(self, database: sqlite3.Connection, stored: StoredResponse) -> None:
        id, output = stored.body["id"], stored.body["output"]
        body, input = json.dumps(stored.body), json.dumps(stored.input)
        with database:  # the response and its items are stored together, or not at all
            database.execute("BEGIN")
            row = (id, stored.previous, self._now(), body, input)
            database.execute("INSERT INTO response VALUES (?, ?, ?, ?, ?)", row)
            rows = [(item["id"], id, json.dumps(item)) for item in output]
            database.executemany("INSERT INTO item VALUES (?, ?, ?)", rows)
        self._puts += 1
        # At the first write, too: a bridge that always runs briefly must also delete old responses.
        if self._puts % _PRUNE_EVERY == 1:
            self._prune(database)

    def _prune(self, database: sqlite3.Connection) -> None:
        oldest = self._now() - self._seconds
        database.execute("DELETE FROM response WHERE at < ?", (oldest,))
        database.execute(
            "DELETE FROM response WHERE id IN "
            "(SELECT id FROM response ORDER BY at DESC LIMIT -1 OFFSET ?)",
            (self._max_responses,),
        )


def _read_response(database: sqlite3.Connection, id: str) -> StoredResponse | None:
    sql = "SELECT body, input, previous FROM response WHERE id = ?"
    with closing(database.execute(sql, (id,))) as rows:
        for body, input, previous in rows:
            return StoredResponse(json.loads(body), tuple(json.loads(input)), previous)
    return None


def _read_chain(database: sqlite3.Connection, id: str) -> tuple[Json, ...] | None:
    turns: list[tuple[Json, ...]] = []
    next_id: str | None = id
    # Limited, because a chain that refers to itself would never end.
    while next_id is not None and len(turns) < MAX_CHAIN:
        stored = _read_response(database, next_id)
        if stored is None:
            return None
        turns.append(stored.items)
        next_id = stored.previous
    return tuple(item for turn in reversed(turns) for item in turn)

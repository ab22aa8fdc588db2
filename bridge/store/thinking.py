"""Claude's turns with their thinking, kept by tool call id: in memory, and in SQLite behind it."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from bridge.store.stored_turn import StoredTurn
from bridge.store.worker import Worker

MOST_IN_MEMORY = 500
MOST_ON_DISK = 20_000
_PRUNE_EVERY = 200
_DAY = 86_400

_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept_turn (
    call_id TEXT PRIMARY KEY,
    prefix TEXT NOT NULL,
    blocks TEXT NOT NULL,
    at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kept_turn_at ON kept_turn (at);
"""

_log = logging.getLogger(__name__)


class ThinkingStore:
    """One per process. All SQL runs in one thread of its own; without `path` there is no file."""

    def __init__(
        self,
        path: Path | None,
        days: float,
        *,
        most_in_memory: int = MOST_IN_MEMORY,
        most_on_disk: int = MOST_ON_DISK,
    ) -> None:
        lost = "Thinking could not be kept on disk"
        self._worker = (
            Worker("thinking-store", path, _SCHEMA, lost=lost, opened=self._prune)
            if path is not None and days > 0
            else None
        )
        self._seconds = days * _DAY
        self._most_in_memory = most_in_memory
        self._most_on_disk = most_on_disk
        self._memory: OrderedDict[str, StoredTurn | None] = OrderedDict()
        self._puts = 0

    async def get(self, ids: Sequence[str]) -> dict[str, StoredTurn]:
        """The kept turns among those of these calls."""
        known = {id: self._memory[id] for id in ids if id in self._memory}
        unknown = [id for id in ids if id not in known]
        if unknown and self._worker is not None:
            known |= await _read(self._worker, unknown)
        for id, kept in known.items():
            self._remember(id, kept)
        return {id: kept for id, kept in known.items() if kept is not None}

    def put(self, id: str, kept: StoredTurn) -> None:
        """Keeps a turn under the id of its first call; the file follows in its own time."""
        self._remember(id, kept)
        if self._worker is not None:
            at = time.time()
            self._worker.put(lambda database: self._write(database, id, kept, at))

    def forget(self, ids: Iterable[str]) -> None:
        """Turns that upstream refused to take back."""
        for id in ids:
            if id in self._memory:
                self._memory[id] = None

    async def close(self) -> None:
        """Ends when all is written."""
        if self._worker is not None:
            await self._worker.close()

    def _remember(self, id: str, kept: StoredTurn | None) -> None:
        """None: it is known that there is nothing."""
        self._memory[id] = kept
        self._memory.move_to_end(id)
        while len(self._memory) > self._most_in_memory:
            self._memory.popitem(last=False)

    def _write(self, database: sqlite3.Connection, id: str, kept: StoredTurn, at: float) -> None:
        database.execute(
            "INSERT OR REPLACE INTO kept_turn VALUES (?, ?, ?, ?)",
            (id, kept.prefix, json.dumps(kept.blocks), at),
        )
        self._puts += 1
        if self._puts % _PRUNE_EVERY == 0:
            self._prune(database)

    def _prune(self, database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM kept_turn WHERE at < ?", (time.time() - self._seconds,))
        database.execute(
            "DELETE FROM kept_turn WHERE call_id IN "
            "(SELECT call_id FROM kept_turn ORDER BY at DESC LIMIT -1 OFFSET ?)",
            (self._most_on_disk,),
        )


async def _read(worker: Worker, ids: Sequence[str]) -> dict[str, StoredTurn | None]:
    found: dict[str, StoredTurn | None] = dict.fromkeys(ids)

    def job(database: sqlite3.Connection) -> None:
        for id in ids:
            sql = "SELECT prefix, blocks FROM kept_turn WHERE call_id = ?"
            with closing(database.execute(sql, (id,))) as rows:
                for prefix, blocks in rows:
                    found[id] = StoredTurn(prefix, tuple(json.loads(blocks)))

    try:
        await worker.ask(job)
    except (sqlite3.Error, OSError) as error:
        _log.warning("Kept thinking cannot be read: %s", error)
    return found

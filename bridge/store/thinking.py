"""Store turns with thinking by tool call id: in memory, and in SQLite across restarts."""

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

MAX_IN_MEMORY = 500
MAX_ON_DISK = 20_000
_PRUNE_EVERY = 200
_DAY = 86_400

# The table has its old name, so that the files of earlier versions can be read.
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
    """The stored turns of this process; without `path`, or with 0 days, only in memory."""

    def __init__(
        self,
        path: Path | None,
        days: float,
        *,
        max_in_memory: int = MAX_IN_MEMORY,
        max_on_disk: int = MAX_ON_DISK,
    ) -> None:
        loss = "Thinking could not be stored on disk"
        self._worker = (
            Worker("thinking-store", path, _SCHEMA, loss=loss, on_open=self._prune)
            if path is not None and days > 0
            else None
        )
        self._seconds = days * _DAY
        self._max_in_memory = max_in_memory
        self._max_on_disk = max_on_disk
        self._memory: OrderedDict[str, StoredTurn | None] = OrderedDict()
        self._puts = 0

    async def get(self, ids: Sequence[str]) -> dict[str, StoredTurn]:
        """Return the stored turns of these tool calls, by id."""
        known = {id: self._memory[id] for id in ids if id in self._memory}
        unknown = [id for id in ids if id not in known]
        if unknown and self._worker is not None:
            known |= await _read_turns(self._worker, unknown)
        # Ids without a turn, too: the file is then searched only once for each of them.
        for id, turn in known.items():
            self._remember(id, turn)
        return {id: turn for id, turn in known.items() if turn is not None}

    def put(self, id: str, turn: StoredTurn) -> None:
        """Store a turn under the id of its first call; the file is written in the background."""
        self._remember(id, turn)
        if self._worker is not None:
            at = time.time()
            self._worker.put(lambda database: self._write(database, id, turn, at))

    def forget(self, ids: Iterable[str]) -> None:
        """Forget turns that upstream rejected when they were sent back."""
        for id in ids:
            # The row in the file stays; it is not read while memory has None for it.
            if id in self._memory:
                self._memory[id] = None

    async def close(self) -> None:
        """Write everything and close the file."""
        if self._worker is not None:
            await self._worker.close()

    def _remember(self, id: str, turn: StoredTurn | None) -> None:
        """Put a turn into memory; None means that there is no turn to use, not even in the file."""
        self._memory[id] = turn
        # Ordered by last use, so that the turn that was unused for longest is dropped first.
        self._memory.move_to_end(id)
        while len(self._memory) > self._max_in_memory:
            self._memory.popitem(last=False)

    def _write(self, database: sqlite3.Connection, id: str, turn: StoredTurn, at: float) -> None:
        database.execute(
            "INSERT OR REPLACE INTO kept_turn VALUES (?, ?, ?, ?)",
            (id, turn.prefix, json.dumps(turn.blocks), at),
        )
        self._puts += 1
        if self._puts % _PRUNE_EVERY == 0:
            self._prune(database)

    def _prune(self, database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM kept_turn WHERE at < ?", (time.time() - self._seconds,))
        database.execute(
            "DELETE FROM kept_turn WHERE call_id IN "
            "(SELECT call_id FROM kept_turn ORDER BY at DESC LIMIT -1 OFFSET ?)",
            (self._max_on_disk,),
        )


async def _read_turns(worker: Worker, ids: Sequence[str]) -> dict[str, StoredTurn | None]:
    turns: dict[str, StoredTurn | None] = dict.fromkeys(ids)

    def select(database: sqlite3.Connection) -> None:
        for id in ids:
            sql = "SELECT prefix, blocks FROM kept_turn WHERE call_id = ?"
            with closing(database.execute(sql, (id,))) as rows:
                for prefix, blocks in rows:
                    turns[id] = StoredTurn(prefix, tuple(json.loads(blocks)))

    try:
        await worker.run(select)
    except (sqlite3.Error, OSError) as error:
        # The request is sent all the same: Claude then answers without its earlier thinking.
        _log.warning("Stored thinking could not be read: %s", error)
    return turns

"""Store turns with thinking by tool call id: in memory, and on disk if the user wants that."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bridge.store.age import CLOCK_SCHEMA, DAY, AgeClock
from bridge.store.damaged_files import delete_database
from bridge.store.database import Schema, compact_file, erase_free_space
from bridge.store.stored_turn import StoredTurn
from bridge.store.worker import Worker

MAX_IN_MEMORY = 500
MAX_ON_DISK = 20_000
_PRUNE_EVERY = 200

# The table has its old name, so that the files of earlier versions can be read.
_SCHEMA = Schema(
    CLOCK_SCHEMA
    + """
CREATE TABLE IF NOT EXISTS kept_turn (
    call_id TEXT PRIMARY KEY,
    prefix TEXT NOT NULL,
    blocks TEXT NOT NULL,
    at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kept_turn_at ON kept_turn (at);
"""
)
_DELETE_EXPIRED = (
    "DELETE FROM kept_turn WHERE call_id IN (SELECT call_id FROM kept_turn WHERE at < ? "
    "ORDER BY at LIMIT (SELECT (COUNT(*) + 1) / 2 FROM kept_turn))"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Remembered:
    turn: StoredTurn | None
    """None if there is no turn to use, not even in the file."""
    since: float
    """By `monotonic`."""


class ThinkingStore:
    """The stored turns of this process; without `path`, or with 0 days, only in memory."""

    def __init__(
        self,
        path: Path | None,
        days: float,
        *,
        max_in_memory: int = MAX_IN_MEMORY,
        max_on_disk: int = MAX_ON_DISK,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        loss = "Thinking could not be stored on disk"
        self._path = path
        self._worker = (
            Worker("thinking-store", path, _SCHEMA, loss=loss, on_open=self._prepare_turns)
            if path is not None and days > 0
            else None
        )
        self._seconds = days * DAY
        self._max_in_memory = max_in_memory
        self._max_on_disk = max_on_disk
        self._memory: OrderedDict[str, _Remembered] = OrderedDict()
        self._clock = AgeClock(now, monotonic)
        self._monotonic = monotonic
        self._puts = 0

    @property
    def problems(self) -> list[str]:
        """What happened to the file since the start, for the user."""
        return self._worker.problems if self._worker is not None else []

    def open(self) -> None:
        """Delete the file of earlier settings if there is to be none. Blocks; raises OSError."""
        if self._worker is None and self._path is not None:
            delete_database(self._path)

    async def get(self, ids: Sequence[str]) -> dict[str, StoredTurn]:
        """Return the stored turns of these tool calls, by id."""
        known = {id: self._memory[id].turn for id in ids if id in self._memory}
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
            self._worker.put(lambda database: self._write(database, id, turn))

    def forget(self, ids: Iterable[str]) -> None:
        """Forget turns that upstream rejected when they were sent back."""
        for id in ids:
            # The row in the file stays; it is not read while memory has None for it.
            if id in self._memory:
                self._remember(id, None)

    async def delete(self, *, id: str | None = None, older_than: float | None = None) -> int:
        """Delete the turn of one call, those older than some seconds, or all; return how many."""
        remembered = self._drop_remembered(id, older_than)
        if self._worker is None:
            return remembered

        def delete_rows(database: sqlite3.Connection) -> int:
            return self._delete(database, id, older_than)

        if id is not None or older_than is not None:
            return await self._worker.run_if_stored(delete_rows, 0)
        _, on_disk = await self.count()
        return await self._worker.run_emptying(delete_rows, on_disk)

    async def count(self) -> tuple[int, int]:
        """Return how many turns are in memory, and in the file. Raises sqlite3.Error or OSError."""
        in_memory = sum(entry.turn is not None for entry in self._memory.values())
        return in_memory, 0 if self._worker is None else await self._worker.run_if_stored(
            _count_rows, 0
        )

    async def expire(self) -> None:
        """Delete what is too old; called every hour."""
        if self._worker is not None:
            await self._worker.run(self._expire)

    async def close(self) -> None:
        """Write everything and close the file."""
        if self._worker is not None:
            await self._worker.close()

    def _remember(self, id: str, turn: StoredTurn | None) -> None:
        self._memory[id] = _Remembered(turn, self._monotonic())
        # Ordered by last use, so that the turn that was unused for longest is dropped first.
        self._memory.move_to_end(id)
        while len(self._memory) > self._max_in_memory:
            self._memory.popitem(last=False)

    def _drop_remembered(self, id: str | None, older_than: float | None) -> int:
        latest = self._monotonic() - (older_than or 0.0)
        dropped = [
            key
            for key, entry in self._memory.items()
            if (id is None or key == id) and entry.since <= latest
        ]
        return sum(self._memory.pop(key).turn is not None for key in dropped)

    def _delete(
        self, database: sqlite3.Connection, id: str | None, older_than: float | None
    ) -> int:
        if id is not None:
            deleted = database.execute("DELETE FROM kept_turn WHERE call_id = ?", (id,))
        else:
            latest = self._clock.read() - (older_than or 0.0)
            everything = older_than is None
            sql = "DELETE FROM kept_turn WHERE at <= ? OR ?"
            deleted = database.execute(sql, (latest, everything))
        count = deleted.rowcount
        compact_file(database)
        return count

    def _prepare_turns(self, database: sqlite3.Connection) -> None:
        with closing(database.execute("SELECT MAX(at) FROM kept_turn")) as rows:
            newest = rows.fetchone()[0]
        self._clock.start(database, newest)
        self._expire(database)

    def _write(self, database: sqlite3.Connection, id: str, turn: StoredTurn) -> None:
        database.execute(
            "INSERT OR REPLACE INTO kept_turn VALUES (?, ?, ?, ?)",
            (id, turn.prefix, json.dumps(turn.blocks), self._clock.read()),
        )
        self._puts += 1
        if self._puts % _PRUNE_EVERY == 0:
            self._limit(database)

    def _expire(self, database: sqlite3.Connection) -> None:
        self._clock.save(database)
        database.execute(_DELETE_EXPIRED, (self._clock.read() - self._seconds,))
        self._limit(database)
        erase_free_space(database)

    def _limit(self, database: sqlite3.Connection) -> None:
        database.execute(
            "DELETE FROM kept_turn WHERE call_id IN "
            "(SELECT call_id FROM kept_turn ORDER BY at DESC LIMIT -1 OFFSET ?)",
            (self._max_on_disk,),
        )


def _count_rows(database: sqlite3.Connection) -> int:
    count: int = database.execute("SELECT COUNT(*) FROM kept_turn").fetchone()[0]
    return count


async def _read_turns(worker: Worker, ids: Sequence[str]) -> dict[str, StoredTurn | None]:
    turns: dict[str, StoredTurn | None] = dict.fromkeys(ids)

    def select(database: sqlite3.Connection) -> None:
        for id in ids:
            sql = "SELECT prefix, blocks FROM kept_turn WHERE call_id = ?"
            with closing(database.execute(sql, (id,))) as rows:
                for prefix, blocks in rows:
                    turns[id] = _parse_turn(prefix, blocks)

    try:
        await worker.run(select)
    except (sqlite3.Error, OSError) as error:
        # The request is sent all the same: Claude then answers without its earlier thinking.
        _log.warning("Stored thinking could not be read: %s", error)
    return turns


def _parse_turn(prefix: str, blocks: str) -> StoredTurn | None:
    try:
        return StoredTurn(prefix, tuple(json.loads(blocks)))
    except (ValueError, TypeError):
        # Damage that SQLite cannot see, such as a changed letter.
        _log.warning("A stored turn with thinking is damaged and was ignored.")
        return None

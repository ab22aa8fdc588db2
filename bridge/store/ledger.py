"""One row per request sent to Claude: model, client, tokens and cost, never its content."""

from __future__ import annotations

import functools
import logging
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

from bridge.store.age import CLOCK_SCHEMA, DAY, AgeClock
from bridge.store.database import Schema, compact_file, erase_free_space
from bridge.store.local_days import find_day, find_midnight
from bridge.store.worker import Worker

KEEP_DAYS = 400
MAX_ROWS = 1_000_000
MAX_RECENT = 1_000
_CLIENT_VERSION = re.compile(r"[vV]?\d[\w.+-]{0,39}", re.ASCII)
CLIENT_LENGTH = 40
_TEXT_LENGTH = 100
# Deleting old rows costs more than a write, so it is not done each time.
_PRUNE_EVERY = 500
_GATHER_SECONDS = 0.25
"""Time for rows to share a transaction, which costs as much as forty rows."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a request that was sent to Claude."""

    at: float
    """Unix seconds."""
    model: str
    client: str
    """From `parse_client_name`."""
    backend: str
    input_tokens: int
    """Without the tokens written to or read from the cache, as upstream counts."""
    cache_write_tokens: int
    cache_read_tokens: int
    output_tokens: int
    cost: int | None
    """Micro-dollars; None if the price of the model is not known."""
    outcome: str
    """The finish_reason, or the code of the error."""
    milliseconds: int
    first_chunk_milliseconds: int | None
    """None if nothing was streamed."""
    key: str = ""
    """Name of the access key that the client sent; empty without one."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over several requests."""

    requests: int
    input_tokens: int
    cache_write_tokens: int
    cache_read_tokens: int
    output_tokens: int
    cost: int
    """Micro-dollars of the requests whose price is known."""
    unpriced: int
    """Requests whose price is not known; `cost` does not include them."""


@dataclass(frozen=True, slots=True)
class DayTotal:
    """Sums for one client, model, backend and day."""

    day: str
    """Local calendar day, `2026-11-23`."""
    model: str
    backend: str
    client: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class ClientTotal:
    """Sums for one client and model since a moment."""

    client: str
    model: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class KeyTotal:
    """Sums for one access key since a moment."""

    key: str
    """The key's name; empty for requests without one."""
    totals: Totals


@dataclass(frozen=True, slots=True)
class CallerTotal:
    """The costs of one client, access key and backend in a span of time."""

    client: str
    key: str
    """Empty for requests without an access key."""
    backend: str
    cost: int
    """Micro-dollars of the requests whose price is known."""
    unpriced: int
    """Requests whose price is not known; `cost` does not include them."""


_SCHEMA = Schema(
    CLOCK_SCHEMA  # noqa: S608 - no part of it is from outside
    + """
CREATE TABLE IF NOT EXISTS answered (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    model TEXT NOT NULL,
    client TEXT NOT NULL,
    backend TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost INTEGER,
    outcome TEXT NOT NULL,
    milliseconds INTEGER NOT NULL,
    first_chunk_milliseconds INTEGER
);
CREATE INDEX IF NOT EXISTS answered_at ON answered (at);
-- A table of its own, so that earlier versions can still use the file.
CREATE TABLE IF NOT EXISTS answered_key (
    request INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS answered_deleted AFTER DELETE ON answered
BEGIN DELETE FROM answered_key WHERE request = OLD.id; END;
"""
)
_NAMES = [field.name for field in fields(Entry) if field.name != "key"]
_COLUMNS = ", ".join(_NAMES)
_values = attrgetter(*_NAMES)
_TEXT_COLUMNS = [
    (_NAMES.index("model"), _TEXT_LENGTH),
    (_NAMES.index("client"), CLIENT_LENGTH),
    (_NAMES.index("backend"), _TEXT_LENGTH),
    (_NAMES.index("outcome"), _TEXT_LENGTH),
]
# By row id, the order of writing: a row that was written while the computer's clock was wrong is
# deleted only after those before it. At most half, for the same reason (see bridge.store.age).
_COUNT_EXPIRED = (
    "SELECT MIN((SELECT COUNT(*) FROM answered WHERE id < COALESCE((SELECT MIN(id) FROM answered "
    "WHERE at >= ?), 1e18)), (SELECT (COUNT(*) + 1) / 2 FROM answered))"
)
_DELETE_OLDEST = "DELETE FROM answered WHERE id IN (SELECT id FROM answered ORDER BY id LIMIT ?)"
_INSERT = (
    f"INSERT INTO answered ({_COLUMNS}) "  # noqa: S608 - our own names
    f"VALUES ({', '.join('?' * len(_NAMES))})"
)
_INSERT_KEY = "INSERT INTO answered_key (request, name) VALUES (?, ?)"
_RECENT = (
    f"SELECT {_COLUMNS}, COALESCE(answered_key.name, '') FROM answered "  # noqa: S608
    "LEFT JOIN answered_key ON request = id ORDER BY at DESC, id DESC LIMIT ?"
)
_SUMS = (
    "COUNT(*), COALESCE(SUM(input_tokens), 0), COALESCE(SUM(cache_write_tokens), 0), "
    "COALESCE(SUM(cache_read_tokens), 0), COALESCE(SUM(output_tokens), 0), "
    "COALESCE(SUM(cost), 0), COUNT(*) - COUNT(cost)"
)
_SINCE = f"SELECT {_SUMS} FROM answered WHERE at >= ?"  # noqa: S608
# Grouped by SQLite: a year of rows is too much to load for each refresh of the dashboard.
_BY_DAY = (
    "SELECT date(at, 'unixepoch', 'localtime') AS day, model, backend, client, "  # noqa: S608
    f"{_SUMS} FROM answered WHERE at >= ? GROUP BY day, model, backend, client "
    "ORDER BY day DESC, model, backend, client"
)
_BY_CLIENT = (
    f"SELECT client, model, {_SUMS} FROM answered WHERE at >= ? AND backend = ? "  # noqa: S608
    "GROUP BY client, model ORDER BY SUM(cost) DESC, client, model"
)
_BY_CALLER = (
    "SELECT client, COALESCE(answered_key.name, '') AS key, backend, COALESCE(SUM(cost), 0), "
    "COUNT(*) - COUNT(cost) FROM answered LEFT JOIN answered_key ON request = id "
    "WHERE at >= ? AND at < ? GROUP BY client, key, backend"
)
_BY_KEY = (
    f"SELECT COALESCE(name, ''), {_SUMS} FROM answered "  # noqa: S608
    "LEFT JOIN answered_key ON request = id WHERE at >= ? "
    "GROUP BY name ORDER BY SUM(cost) DESC, name"
)


class Ledger:
    """The ledger of this process; without `path` it is only in memory."""

    def __init__(
        self,
        path: Path | None,
        *,
        keep_days: int = KEEP_DAYS,
        max_rows: int = MAX_ROWS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._worker = Worker(
            "ledger",
            path,
            _SCHEMA,
            loss="A request is not in the ledger",
            on_open=self._prepare_ledger,
            gather_seconds=_GATHER_SECONDS,
        )
        self._keep_days = keep_days
        self._max_rows = max_rows
        self._now = now
        self._clock = AgeClock(now)
        self._puts = 0

    @property
    def problems(self) -> list[str]:
        """What happened to the file since the start, for the user."""
        return self._worker.problems

    def put(self, entry: Entry) -> None:
        """Write a row in the background; long texts are cut."""
        row, key = _build_row(entry), entry.key[:_TEXT_LENGTH]
        self._worker.put(lambda database: self._write(database, row, key))

    async def list_recent(self, count: int) -> list[Entry]:
        """Return the latest `count` requests, at most 1,000, newest first."""
        rows = await self._select(_RECENT, max(0, min(count, MAX_RECENT)))
        return [Entry(*row) for row in rows]

    async def sum_by_day(self, days: int) -> list[DayTotal]:
        """Return sums for the last `days` local calendar days, including today.

        They are ordered by day, newest first, then by model, backend and client.
        """
        if days < 1:
            return []
        since = _find_midnight(self._now(), min(days, self._keep_days + 1) - 1)
        rows = await self._select(_BY_DAY, since)
        return [
            DayTotal(day, model, backend, client, Totals(*sums))
            for day, model, backend, client, *sums in rows
        ]

    async def sum_by_client(self, since: float, backend: str) -> list[ClientTotal]:
        """Return sums over a backend's requests since a moment, the most costly first."""
        rows = await self._select(_BY_CLIENT, since, backend)
        return [ClientTotal(client, model, Totals(*sums)) for client, model, *sums in rows]

    async def sum_by_key(self, days: int) -> list[KeyTotal]:
        """Return sums for the last `days` local calendar days, the most costly key first."""
        if days < 1:
            return []
        since = _find_midnight(self._now(), min(days, self._keep_days + 1) - 1)
        rows = await self._select(_BY_KEY, since)
        return [KeyTotal(key, Totals(*sums)) for key, *sums in rows]

    async def sum_by_caller(self, since: float, until: float) -> list[CallerTotal]:
        """Return the costs of the rows that were put before this call, and of no later ones.

        `until` is not included. Raises sqlite3.Error or OSError.
        """

        def fetch(database: sqlite3.Connection) -> list[tuple[Any, ...]]:
            with closing(database.execute(_BY_CALLER, (since, until))) as rows:
                return rows.fetchall()

        rows = await self._worker.run_in_order(fetch)
        return [CallerTotal(*row) for row in rows]

    async def sum_today(self) -> Totals:
        """Return sums over all requests since local midnight."""
        rows = await self._select(_SINCE, _find_midnight(self._now(), 0))
        return Totals(*rows[0]) if rows else Totals(0, 0, 0, 0, 0, 0, 0)

    async def close(self) -> None:
        """Write everything and close the file."""
        await self._worker.close()

    async def _select(self, sql: str, *arguments: float | str) -> list[tuple[Any, ...]]:
        """Run a query after all earlier writes; log an error and return no rows."""

        def fetch(database: sqlite3.Connection) -> list[tuple[Any, ...]]:
            with closing(database.execute(sql, arguments)) as rows:
                return rows.fetchall()

        try:
            return await self._worker.run(fetch)
        except (sqlite3.Error, OSError) as error:
            _log.warning("The ledger could not be read: %s", error)
            return []

    async def expire(self) -> None:
        """Delete what is too old; called every hour."""
        await self._worker.run(self._expire)

    async def forget_all(self) -> int:
        """Delete all rows and overwrite them; return how many there were."""

        def delete_rows(database: sqlite3.Connection) -> int:
            count = database.execute("DELETE FROM answered").rowcount
            compact_file(database)
            return count

        return await self._worker.run_if_stored(delete_rows, 0)

    def _prepare_ledger(self, database: sqlite3.Connection) -> None:
        with closing(database.execute("SELECT MAX(at) FROM answered")) as rows:
            newest = rows.fetchone()[0]
        self._clock.start(database, newest)
        self._expire(database)

    def _write(self, database: sqlite3.Connection, row: list[Any], key: str) -> None:
        inserted = database.execute(_INSERT, row)
        if key:
            database.execute(_INSERT_KEY, (inserted.lastrowid, key))
        self._puts += 1
        if self._puts % _PRUNE_EVERY == 0:
            self._limit(database)

    def _expire(self, database: sqlite3.Connection) -> None:
        self._clock.save(database)
        oldest = self._clock.read() - self._keep_days * DAY
        count = database.execute(_COUNT_EXPIRED, (oldest,)).fetchone()[0]
        database.execute(_DELETE_OLDEST, (count,))
        self._limit(database)
        if not database.in_transaction:
            erase_free_space(database)

    def _limit(self, database: sqlite3.Connection) -> None:
        # By number, too, because one program may send a request every second.
        database.execute(
            "DELETE FROM answered WHERE id <= (SELECT MAX(id) FROM answered) - ?",
            (self._max_rows,),
        )


def _find_midnight(now: float, days_ago: int) -> float:
    """Return the Unix time at which the local day `days_ago` before `now` began."""
    # Not `now - 86,400 * days`: a day with a clock change has 23 or 25 hours.
    return find_midnight(find_day(now) - timedelta(days=days_ago))


def _build_row(entry: Entry) -> list[Any]:
    """Return the values in the order of the columns, with long texts cut."""
    # Short, so that a client cannot store content in the ledger, such as in its User-Agent.
    row = list(_values(entry))
    for column, length in _TEXT_COLUMNS:
        row[column] = row[column][:length]
    return row


_COMMENT = re.compile(r"\([^()]*\)")
_VERSION = re.compile(r"v?\d")
_NOT_IN_NAMES = re.compile(r"[^\w.+-]+", re.ASCII)
_GENERIC = re.compile(
    r"mozilla|applewebkit|khtml|gecko|version|mobile|safari|chrome|chromium|firefox|edg|opr"
    r"|electron|python"
)


@functools.lru_cache(256)
def parse_client_name(user_agent: str) -> str:
    """Return a short name without version: `openai-python`, `curl`, `browser`, `unknown`.

    It has at most 40 characters. An app whose User-Agent imitates a browser gets its own name.
    """
    words = _COMMENT.sub(" ", user_agent[:1_000]).split()
    names = [name for word in words if (name := _parse_product(word))]
    specific = next((name for name in names if not _GENERIC.fullmatch(name)), None)
    if specific is None:
        specific = "browser" if "mozilla" in names else next(iter(names), "unknown")
    return specific[:CLIENT_LENGTH]


def parse_client_version(user_agent: str) -> str:
    """Return the version that the User-Agent names behind the client's own name; perhaps empty."""
    words = _COMMENT.sub(" ", user_agent[:1_000]).split()
    client = parse_client_name(user_agent)
    versions = (
        part
        for word in words
        if _parse_product(word)[:CLIENT_LENGTH] == client
        for part in word.split("/")[1:]
        if _CLIENT_VERSION.fullmatch(part)
    )
    return next(versions, "")


def _parse_product(word: str) -> str:
    """Parse `AsyncOpenAI/Python` as `openai-python`, `curl/8.5.0` as `curl`, `8.5.0` as ``."""
    parts: list[str] = []
    for part in word.lower().split("/"):
        if _VERSION.match(part):
            break
        parts.append(_NOT_IN_NAMES.sub("", part))
    name = "-".join(filter(None, parts)).strip("-._+")
    # The same program, whether it uses the synchronous or the asynchronous client.
    return re.sub(r"^async(?=openai|azureopenai|anthropic)", "", name)

"""One row for every answered request: who asked whom, how many tokens, and never what was said."""

from __future__ import annotations

import functools
import logging
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from datetime import time as clock_time
from operator import attrgetter
from pathlib import Path
from typing import Any

from bridge.store.worker import Worker

KEEP_DAYS = 400
MOST_ROWS = 1_000_000
MOST_RECENT = 1_000
CLIENT_LENGTH = 40
_TEXT_LENGTH = 100
_PRUNE_EVERY = 500
_DAY = 86_400
_GATHER_SECONDS = 0.25
"""A transaction costs as much as forty rows."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One answered request."""

    at: float
    """Unix seconds."""
    model: str
    client: str
    """As `parse_client_name` says it."""
    backend: str
    input_tokens: int
    """Without what was written to or read from the cache, as upstream counts."""
    cache_write_tokens: int
    cache_read_tokens: int
    output_tokens: int
    cost: int | None
    """Micro-dollars; None: the price of the model is not known."""
    outcome: str
    """The finish_reason, or the code of the error."""
    milliseconds: int
    first_chunk_milliseconds: int | None
    """None: nothing was streamed."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Requests added up."""

    requests: int
    input_tokens: int
    cache_write_tokens: int
    cache_read_tokens: int
    output_tokens: int
    cost: int
    """Micro-dollars of the requests whose price is known."""
    unpriced: int
    """Requests that are not in `cost`, since nobody knows theirs."""


@dataclass(frozen=True, slots=True)
class DayTotal:
    """What one client asked of one model by one backend on one day."""

    day: str
    """Local calendar day, `2026-11-23`."""
    model: str
    backend: str
    client: str
    totals: Totals


_SCHEMA = """
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
"""
_NAMES = [field.name for field in fields(Entry)]
_COLUMNS = ", ".join(_NAMES)
_values = attrgetter(*_NAMES)
_WORDS = [
    (_NAMES.index("model"), _TEXT_LENGTH),
    (_NAMES.index("client"), CLIENT_LENGTH),
    (_NAMES.index("backend"), _TEXT_LENGTH),
    (_NAMES.index("outcome"), _TEXT_LENGTH),
]
_INSERT = (
    f"INSERT INTO answered ({_COLUMNS}) "  # noqa: S608 - our own names
    f"VALUES ({', '.join('?' * len(fields(Entry)))})"
)
_RECENT = f"SELECT {_COLUMNS} FROM answered ORDER BY at DESC, id DESC LIMIT ?"  # noqa: S608
_SUMS = (
    "COUNT(*), COALESCE(SUM(input_tokens), 0), COALESCE(SUM(cache_write_tokens), 0), "
    "COALESCE(SUM(cache_read_tokens), 0), COALESCE(SUM(output_tokens), 0), "
    "COALESCE(SUM(cost), 0), COUNT(*) - COUNT(cost)"
)
_SINCE = f"SELECT {_SUMS} FROM answered WHERE at >= ?"  # noqa: S608
_BY_DAY = (
    "SELECT date(at, 'unixepoch', 'localtime') AS day, model, backend, client, "  # noqa: S608
    f"{_SUMS} FROM answered WHERE at >= ? GROUP BY day, model, backend, client "
    "ORDER BY day DESC, model, backend, client"
)


class Ledger:
    """One per process. All SQL runs in one thread of its own; without `path` there is no file."""

    def __init__(
        self,
        path: Path | None,
        *,
        keep_days: int = KEEP_DAYS,
        most_rows: int = MOST_ROWS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._worker = Worker(
            "ledger",
            path,
            _SCHEMA,
            lost="A request is not in the ledger",
            opened=self._prune,
            gather_seconds=_GATHER_SECONDS,
        )
        self._keep_days = keep_days
        self._most_rows = most_rows
        self._now = now
        self._puts = 0

    def put(self, entry: Entry) -> None:
        """Returns at once; the row follows in its own time. Overlong words are cut."""
        row = _row(entry)
        self._worker.put(lambda database: self._write(database, row))

    async def recent(self, count: int) -> list[Entry]:
        """The latest requests, newest first: `count` of them, at most 1,000."""
        rows = await self._ask(_RECENT, max(0, min(count, MOST_RECENT)))
        return [Entry(*row) for row in rows]

    async def by_day(self, days: int) -> list[DayTotal]:
        """The last `days` local calendar days, today being one: newest first, then by name."""
        if days < 1:
            return []
        since = _midnight(self._now(), min(days, self._keep_days + 1) - 1)
        rows = await self._ask(_BY_DAY, since)
        return [
            DayTotal(day, model, backend, client, Totals(*sums))
            for day, model, backend, client, *sums in rows
        ]

    async def today(self) -> Totals:
        """All requests since local midnight."""
        rows = await self._ask(_SINCE, _midnight(self._now(), 0))
        return Totals(*rows[0]) if rows else Totals(0, 0, 0, 0, 0, 0, 0)

    async def close(self) -> None:
        """Ends when all is written."""
        await self._worker.close()

    async def _ask(self, sql: str, argument: float) -> list[tuple[Any, ...]]:
        """In the order of the calls: what was put before is in the answer."""

        def job(database: sqlite3.Connection) -> list[tuple[Any, ...]]:
            with closing(database.execute(sql, (argument,))) as rows:
                return rows.fetchall()

        try:
            return await self._worker.ask(job)
        except (sqlite3.Error, OSError) as error:
            _log.warning("The ledger cannot be read: %s", error)
            return []

    def _write(self, database: sqlite3.Connection, row: list[Any]) -> None:
        database.execute(_INSERT, row)
        self._puts += 1
        if self._puts % _PRUNE_EVERY == 0:
            self._prune(database)

    def _prune(self, database: sqlite3.Connection) -> None:
        oldest = self._now() - self._keep_days * _DAY
        database.execute("DELETE FROM answered WHERE at < ?", (oldest,))
        database.execute(
            "DELETE FROM answered WHERE id <= (SELECT MAX(id) FROM answered) - ?",
            (self._most_rows,),
        )


def _midnight(now: float, days_ago: int) -> float:
    """Unix seconds at which the local calendar day of `now`, or one before it, began."""
    day = datetime.fromtimestamp(now).date() - timedelta(days=days_ago)
    return datetime.combine(day, clock_time()).timestamp()


def _row(entry: Entry) -> list[Any]:
    """In the order of the columns; no word of it is long enough to be content."""
    row = list(_values(entry))
    for column, length in _WORDS:
        row[column] = row[column][:length]
    return row


_REMARK = re.compile(r"\([^()]*\)")
_VERSION = re.compile(r"v?\d")
_NO_NAME = re.compile(r"[^\w.+-]+", re.ASCII)
_SAYS_LITTLE = re.compile(
    r"mozilla|applewebkit|khtml|gecko|version|mobile|safari|chrome|chromium|firefox|edg|opr"
    r"|electron|python"
)


@functools.lru_cache(256)
def parse_client_name(user_agent: str) -> str:
    """A short name, at most 40 characters, without versions: `openai-python`, `curl`, `browser`.

    `unknown` where nothing can be told. Apps in a browser's clothes go by their own name.
    """
    words = _REMARK.sub(" ", user_agent[:1_000]).split()
    names = [name for word in words if (name := _product(word))]
    telling = next((name for name in names if not _SAYS_LITTLE.fullmatch(name)), None)
    if telling is None:
        telling = "browser" if "mozilla" in names else next(iter(names), "unknown")
    return telling[:CLIENT_LENGTH]


def _product(word: str) -> str:
    """`AsyncOpenAI/Python` -> `openai-python`, `curl/8.5.0` -> `curl`, `8.5.0` -> nothing."""
    parts: list[str] = []
    for part in word.lower().split("/"):
        if _VERSION.match(part):
            break
        parts.append(_NO_NAME.sub("", part))
    name = "-".join(filter(None, parts)).strip("-._+")
    return re.sub(r"^async(?=openai|azureopenai|anthropic)", "", name)

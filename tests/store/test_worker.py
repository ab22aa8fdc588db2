"""The thread behind a store: in order, together where asked to, and nothing lost in silence."""

from __future__ import annotations

import asyncio
import functools
import logging
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from bridge.store.worker import Worker

SCHEMA = "CREATE TABLE IF NOT EXISTS said (word TEXT NOT NULL);"


def worker(path: Path | None = None, gather_seconds: float = 0.0) -> Worker:
    return Worker("store", path, SCHEMA, lost="A word is lost", gather_seconds=gather_seconds)


def say(kept: Worker, *words: str | None) -> None:
    for word in words:
        kept.put(functools.partial(_insert, word))


def _insert(word: str | None, database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO said VALUES (?)", (word,))


async def said(kept: Worker) -> list[str]:
    def look(database: sqlite3.Connection) -> list[str]:
        return [word for (word,) in database.execute("SELECT word FROM said ORDER BY rowid")]

    return await kept.ask(look)


async def test_who_asks_sees_what_was_put_and_waits_for_nobody() -> None:
    kept = worker(gather_seconds=30)
    started = time.perf_counter()
    say(kept, "one", "two")
    assert await said(kept) == ["one", "two"]
    say(kept, "three")
    assert await said(kept) == ["one", "two", "three"]
    await kept.close()
    assert time.perf_counter() - started < 10


async def test_what_is_gathered_is_one_transaction(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    kept = worker(path, gather_seconds=30)
    await said(kept)
    in_transaction: list[bool] = []
    for _ in range(3):
        kept.put(lambda database: in_transaction.append(database.in_transaction))
    await said(kept)
    assert in_transaction == [True, True, True]
    await kept.close()


async def test_one_that_fails_takes_no_other_with_it(caplog: pytest.LogCaptureFixture) -> None:
    kept = worker(gather_seconds=30)
    with caplog.at_level(logging.WARNING):
        say(kept, "one", None, "three")
        assert await said(kept) == ["one", "three"]
    assert "A word is lost: NOT NULL constraint failed" in caplog.text
    await kept.close()


async def test_it_is_written_at_the_latest_when_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    kept = worker(path, gather_seconds=30)
    say(kept, *map(str, range(1000)))
    await kept.close()
    await kept.close()
    again = worker(path)
    assert await said(again) == [*map(str, range(1000))]
    await again.close()


def test_it_is_written_in_time_when_nobody_asks(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    kept = worker(path, gather_seconds=0.05)
    say(kept, "one")
    until = time.perf_counter() + 10
    while not (path.exists() and words_in(path)) and time.perf_counter() < until:
        time.sleep(0.02)
    assert words_in(path) == ["one"]
    asyncio.run(kept.close())


def words_in(path: Path) -> list[str]:
    """As another program sees it."""
    with closing(sqlite3.connect(path, timeout=5)) as other:
        if not other.execute("SELECT name FROM sqlite_master WHERE name = 'said'").fetchall():
            return []
        return [word for (word,) in other.execute("SELECT word FROM said")]

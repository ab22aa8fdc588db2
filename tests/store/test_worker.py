"""The worker thread of a store: order, transactions, failures and closing."""

from __future__ import annotations

import asyncio
import functools
import logging
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from bridge.store.database import Schema
from bridge.store.worker import Worker

SCHEMA = Schema("CREATE TABLE IF NOT EXISTS said (word TEXT NOT NULL);")


def make_worker(path: Path | None = None, gather_seconds: float = 0.0) -> Worker:
    return Worker("store", path, SCHEMA, loss="A word is lost", gather_seconds=gather_seconds)


def write(worker: Worker, *words: str | None) -> None:
    for word in words:
        worker.put(functools.partial(insert_word, word))


def insert_word(word: str | None, database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO said VALUES (?)", (word,))


async def read(worker: Worker) -> list[str]:
    def select(database: sqlite3.Connection) -> list[str]:
        return [word for (word,) in database.execute("SELECT word FROM said ORDER BY rowid")]

    return await worker.run(select)


async def test_a_read_sees_earlier_writes_and_does_not_wait_for_more() -> None:
    worker = make_worker(gather_seconds=30)
    started = time.perf_counter()
    write(worker, "one", "two")
    assert await read(worker) == ["one", "two"]
    write(worker, "three")
    assert await read(worker) == ["one", "two", "three"]
    await worker.close()
    assert time.perf_counter() - started < 10


async def test_a_read_does_not_wait_for_what_is_put_meanwhile() -> None:
    """Requests that end faster than they can be written must not hold up a read for ever."""
    worker, is_over = make_worker(), threading.Event()

    def write_more(database: sqlite3.Connection) -> None:
        insert_word("more", database)
        if not is_over.is_set():
            worker.put(write_more)

    write(worker, "one")
    worker.put(write_more)
    try:
        words = await asyncio.wait_for(read(worker), 10)
        assert words[:2] == ["one", "more"]
    finally:
        is_over.set()
        await worker.close()


async def test_gathered_writes_share_one_transaction(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    worker = make_worker(path, gather_seconds=30)
    await read(worker)
    in_transaction: list[bool] = []
    for _ in range(3):
        worker.put(lambda database: in_transaction.append(database.in_transaction))
    await read(worker)
    assert in_transaction == [True, True, True]
    await worker.close()


async def test_a_failed_write_affects_no_other(caplog: pytest.LogCaptureFixture) -> None:
    worker = make_worker(gather_seconds=30)
    with caplog.at_level(logging.WARNING):
        write(worker, "one", None, "three")
        assert await read(worker) == ["one", "three"]
    assert "A word is lost: NOT NULL constraint failed" in caplog.text
    await worker.close()


async def test_closing_writes_everything(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    worker = make_worker(path, gather_seconds=30)
    write(worker, *map(str, range(1000)))
    await worker.close()
    await worker.close()
    reopened = make_worker(path)
    assert await read(reopened) == [*map(str, range(1000))]
    await reopened.close()


def test_writes_do_not_wait_for_a_read(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    worker = make_worker(path, gather_seconds=0.05)
    write(worker, "one")
    until = time.perf_counter() + 10
    while not (path.exists() and read_file(path)) and time.perf_counter() < until:
        time.sleep(0.02)
    assert read_file(path) == ["one"]
    asyncio.run(worker.close())


def read_file(path: Path) -> list[str]:
    """Read the words over a connection of our own, like another program."""
    with closing(sqlite3.connect(path, timeout=5)) as other:
        if not other.execute("SELECT name FROM sqlite_master WHERE name = 'said'").fetchall():
            return []
        return [word for (word,) in other.execute("SELECT word FROM said")]


async def test_a_file_that_cannot_be_emptied_on_a_full_disk_is_deleted(tmp_path: Path) -> None:
    worker = make_worker(tmp_path / "store.sqlite3")
    write(worker, "secret")
    assert await read(worker) == ["secret"]

    def need_space(database: sqlite3.Connection) -> int:
        database.execute("PRAGMA max_page_count = 1").fetchall()
        database.execute("INSERT INTO said VALUES (zeroblob(100000))")
        return 5

    with pytest.raises(sqlite3.OperationalError, match="full"):
        await worker.run(need_space)
    assert await worker.run_emptying(need_space, 1) == 1
    assert not list(tmp_path.iterdir())
    write(worker, "later")
    assert await read(worker) == ["later"]
    assert await worker.run_emptying(lambda _: 7, 0) == 7
    await worker.close()

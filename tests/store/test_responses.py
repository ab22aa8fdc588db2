"""Stored responses: in memory, on disk if asked; chains, limits, restarts and damaged files."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import InvalidRequest, PreviousResponseNotFound, StorageUnavailable
from bridge.store import database, response_table, responses
from bridge.store.background_jobs import KILLED, BackgroundJob
from bridge.store.response_table import Limits, StoredResponse
from bridge.store.responses import ResponseStore

DAY = 86_400.0


def make_response(number: int, previous: int | None = None, text: str = "") -> StoredResponse:
    output = [{"id": f"out_{number}", "text": text}]
    body: dict[str, Any] = {"id": f"resp_{number}", "store": True, "output": output}
    input = ({"id": f"in_{number}"},)
    return StoredResponse(body, input, f"resp_{previous}" if previous is not None else None)


async def put(store: ResponseStore, *numbers: int, on_disk: bool = True, text: str = "") -> None:
    for number in numbers:
        stored = make_response(number, text=text)
        assert await store.put(stored, on_disk=on_disk) is None


async def reopen(store: ResponseStore, path: Path, **more: Any) -> ResponseStore:
    await store.close()
    return ResponseStore(path, 30, **more)


async def list_stored(store: ResponseStore, numbers: range) -> list[int]:
    return [n for n in numbers if await store.get(f"resp_{n}") is not None]


def list_ids(items: Any) -> list[str]:
    return [item["id"] for item in items]


async def test_only_what_is_to_be_on_disk_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "data" / "r.sqlite3"
    store = ResponseStore(path, 30)
    await put(store, 1, on_disk=True)
    await put(store, 2, on_disk=False)
    assert await list_stored(store, range(4)) == [1, 2]
    store = await reopen(store, path)
    assert await store.get("resp_1") == make_response(1)
    assert await store.get("resp_2") is None
    await store.close()
    if sys.platform != "win32":
        assert {stat.S_IMODE(os.stat(file).st_mode) for file in path.parent.iterdir()} == {0o600}


async def test_a_chain_crosses_memory_and_disk(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    store = ResponseStore(path, 30)
    await store.put(make_response(1), on_disk=True)
    store = await reopen(store, path)
    # The second is in memory only, the third on disk.
    for number, on_disk in ((2, False), (3, True)):
        stored = make_response(number, number - 1)
        stored.body["store"] = on_disk
        await store.put(stored, on_disk=on_disk)
    chain = await store.load_chain("resp_3")
    assert list_ids(chain.items) == ["in_1", "out_1", "in_2", "out_2", "in_3", "out_3"]
    assert (chain.count, chain.on_disk) == (3, False)
    assert (await store.load_chain("resp_1")).on_disk
    with pytest.raises(PreviousResponseNotFound):
        await store.load_chain("resp_\ud800")
    assert await store.load_items(["\ud800"]) == {}
    assert await store.load_items(["out_1", "out_2", "out_9"]) == {
        "out_1": {"id": "out_1", "text": ""},
        "out_2": {"id": "out_2", "text": ""},
    }
    store = await reopen(store, path)
    with pytest.raises(PreviousResponseNotFound, match=r"resp_2 not found.*part of.*resp_3"):
        await store.load_chain("resp_3")
    await store.close()


async def test_a_chain_over_the_limit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ResponseStore(None, 30)
    for number in range(12):
        await store.put(make_response(number, number - 1 if number else None), on_disk=False)
    assert (await store.load_chain("resp_11", most=12)).count == 12
    for most in (11, 1):
        with pytest.raises(InvalidRequest, match="more than 1,000 responses"):
            await store.load_chain("resp_11", most=most)
    # One that refers to itself ends, too.
    await store.put(make_response(5, 11), on_disk=False)
    with pytest.raises(InvalidRequest, match="more than 1,000 responses"):
        await store.load_chain("resp_11")
    await store.close()


async def test_a_deleted_response_leaves_nothing_in_any_file(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    store = ResponseStore(path, 30)
    await put(store, 1, text="swordfish " * 2_000)
    await put(store, 2, text="other " * 2_000)
    assert contains(tmp_path, b"swordfish")
    assert await store.delete("resp_1")
    assert not await store.delete("resp_1")
    assert not contains(tmp_path, b"swordfish"), "while the file is open"
    assert contains(tmp_path, b"other")
    assert await store.load_items(["out_1"]) == {}
    await store.close()
    assert not contains(tmp_path, b"swordfish")


async def test_content_that_an_earlier_version_deleted_is_erased_at_the_upgrade(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            "PRAGMA secure_delete = OFF; CREATE TABLE response (id TEXT PRIMARY KEY, previous TEXT,"
            "at REAL NOT NULL, body TEXT NOT NULL, input TEXT NOT NULL);"
        )
        for number in range(40):
            row = (f"resp_{number}", None, 0.0, "swordfish " * 500, "[]")
            old.execute("INSERT INTO response VALUES (?, ?, ?, ?, ?)", row)
        old.execute("DELETE FROM response")
        old.commit()
    assert contains(tmp_path, b"swordfish")
    store = ResponseStore(path, 30)
    assert await store.get("resp_1") is None
    await store.close()
    assert not contains(tmp_path, b"swordfish")


def contains(folder: Path, text: bytes) -> bool:
    return any(text in file.read_bytes() for file in folder.iterdir())


async def test_those_older_than_an_age_can_be_deleted(tmp_path: Path) -> None:
    now = 1_000_000.0
    store = ResponseStore(tmp_path / "r.sqlite3", 30, now=lambda: now)
    await put(store, 1)
    now += 3 * DAY
    await put(store, 2)
    assert await store.forget(older_than=2 * DAY) == 1
    assert (await store.count())[1] == 1
    assert await store.forget() == 2, "the first is still in memory: there, it is not that old"
    assert await store.count() == (0, 0)
    await store.close()


async def test_memory_is_limited_by_number_size_and_time() -> None:
    elapsed = 0.0
    limits = Limits(seconds=3_600, count=250, size=2_000_000)
    store = ResponseStore(None, 0, in_memory=limits, monotonic=lambda: elapsed)
    await put(store, *range(400), on_disk=False)
    kept = await list_stored(store, range(400))
    assert kept == list(range(150, 400))
    await put(store, 400, 401, 402, on_disk=False, text="x" * 500_000)
    assert await list_stored(store, range(403)) == [402], "each is stored with its item"
    elapsed += 3_601
    await store.expire()
    assert await list_stored(store, range(403)) == []
    await store.close()


async def test_responses_on_disk_are_limited_by_number_and_age(tmp_path: Path) -> None:
    path, now = tmp_path / "r.sqlite3", 1_000_000.0
    store = ResponseStore(path, 30, max_responses=120, now=lambda: now)
    await put(store, *range(200))
    store = await reopen(store, path, max_responses=120, now=lambda: now)
    assert await list_stored(store, range(200)) == list(range(80, 200))
    for _ in range(5):
        now += 7 * DAY
        await put(store, int(now))
        await store.expire()
    assert (await store.count())[1] == 120 // 2, "the older half at once"
    for _ in range(7):
        await store.expire()
    store = await reopen(store, path, now=lambda: now)
    assert await list_stored(store, range(200)) == []
    await store.close()


@pytest.mark.parametrize("years", [5, -5])
async def test_a_clock_that_jumps_deletes_nothing_that_is_recent(
    tmp_path: Path, years: int
) -> None:
    path, right = tmp_path / "r.sqlite3", 1_790_000_000.0
    store = ResponseStore(path, 30, now=lambda: right)
    await put(store, *range(10))
    wrong = right + years * 365 * DAY
    store = await reopen(store, path, now=lambda: wrong)
    await put(store, 10)
    await store.expire()
    assert len(await list_stored(store, range(11))) == 11
    # And when the clock is right again.
    store = await reopen(store, path, now=lambda: right)
    await store.expire()
    assert len(await list_stored(store, range(11))) == 11
    await store.close()


async def test_a_start_deletes_half_at_most(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    store = ResponseStore(path, 30)
    await put(store, *range(10))
    await store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE response SET at = at - ?", (5 * 365 * DAY,))
    store = ResponseStore(path, 30)
    assert await list_stored(store, range(10)) == [5, 6, 7, 8, 9]
    await store.close()


async def test_with_zero_days_there_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    store = ResponseStore(path, 30)
    await put(store, 1)
    await store.close()
    store = ResponseStore(path, 0)
    await asyncio.to_thread(store.open)
    assert list(tmp_path.iterdir()) == [], "not even that of an earlier setting"
    stored = make_response(2)
    assert await store.put(stored, on_disk=True) == responses.MEMORY_ONLY
    assert stored.body["store"] is False
    assert await store.get("resp_2") == stored
    assert "Set response_days" in store.describe_missing("resp_1")
    await store.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_damaged_row_is_not_found(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "r.sqlite3"
    store = ResponseStore(path, 30)
    await put(store, *range(6))
    await store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for number, body in enumerate(("{", b"\xff\xfe", "[]", '{"id": 1}', 7)):
            row = (body, f"resp_{number}")
            other.execute("UPDATE response SET body = ? WHERE id = ?", row)
        other.execute("UPDATE item SET body = ?", (b"\xff{",))
    store = ResponseStore(path, 30)
    assert await list_stored(store, range(6)) == [5]
    assert await store.load_items(["out_5"]) == {}
    assert "The stored response 'resp_0' is damaged" in caplog.text
    await store.close()


# --- when the disk refuses


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_a_locked_file_delays_an_answer_a_little_and_the_client_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.sqlite3"
    store = ResponseStore(path, 30)
    await put(store, 1)
    monkeypatch.setattr(responses, "WRITE_SECONDS", 0.1)
    with locked(path):
        stored = make_response(2, 1)
        notice = await store.put(stored, on_disk=True)
        assert notice is not None
        assert "in memory only" in notice
        assert stored.body["store"] is False
        assert (await store.load_chain("resp_2")).count == 2
    await store.close()


async def test_a_file_that_stays_locked_is_unavailable_and_then_works_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_OPEN_SECONDS", 0.1)
    monkeypatch.setattr("bridge.store.worker.PAUSE_SECONDS", 0.2)
    path = tmp_path / "r.sqlite3"
    store = ResponseStore(path, 30)
    await put(store, 1)
    store = await reopen(store, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(3):
            with pytest.raises(StorageUnavailable, match="locked"):
                await store.get("resp_1")
        assert "cannot be opened (database is locked)" in store.problems[0]
    await asyncio.sleep(0.3)
    assert await store.get("resp_1") == make_response(1)
    await store.close()


async def test_a_full_disk_keeps_the_response_in_memory_and_the_file_readable(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.sqlite3"
    store = ResponseStore(path, 30)
    await put(store, 1)
    await limit_pages(store)
    stored = make_response(2, text="x" * 100_000)
    notice = await store.put(stored, on_disk=True)
    assert notice is not None
    assert "database or disk is full" in notice
    assert (stored.body["store"], stored.body["bridge_notice"]) == (False, notice)
    assert await store.get("resp_2") == stored
    assert await store.get("resp_1") is not None
    await limit_pages(store, 10_000)
    await put(store, 3)
    await store.close()


async def test_all_can_be_deleted_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ResponseStore(tmp_path / "r.sqlite3", 30)
    await put(store, 1)
    await limit_pages(store)
    # On a disk that is full, the log has no space for the deletion itself.
    needs_space = "INSERT INTO age_clock SELECT NULL, zeroblob(100000), 0 WHERE ?1 IS NOT ?2"
    monkeypatch.setattr(response_table, "_DELETE", (needs_space,))
    with pytest.raises(StorageUnavailable, match="full"):
        await store.forget(id="resp_1")
    assert await store.forget() == 1
    assert not list(tmp_path.iterdir())
    await store.close()


async def limit_pages(store: ResponseStore, most: int = 1) -> None:
    """Let SQLite report a full disk at its next page."""
    disk = store._disk
    assert disk is not None
    await disk.run(lambda opened: opened.execute(f"PRAGMA max_page_count = {most}").fetchall())


# --- background jobs


async def test_the_state_of_a_job_survives_and_a_killed_one_is_failed(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    store = ResponseStore(path, 30)
    running = BackgroundJob("resp_1", "claude-opus-5-5", 7)
    failed = BackgroundJob("resp_2", "claude-opus-5-5", 8, "failed", "server_error", "It rained.")
    for job in (running, failed):
        assert await store.put_job(job) is None
    store = await reopen(store, path)
    assert await store.get_job("resp_1") == running, "this process is alive"
    assert await store.get_job("resp_2") == failed
    await store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        # The process of this number has started at another time.
        other.execute(
            "UPDATE background_job SET owner = ? WHERE id = 'resp_1'", (f"{os.getpid()} 5",)
        )
    store = ResponseStore(path, 30)
    killed = await store.get_job("resp_1")
    assert killed is not None
    assert (killed.status, killed.reason) == ("failed", KILLED)
    assert await store.forget(id="resp_1") == 1
    await store.delete_job("resp_2")
    assert [await store.get_job(id) for id in ("resp_1", "resp_2", "resp_3")] == [None] * 3
    await store.close()


def test_a_response_is_durable_when_it_is_acknowledged() -> None:
    assert response_table._SCHEMA.durable

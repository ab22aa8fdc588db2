"""Stored turns: limits, restarts, damaged and unwritable files."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import stat
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bridge.store.stored_turn import StoredTurn
from bridge.store.thinking import ThinkingStore

TURN = StoredTurn("abc", ({"type": "tool_use", "id": "a", "name": "x", "input": {"é": "🙂"}},))


async def test_a_stored_turn_is_returned_until_it_is_forgotten() -> None:
    store = ThinkingStore(None, 7)
    store.put("a", TURN)
    assert await store.get(["a", "b"]) == {"a": TURN}
    store.forget(["a", "b"])
    assert await store.get(["a"]) == {}
    await store.close()


async def test_turns_survive_a_restart_in_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "data" / "thinking.sqlite3"
    store = ThinkingStore(path, 7)
    store.put("a", TURN)
    await store.close()
    reopened = ThinkingStore(path, 7)
    assert await reopened.get(["a", "b"]) == {"a": TURN}
    await reopened.close()
    if sys.platform != "win32":
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


async def test_with_zero_days_there_is_no_file(tmp_path: Path) -> None:
    store = ThinkingStore(tmp_path / "thinking.sqlite3", 0)
    store.put("a", TURN)
    await store.close()
    assert list(tmp_path.iterdir()) == []


async def test_memory_is_limited_and_the_file_has_the_rest(tmp_path: Path) -> None:
    store = ThinkingStore(tmp_path / "t.sqlite3", 7, max_in_memory=2)
    for id in "abc":
        store.put(id, TURN)
    assert len(store._memory) == 2
    assert set(await store.get(list("abc"))) == set("abc")
    await store.close()


async def test_the_file_is_limited_by_number_and_age(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite3"
    store = ThinkingStore(path, 7)
    for number in range(5):
        store.put(str(number), TURN)
    await store.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE kept_turn SET at = at - 8 * 86400 WHERE call_id = '4'")
    database.close()
    reopened = ThinkingStore(path, 7, max_on_disk=2)
    assert set(await reopened.get([str(number) for number in range(5)])) == {"2", "3"}
    await reopened.close()


async def test_a_damaged_file_is_renamed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "t.sqlite3"
    path.write_bytes(b"this is not a database, but long enough to be read" * 50)
    store = ThinkingStore(path, 7)
    with caplog.at_level(logging.WARNING):
        assert await store.get(["a"]) == {}
    store.put("a", TURN)
    await store.close()
    assert "it was renamed to t.sqlite3.damaged-" in caplog.text
    assert len(list(tmp_path.glob("t.sqlite3.damaged-*"))) == 1
    reopened = ThinkingStore(path, 7)
    assert await reopened.get(["a"]) == {"a": TURN}
    await reopened.close()


async def test_an_unwritable_folder_is_only_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    store = ThinkingStore(tmp_path / "file" / "t.sqlite3", 7)
    with caplog.at_level(logging.WARNING):
        store.put("a", TURN)
        assert await store.get(["a", "b"]) == {"a": TURN}
        await store.close()
    assert "could not be stored" in caplog.text


def wait_for_rows(path: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=1)) as database:
            if database.execute("SELECT 1 FROM kept_turn").fetchone() is not None:
                return
        time.sleep(0.05)
    raise AssertionError("nothing was written")


async def test_a_killed_process_leaves_a_readable_file(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite3"
    program = (
        "import sys, time; from pathlib import Path\n"
        "from bridge.store.stored_turn import StoredTurn\n"
        "from bridge.store.thinking import ThinkingStore\n"
        "store = ThinkingStore(Path(sys.argv[1]), 7)\n"
        "for n in range(100000):\n"
        "    store.put(str(n), StoredTurn('p', ({'n': n},)))\n"
        "    time.sleep(0.001)\n"
    )
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path))
        # Until some are on disk; then it dies while it writes.
        await asyncio.to_thread(wait_for_rows, path)
        process.kill()
        await process.wait()
    store = ThinkingStore(path, 7)
    assert await store.get(["0"]) == {"0": StoredTurn("p", ({"n": 0},))}
    await store.close()
    assert list(tmp_path.glob("*.damaged-*")) == []

"""Kept turns: found again, bounded, there after a restart, and never in anybody's way."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from bridge.store.stored_turn import StoredTurn
from bridge.store.thinking import ThinkingStore

TURN = StoredTurn("abc", ({"type": "tool_use", "id": "a", "name": "x", "input": {"é": "🙂"}},))


async def test_what_is_put_is_found_and_nothing_else() -> None:
    store = ThinkingStore(None, 7)
    store.put("a", TURN)
    assert await store.get(["a", "b"]) == {"a": TURN}
    store.forget(["a", "b"])
    assert await store.get(["a"]) == {}
    await store.close()


async def test_it_is_there_after_a_restart_in_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "data" / "thinking.sqlite3"
    store = ThinkingStore(path, 7)
    store.put("a", TURN)
    await store.close()
    again = ThinkingStore(path, 7)
    assert await again.get(["a", "b"]) == {"a": TURN}
    await again.close()
    if sys.platform != "win32":
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


async def test_no_days_means_no_file(tmp_path: Path) -> None:
    store = ThinkingStore(tmp_path / "thinking.sqlite3", 0)
    store.put("a", TURN)
    await store.close()
    assert list(tmp_path.iterdir()) == []


async def test_memory_is_bounded_and_the_file_remembers(tmp_path: Path) -> None:
    store = ThinkingStore(tmp_path / "t.sqlite3", 7, most_in_memory=2)
    for id in "abc":
        store.put(id, TURN)
    assert len(store._memory) == 2
    assert set(await store.get(list("abc"))) == set("abc")
    await store.close()


async def test_the_file_is_bounded_by_number_and_age(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite3"
    store = ThinkingStore(path, 7)
    for number in range(5):
        store.put(str(number), TURN)
    await store.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE kept_turn SET at = at - 8 * 86400 WHERE call_id = '4'")
    database.close()
    again = ThinkingStore(path, 7, most_on_disk=2)
    assert set(await again.get([str(number) for number in range(5)])) == {"2", "3"}
    await again.close()


async def test_a_damaged_file_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "t.sqlite3"
    path.write_bytes(b"this is no database, but long enough to be looked at" * 50)
    store = ThinkingStore(path, 7)
    with caplog.at_level(logging.WARNING):
        assert await store.get(["a"]) == {}
    store.put("a", TURN)
    await store.close()
    assert "is kept as t.sqlite3.damaged-" in caplog.text
    assert len(list(tmp_path.glob("t.sqlite3.damaged-*"))) == 1
    again = ThinkingStore(path, 7)
    assert await again.get(["a"]) == {"a": TURN}
    await again.close()


async def test_a_folder_that_cannot_be_written_is_only_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    store = ThinkingStore(tmp_path / "file" / "t.sqlite3", 7)
    with caplog.at_level(logging.WARNING):
        store.put("a", TURN)
        assert await store.get(["a", "b"]) == {"a": TURN}
        await store.close()
    assert "could not be kept" in caplog.text


async def test_killed_at_any_moment_it_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite3"
    program = (
        "import sys, time; from pathlib import Path\n"
        "from bridge.store.stored_turn import StoredTurn\n"
        "from bridge.store.thinking import ThinkingStore\n"
        "store = ThinkingStore(Path(sys.argv[1]), 7)\n"
        "for n in range(100000): store.put(str(n), StoredTurn('p', ({'n': n},)))\n"
        "time.sleep(60)\n"
    )
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path))
        await asyncio.sleep(0.6)
        process.kill()
        await process.wait()
    store = ThinkingStore(path, 7)
    assert await store.get(["0"]) == {"0": StoredTurn("p", ({"n": 0},))}
    await store.close()
    assert list(tmp_path.glob("*.damaged-*")) == []

"""Kept responses: chains, bounds, what a restart and a damaged file leave."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.store.responses import ResponseStore, StoredResponse


def stored(number: int, previous: int | None = None) -> StoredResponse:
    body: dict[str, Any] = {"id": f"resp_{number}", "output": [{"id": f"out_{number}"}]}
    given = ({"id": f"in_{number}"},)
    return StoredResponse(body, given, f"resp_{previous}" if previous is not None else None)


def ids(items: Any) -> list[str]:
    return [item["id"] for item in items]


async def test_a_chain_is_everything_in_order(tmp_path: Path) -> None:
    store = ResponseStore(tmp_path / "r.sqlite3", 30)
    store.put(stored(1))
    store.put(stored(2, 1))
    store.put(stored(3, 2))
    assert ids(await store.chain("resp_3")) == ["in_1", "out_1", "in_2", "out_2", "in_3", "out_3"]
    assert await store.chain("resp_4") is None
    assert await store.items(["out_2", "out_9"]) == {"out_2": {"id": "out_2"}}
    await store.close()


async def test_what_is_deleted_is_gone_with_its_items(tmp_path: Path) -> None:
    store = ResponseStore(tmp_path / "r.sqlite3", 30)
    store.put(stored(1))
    store.put(stored(2, 1))
    assert await store.delete("resp_1")
    assert not await store.delete("resp_1")
    assert await store.get("resp_1") is None
    assert await store.items(["out_1"]) == {}
    assert await store.chain("resp_2") is None, "half a conversation is none"
    await store.close()


async def test_it_is_bounded_by_number_and_by_age(tmp_path: Path) -> None:
    now = 1_000_000.0
    store = ResponseStore(tmp_path / "r.sqlite3", 1, most=120, now=lambda: now)
    for number in range(150):
        store.put(stored(number))
    assert await store.get("resp_149") is not None
    now += 86_401
    for number in range(150, 301):
        store.put(stored(number))
    assert await store.get("resp_149") is None
    kept = [n for n in range(301) if await store.get(f"resp_{n}") is not None]
    assert kept == list(range(kept[0], 301))
    assert len(kept) <= 220
    await store.close()


async def test_it_is_there_after_a_restart_and_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "data" / "r.sqlite3"
    store = ResponseStore(path, 30)
    store.put(stored(1))
    await store.close()
    again = ResponseStore(path, 30)
    found = await again.get("resp_1")
    assert found == stored(1)
    await again.close()
    if sys.platform != "win32":
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


async def test_no_days_means_no_file(tmp_path: Path) -> None:
    store = ResponseStore(tmp_path / "r.sqlite3", 0)
    store.put(stored(1))
    assert await store.get("resp_1") == stored(1)
    await store.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_damaged_file_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "r.sqlite3"
    path.write_bytes(b"this is no database, and long enough not to be an empty one" * 40)
    store = ResponseStore(path, 30)
    store.put(stored(1))
    assert await store.get("resp_1") == stored(1)
    await store.close()
    assert "damaged" in caplog.text


async def test_one_that_cannot_be_written_is_told_and_harms_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = ResponseStore(tmp_path / "r.sqlite3", 30)
    store.put(stored(1))
    store.put(stored(1))
    store.put(stored(2))
    assert await store.get("resp_2") == stored(2)
    assert "could not be kept in responses" in caplog.text
    await store.close()

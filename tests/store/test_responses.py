"""Stored responses: chains, limits, restarts and damaged files."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.store.responses import ResponseStore, StoredResponse


def make_response(number: int, previous: int | None = None) -> StoredResponse:
    body: dict[str, Any] = {"id": f"resp_{number}", "output": [{"id": f"out_{number}"}]}
    input = ({"id": f"in_{number}"},)
    return StoredResponse(body, input, f"resp_{previous}" if previous is not None else None)


def list_ids(items: Any) -> list[str]:
    return [item["id"] for item in items]


async def test_a_chain_has_all_items_in_order(tmp_path: Path) -> None:
    store = ResponseStore(tmp_path / "r.sqlite3", 30)
    store.put(make_response(1))
    store.put(make_response(2, 1))
    store.put(make_response(3, 2))
    assert list_ids(await store.load_chain("resp_3")) == [
        "in_1",
        "out_1",
        "in_2",
        "out_2",
        "in_3",
        "out_3",
    ]
    assert await store.load_chain("resp_4") is None
    assert await store.load_items(["out_2", "out_9"]) == {"out_2": {"id": "out_2"}}
    await store.close()


async def test_a_response_is_deleted_with_its_items(tmp_path: Path) -> None:
    store = ResponseStore(tmp_path / "r.sqlite3", 30)
    store.put(make_response(1))
    store.put(make_response(2, 1))
    assert await store.delete("resp_1")
    assert not await store.delete("resp_1")
    assert await store.get("resp_1") is None
    assert await store.load_items(["out_1"]) == {}
    assert await store.load_chain("resp_2") is None, (
        "a chain with a missing response is not returned"
    )
    await store.close()


async def test_responses_are_limited_by_number_and_age(tmp_path: Path) -> None:
    now = 1_000_000.0
    store = ResponseStore(tmp_path / "r.sqlite3", 1, max_responses=120, now=lambda: now)
    for number in range(150):
        store.put(make_response(number))
    assert await store.get("resp_149") is not None
    now += 86_401
    for number in range(150, 301):
        store.put(make_response(number))
    assert await store.get("resp_149") is None
    remaining = [n for n in range(301) if await store.get(f"resp_{n}") is not None]
    assert remaining == list(range(remaining[0], 301))
    assert len(remaining) <= 220
    await store.close()


async def test_responses_survive_a_restart_in_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "data" / "r.sqlite3"
    store = ResponseStore(path, 30)
    store.put(make_response(1))
    await store.close()
    reopened = ResponseStore(path, 30)
    restored = await reopened.get("resp_1")
    assert restored == make_response(1)
    await reopened.close()
    if sys.platform != "win32":
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


async def test_with_zero_days_there_is_no_file(tmp_path: Path) -> None:
    store = ResponseStore(tmp_path / "r.sqlite3", 0)
    store.put(make_response(1))
    assert await store.get("resp_1") == make_response(1)
    await store.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_damaged_file_is_renamed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "r.sqlite3"
    path.write_bytes(b"this is not a database, but long enough to be read" * 40)
    store = ResponseStore(path, 30)
    store.put(make_response(1))
    assert await store.get("resp_1") == make_response(1)
    await store.close()
    assert "damaged" in caplog.text


async def test_a_failed_write_is_logged_and_affects_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = ResponseStore(tmp_path / "r.sqlite3", 30)
    store.put(make_response(1))
    store.put(make_response(1))
    store.put(make_response(2))
    assert await store.get("resp_2") == make_response(2)
    assert "A response could not be stored" in caplog.text
    await store.close()

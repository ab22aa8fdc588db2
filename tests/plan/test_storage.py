"""What is stored of a plan, and what a file may have become."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bridge.plan.state import PlanState
from bridge.plan.storage import PlanRecord, PlanStorage
from bridge.wire.usage import PlanWindow

NOW = 1_000_000.0
WINDOW = PlanWindow(name="five_hour", used=0.5, resets_at=NOW + 60)
RECORD = PlanRecord(
    PlanState((WINDOW,), "in_use", "five_hour", NOW + 60, NOW),
    "window",
    NOW + 60,
    frozenset({"five_hour:0.8:1000060"}),
)


async def store(path: Path, record: PlanRecord = RECORD) -> None:
    storage = PlanStorage(path)
    storage.save("default", record)
    await storage.close()


async def load(path: Path, now: float = NOW) -> dict[str, PlanRecord]:
    storage = PlanStorage(path)
    try:
        return await storage.load(now)
    finally:
        await storage.close()


async def test_a_record_is_the_same_after_a_restart(tmp_path: Path) -> None:
    await store(tmp_path / "plan")
    assert await load(tmp_path / "plan") == {"default": RECORD}


async def test_a_window_that_was_reset_meanwhile_is_left_out(tmp_path: Path) -> None:
    await store(tmp_path / "plan")
    (record,) = (await load(tmp_path / "plan", NOW + 60)).values()
    assert record.state.windows == ()


async def test_no_file_is_made_by_reading(tmp_path: Path) -> None:
    assert await load(tmp_path / "plan") == {}
    assert not (tmp_path / "plan").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{",
        '{"agreement": "perhaps"}',
        '{"state": {"windows": [{"name": "five_hour", "used": "much", "resets_at": 1}]}}',
        '{"agreed_until": "never"}',
    ],
)
async def test_a_record_that_cannot_be_read_is_left_out(tmp_path: Path, text: str) -> None:
    await store(tmp_path / "plan")
    with closing(sqlite3.connect(tmp_path / "plan")) as database, database:
        database.execute("UPDATE plan SET record = ?", (text,))
    assert await load(tmp_path / "plan") == {}


@pytest.mark.parametrize("used", ["NaN", "Infinity", "-1"])
async def test_a_window_with_an_impossible_value_is_left_out(tmp_path: Path, used: str) -> None:
    await store(tmp_path / "plan")
    with closing(sqlite3.connect(tmp_path / "plan")) as database, database:
        (text,) = database.execute("SELECT record FROM plan").fetchone()
        database.execute(
            "UPDATE plan SET record = ?", (text.replace('"used":0.5', f'"used":{used}'),)
        )
    for record in (await load(tmp_path / "plan")).values():
        assert record.state.windows == ()

"""Opening a store's file: whatever is in its place, it is renamed and the store works."""

from __future__ import annotations

import os
import random
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bridge.store import database
from bridge.store.damaged_files import SIDE_FILES, delete_damaged, rename_damaged
from bridge.store.database import Schema, open_database
from bridge.store.ledger import Entry, Ledger
from bridge.store.responses import ResponseStore
from bridge.store.stored_turn import StoredTurn
from bridge.store.thinking import ThinkingStore
from tests.store.test_responses import make_response

ENTRY = Entry(time.time(), "m", "c", "b", 1, 2, 3, 4, 5, "stop", 6, None)
TURN = StoredTurn("abc", ({"type": "text", "text": "x" * 3_000},))

Store = ResponseStore | ThinkingStore | Ledger


def open_store(kind: str, path: Path) -> Any:
    match kind:
        case "responses":
            return ResponseStore(path, 30)
        case "thinking":
            return ThinkingStore(path, 7, max_in_memory=1)
    return Ledger(path)


def find_damaged(path: Path) -> list[Path]:
    found = path.parent.glob(f"{path.name}.damaged-*")
    return sorted(file for file in found if not file.name.endswith(SIDE_FILES))


async def write(store: Store, number: int) -> None:
    match store:
        case ResponseStore():
            await store.put(make_response(number, text="x" * 3_000), on_disk=True)
        case ThinkingStore():
            store.put(f"call_{number}", TURN)
        case Ledger():
            store.put(ENTRY)


async def count(store: Store) -> int:
    if isinstance(store, Ledger):
        return len(await store.list_recent(1_000))
    return (await store.count())[1]


async def fill(kind: str, path: Path, rows: int) -> None:
    store = open_store(kind, path)
    for number in range(rows):
        await write(store, number)
    assert await count(store) == rows
    await store.close()


def spoil_pages(path: Path, share: float = 0.8) -> None:
    """Overwrite the beginnings of pages, except the first."""
    chance, data = random.Random(5), bytearray(path.read_bytes())  # noqa: S311
    for page in range(1, len(data) // 4096):
        if chance.random() < share:
            data[page * 4096 : page * 4096 + 200] = chance.randbytes(200)
    path.write_bytes(data)


def spoil_header(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[:200] = bytes(200)
    path.write_bytes(data)


def write_text(path: Path) -> None:
    path.write_text("this is not a database, but long enough to be read" * 200)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 4096 * 2 + 100])


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "note.txt").write_text("the user's own")


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def empty_with_log(path: Path) -> None:
    path.with_name(path.name + "-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(5_000))
    path.write_bytes(b"")


def make_log_a_folder(path: Path) -> None:
    path.with_name(path.name + "-wal").mkdir()


def run_sql(*statements: str) -> Callable[[Path], None]:
    def run(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            for statement in statements:
                other.execute(statement)

    return run


def replace_by(*statements: str) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.unlink()
        run_sql(*statements)(path)

    return replace


DAMAGES: list[Callable[[Path], None]] = [
    spoil_pages,
    spoil_header,
    write_text,
    cut_off,
    make_folder,
    make_pipe,
    make_loop,
    empty_with_log,
    make_log_a_folder,
    run_sql("PRAGMA user_version = 99"),
    replace_by("CREATE TABLE photos (name)", "INSERT INTO photos VALUES ('cat')"),
    replace_by(
        "CREATE TABLE response (words)",
        "CREATE TABLE kept_turn (words)",
        "CREATE TABLE answered (words)",
    ),
    replace_by(
        "CREATE VIEW response AS SELECT 1 AS id",
        "CREATE VIEW kept_turn AS SELECT 1 AS id",
        "CREATE VIEW answered AS SELECT 1 AS id",
    ),
]


@pytest.mark.parametrize("kind", ["responses", "thinking", "ledger"])
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
async def test_a_file_that_cannot_be_used_is_renamed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / f"{kind}.sqlite3"
    await fill(kind, path, 40)
    damage(path)
    store = open_store(kind, path)
    assert await count(store) == 0
    await write(store, 1_000)
    assert await count(store) == 1
    [problem] = store.problems
    [damaged] = find_damaged(path)
    assert f"it was renamed to {damaged.name}" in problem
    assert problem in caplog.text
    await store.close()
    store = open_store(kind, path)
    assert await count(store) == 1
    assert store.problems == []
    await store.close()


@pytest.mark.parametrize("kind", ["responses", "thinking", "ledger"])
@pytest.mark.parametrize(
    "damage",
    [spoil_pages, write_text, run_sql("DROP TABLE IF EXISTS response"), spoil_header],
    ids=["pages", "text", "table", "header"],
)
async def test_damage_while_the_bridge_runs_loses_no_later_write(
    tmp_path: Path, kind: str, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / f"{kind}.sqlite3"
    await fill(kind, path, 60)
    store = open_store(kind, path)
    await count(store)
    damage(path)
    for number in range(1_000, 1_050):
        await write(store, number)
    found = await count(store)
    await store.close()
    store = open_store(kind, path)
    # SQLite may have what it needs in memory: then it meets the damage at the next opening only.
    if not find_damaged(path):
        assert found >= 50
    else:
        for number in range(1_000, 1_050):
            if isinstance(store, ResponseStore):
                assert await store.put(make_response(number), on_disk=True) is None
    await store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
@pytest.mark.parametrize("kind", ["responses", "thinking", "ledger"])
@pytest.mark.parametrize("folder", [False, True], ids=["file", "folder"])
async def test_a_file_that_is_deleted_while_the_bridge_runs_is_made_again(
    tmp_path: Path, kind: str, folder: bool
) -> None:
    path = tmp_path / "data" / f"{kind}.sqlite3"
    await fill(kind, path, 3)
    store = open_store(kind, path)
    assert await count(store) == 3
    for file in list(path.parent.iterdir()):
        file.unlink()
    if folder:
        path.parent.rmdir()
    await write(store, 1_000)
    assert await count(store) == 1
    assert "was replaced or deleted" in store.problems[0]
    await store.close()
    store = open_store(kind, path)
    assert await count(store) == 1
    await store.close()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
async def test_a_file_without_permission_is_repaired_or_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    await fill("responses", path, 1)
    path.chmod(0o000)
    store = ResponseStore(path, 30)
    assert await count(store) == 1
    await store.close()


async def test_a_full_check_of_a_large_file_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.sqlite3"
    await fill("responses", path, 300)
    monkeypatch.setattr(database, "CHECK_SECONDS", -1.0)
    monkeypatch.setattr(database, "_CHECK_STEPS", 1)
    store = ResponseStore(path, 30)
    assert await count(store) == 300
    assert store.problems == []
    await store.close()


def test_a_file_that_another_process_has_replaced_is_not_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    schema = Schema("CREATE TABLE IF NOT EXISTS said (word TEXT);")
    write_text(path)
    replaced: list[bool] = []

    def replace_first(name: Path) -> tuple[int, int]:
        if not replaced:
            replaced.append(True)
            return (0, 0)
        return name.stat().st_dev, name.stat().st_ino

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_identify", replace_first)
        # Still damaged here, as nothing has replaced it in truth: the error is passed on.
        with pytest.raises(sqlite3.DatabaseError):
            open_database(path, schema)
    assert find_damaged(path) == []
    assert path.exists()


def test_few_damaged_files_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    for number in range(5):
        path.write_text(str(number))
        path.with_name("s.sqlite3-wal").write_text(str(number))
        rename_damaged(path, "it is damaged")
    assert [file.read_text() for file in find_damaged(path)] == ["2", "3", "4"]
    assert len(list(tmp_path.iterdir())) == 6, "each with its write-ahead log"
    assert delete_damaged(path, older_than=5.0) == 0
    assert delete_damaged(path) == 3
    assert list(tmp_path.iterdir()) == []

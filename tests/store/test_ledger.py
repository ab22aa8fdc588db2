"""The ledger: complete, summed by local days, limited in size, and never blocking."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.store.ledger import DayTotal, Entry, Ledger, Totals, parse_client_name

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
DAY = 86_400
ENTRY = Entry(
    at=NOON,
    model="claude-opus-5-5",
    client="openai-python",
    backend="api",
    input_tokens=10,
    cache_write_tokens=20,
    cache_read_tokens=30,
    output_tokens=40,
    cost=946,
    outcome="stop",
    milliseconds=1_500,
    first_chunk_milliseconds=300,
)
NO_TOTALS = Totals(0, 0, 0, 0, 0, 0, 0)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """A function that sets the local time zone."""
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be set here")

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


def make_ledger(path: Path | None = None, *, now: float = NOON, **bounds: int) -> Ledger:
    return Ledger(path, now=lambda: now, **bounds)


async def test_an_entry_has_the_access_key_of_its_client(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger", max_rows=1)
    ledger.put(replace(ENTRY, key="cursor"))
    assert [entry.key for entry in await ledger.list_recent(1)] == ["cursor"]
    ledger.put(ENTRY)
    assert [entry.key for entry in await ledger.list_recent(1)] == [""]
    await ledger.forget_all()
    await ledger.close()
    with closing(sqlite3.connect(tmp_path / "ledger")) as database:
        assert database.execute("SELECT COUNT(*) FROM answered_key").fetchone() == (0,)


async def test_sums_by_access_key_are_of_the_last_days() -> None:
    ledger = make_ledger()
    ledger.put(ENTRY)
    ledger.put(replace(ENTRY, key="cursor"))
    ledger.put(replace(ENTRY, key="cursor", model="claude-haiku-5-5", at=NOON - DAY))
    ledger.put(replace(ENTRY, key="old", at=NOON - 30 * DAY))
    totals = await ledger.sum_by_key(30)
    assert [(total.key, total.totals.requests, total.totals.cost) for total in totals] == [
        ("cursor", 2, 1892),
        ("", 1, 946),
    ]
    assert await ledger.sum_by_key(0) == []
    await ledger.close()


async def test_a_ledger_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger")
    ledger.put(ENTRY)
    await ledger.close()
    with closing(sqlite3.connect(tmp_path / "ledger")) as database, database:
        database.execute("DROP TRIGGER answered_deleted")
        database.execute("DROP TABLE answered_key")
    reopened = make_ledger(tmp_path / "ledger")
    reopened.put(replace(ENTRY, at=NOON + 1, key="cursor"))
    assert [entry.key for entry in await reopened.list_recent(2)] == ["cursor", ""]
    assert reopened.problems == []
    await reopened.close()


async def test_entries_are_listed_newest_first() -> None:
    ledger = make_ledger()
    later = replace(ENTRY, at=NOON + 1, cost=None, first_chunk_milliseconds=None, outcome="é🙂")
    same_time = replace(later, outcome="length")
    for entry in (later, same_time, ENTRY):
        ledger.put(entry)
    assert await ledger.list_recent(10) == [same_time, later, ENTRY]
    assert await ledger.list_recent(1) == [same_time]
    await ledger.close()


async def test_an_empty_ledger_has_no_entries_and_no_sums() -> None:
    ledger = make_ledger()
    assert (await ledger.list_recent(5), await ledger.sum_by_day(5), await ledger.sum_today()) == (
        [],
        [],
        NO_TOTALS,
    )
    await ledger.close()


async def test_without_a_path_there_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ledger = make_ledger()
    ledger.put(ENTRY)
    assert await ledger.list_recent(1) == [ENTRY]
    await ledger.close()
    assert list(tmp_path.iterdir()) == []


async def test_entries_survive_a_restart_in_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "data" / "ledger.sqlite3"
    ledger = make_ledger(path)
    ledger.put(ENTRY)
    await ledger.list_recent(1)
    if sys.platform != "win32":
        assert {stat.S_IMODE(os.stat(file).st_mode) for file in path.parent.iterdir()} == {0o600}
    await ledger.close()
    reopened = make_ledger(path)
    assert await reopened.list_recent(10) == [ENTRY]
    await reopened.close()


async def test_a_day_is_summed_by_model_backend_and_client(zone: Callable[[str], None]) -> None:
    zone("UTC")
    ledger = make_ledger()
    for entry in (
        ENTRY,
        replace(ENTRY, cost=None),
        replace(ENTRY, client="curl"),
        replace(ENTRY, backend="claude_code"),
        replace(ENTRY, model="claude-haiku-5-5"),
        replace(ENTRY, at=NOON - DAY),
    ):
        ledger.put(entry)
    one = Totals(1, 10, 20, 30, 40, 946, 0)
    two = Totals(2, 20, 40, 60, 80, 946, 1)
    assert await ledger.sum_by_day(2) == [
        DayTotal("2026-11-23", "claude-haiku-5-5", "api", "openai-python", one),
        DayTotal("2026-11-23", "claude-opus-5-5", "api", "curl", one),
        DayTotal("2026-11-23", "claude-opus-5-5", "api", "openai-python", two),
        DayTotal("2026-11-23", "claude-opus-5-5", "claude_code", "openai-python", one),
        DayTotal("2026-11-22", "claude-opus-5-5", "api", "openai-python", one),
    ]
    assert len(await ledger.sum_by_day(1)) == 4
    assert await ledger.sum_today() == Totals(5, 50, 100, 150, 200, 4 * 946, 1)
    await ledger.close()


@pytest.mark.parametrize(
    ("name", "day", "today"),
    [("UTC", "2026-11-23", 1), ("XXX-14", "2026-11-24", 1), ("XXX+13", "2026-11-22", 1)],
)
async def test_days_are_local_calendar_days(
    zone: Callable[[str], None], name: str, day: str, today: int
) -> None:
    zone(name)
    ledger = make_ledger()
    ledger.put(ENTRY)
    assert [total.day for total in await ledger.sum_by_day(1)] == [day]
    assert (await ledger.sum_today()).requests == today
    await ledger.close()


async def test_a_day_of_25_hours_begins_at_local_midnight(
    zone: Callable[[str], None],
) -> None:
    zone("CET-1CEST,M3.5.0,M10.5.0/3")
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC).timestamp()
    ledger = make_ledger(now=midnight + 25 * 3_600 - 1)
    for at in (midnight - 1, midnight, midnight + 25 * 3_600 - 1):
        ledger.put(replace(ENTRY, at=at))
    assert (await ledger.sum_today()).requests == 2
    days = [(total.day, total.totals.requests) for total in await ledger.sum_by_day(9)]
    assert days == [("2026-10-25", 2), ("2026-10-24", 1)]
    await ledger.close()


async def test_rows_are_limited_by_age_and_number(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    ledger = make_ledger(path)
    for age in (401, 399, 3, 2, 1):
        ledger.put(replace(ENTRY, at=NOON - age * DAY))
    await ledger.close()
    reopened = make_ledger(path)
    assert [(NOON - entry.at) / DAY for entry in await reopened.list_recent(9)] == [1, 2, 3, 399]
    await reopened.close()
    few = make_ledger(path, keep_days=30, max_rows=2)
    assert [(NOON - entry.at) / DAY for entry in await few.list_recent(9)] == [1, 2]
    await few.close()


async def test_old_rows_are_deleted_while_it_runs() -> None:
    ledger = make_ledger(max_rows=10)
    for number in range(1_000):
        ledger.put(replace(ENTRY, milliseconds=number))
    assert [entry.milliseconds for entry in await ledger.list_recent(20)] == list(
        range(999, 989, -1)
    )
    await ledger.close()


@pytest.mark.parametrize("count", [-1, 0])
async def test_a_count_below_one_returns_nothing(count: int) -> None:
    ledger = make_ledger()
    ledger.put(ENTRY)
    assert (await ledger.list_recent(count), await ledger.sum_by_day(count)) == ([], [])
    await ledger.close()


async def test_a_huge_count_is_limited() -> None:
    ledger = make_ledger()
    for _ in range(1_001):
        ledger.put(ENTRY)
    assert len(await ledger.list_recent(10**30)) == 1_000
    assert (await ledger.sum_by_day(10**30))[0].totals.requests == 1_001
    await ledger.close()


async def test_texts_are_cut_so_that_they_cannot_contain_messages() -> None:
    ledger = make_ledger()
    long = "what was said " * 1_000
    ledger.put(replace(ENTRY, model=long, client=long, backend=long, outcome=long))
    [entry] = await ledger.list_recent(1)
    assert len(entry.client) == 40
    assert {len(word) for word in (entry.model, entry.backend, entry.outcome)} == {100}
    await ledger.close()


async def test_concurrent_puts_are_all_written(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger.sqlite3")

    def put(first: int) -> None:
        for number in range(first, first + 100):
            ledger.put(replace(ENTRY, milliseconds=number))

    await asyncio.gather(*(asyncio.to_thread(put, first) for first in range(0, 800, 100)))
    assert {entry.milliseconds for entry in await ledger.list_recent(1_000)} == set(range(800))
    assert (await ledger.sum_today()).requests == 800
    await ledger.close()


async def test_two_ledgers_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    first, second = make_ledger(path), make_ledger(path)
    for _ in range(100):
        first.put(ENTRY)
        second.put(ENTRY)
    await asyncio.gather(first.close(), second.close())
    reopened = make_ledger(path)
    assert len(await reopened.list_recent(1_000)) == 200
    await reopened.close()


async def test_a_locked_file_does_not_block_puts_or_the_event_loop(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    ledger = make_ledger(path)
    ledger.put(ENTRY)
    await ledger.list_recent(1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.perf_counter()
    for _ in range(1_000):
        ledger.put(ENTRY)
    assert time.perf_counter() - started < 4
    today = asyncio.create_task(ledger.sum_today())
    ticks = 0
    while time.perf_counter() - started < 0.8:
        await asyncio.sleep(0.01)
        ticks += 1
    assert ticks > 30
    assert not today.done()
    other.execute("COMMIT")
    other.close()
    assert (await today).requests == 1_001
    await ledger.close()


async def test_close_writes_everything_and_later_puts_are_only_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ledger.sqlite3"
    ledger = make_ledger(path)
    for _ in range(500):
        ledger.put(ENTRY)
    await ledger.close()
    with caplog.at_level(logging.WARNING):
        ledger.put(ENTRY)
    assert "The ledger is closed" in caplog.text
    reopened = make_ledger(path)
    assert len(await reopened.list_recent(1_000)) == 500
    await reopened.close()


async def test_a_damaged_file_is_renamed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(b"this is not a database, but long enough to be read" * 50)
    ledger = make_ledger(path)
    with caplog.at_level(logging.WARNING):
        assert await ledger.list_recent(1) == []
    ledger.put(ENTRY)
    await ledger.close()
    assert "it was renamed to ledger.sqlite3.damaged-" in caplog.text
    assert len(list(tmp_path.glob("ledger.sqlite3.damaged-*"))) == 1
    reopened = make_ledger(path)
    assert await reopened.list_recent(1) == [ENTRY]
    await reopened.close()


async def test_an_unwritable_folder_is_only_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    ledger = make_ledger(tmp_path / "file" / "ledger.sqlite3")
    with caplog.at_level(logging.WARNING):
        ledger.put(ENTRY)
        assert (await ledger.list_recent(1), await ledger.sum_today()) == ([], NO_TOTALS)
        await ledger.close()
    assert "A request is not in the ledger" in caplog.text
    assert "The ledger could not be read" in caplog.text


async def test_a_killed_process_leaves_a_readable_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    program = (
        "import sys, time; from pathlib import Path\n"
        "from bridge.store.ledger import Entry, Ledger\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "for n in range(100000):\n"
        "    ledger.put(Entry(time.time(), 'm', 'c', 'b', 1, 2, 3, 4, 5, 'stop', n, None))\n"
        "time.sleep(60)\n"
    )
    counts = []
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path))
        await wait_until_it_grows(path)
        process.kill()
        await process.wait()
        ledger = Ledger(path)
        counts.append((await ledger.sum_by_day(2))[0].totals.requests)
        assert (await ledger.list_recent(1))[0].input_tokens == 1
        await ledger.close()
    assert counts == sorted(set(counts))
    assert max(counts) < 300_000
    assert list(tmp_path.glob("*.damaged-*")) == []


async def wait_until_it_grows(path: Path) -> None:
    """Wait until the write-ahead log has grown, and a little longer."""
    log = path.with_name(path.name + "-wal")
    while not log.exists() or log.stat().st_size < 100_000:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("OpenAI/Python 3.54.0", "openai-python"),
        ("AsyncOpenAI/Python 3.54.0", "openai-python"),
        ("AsyncAnthropic/Python 2.12.0", "anthropic-python"),
        ("OpenAI/JS 6.1.0", "openai-js"),
        ("ai-sdk/openai/5.0.1 ai-sdk/provider-utils/3.0 runtime/node.js/22", "ai-sdk-openai"),
        ("curl/8.5.0", "curl"),
        ("Python-urllib/3.11", "python-urllib"),
        ("Python/3.11 aiohttp/3.14.0", "aiohttp"),
        ("python/3.11", "python"),
        ("claude-cli/2.1.330 (external, cli)", "claude-cli"),
        ("codex_cli_rs/0.50.0 (Mac OS 15.1; arm64) iTerm", "codex_cli_rs"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "browser"),
        (
            "Mozilla/5.0 (Macintosh) AppleWebKit/537.36 (KHTML, like Gecko) Obsidian/1.9.1 "
            "Chrome/140.0.0.0 Electron/38.0.0 Safari/537.36",
            "obsidian",
        ),
        ("", "unknown"),
        ("  ", "unknown"),
        ("1.2.3", "unknown"),
        ("(only a comment)", "unknown"),
        ("日本語", "unknown"),
        ("<script>alert(1)</script>", "scriptalert"),
        ("x" * 5_000, "x" * 40),
    ],
)
def test_a_client_has_a_short_name(user_agent: str, name: str) -> None:
    assert parse_client_name(user_agent) == name

"""The ledger: every request in it, counted by local days, bounded, and never in anybody's way."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import stat
import sys
import time
from collections.abc import Callable, Iterator
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
NOTHING = Totals(0, 0, 0, 0, 0, 0, 0)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the local time zone."""
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be set here")

    def use(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield use
    monkeypatch.undo()
    time.tzset()


def ledger(path: Path | None = None, *, now: float = NOON, **bounds: int) -> Ledger:
    return Ledger(path, now=lambda: now, **bounds)


async def test_what_is_put_is_there_newest_first() -> None:
    kept = ledger()
    later = replace(ENTRY, at=NOON + 1, cost=None, first_chunk_milliseconds=None, outcome="é🙂")
    same_time = replace(later, outcome="length")
    for entry in (later, same_time, ENTRY):
        kept.put(entry)
    assert await kept.recent(10) == [same_time, later, ENTRY]
    assert await kept.recent(1) == [same_time]
    await kept.close()


async def test_an_empty_ledger_says_nothing_was_asked() -> None:
    kept = ledger()
    assert (await kept.recent(5), await kept.by_day(5), await kept.today()) == ([], [], NOTHING)
    await kept.close()


async def test_without_a_path_there_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = ledger()
    kept.put(ENTRY)
    assert await kept.recent(1) == [ENTRY]
    await kept.close()
    assert list(tmp_path.iterdir()) == []


async def test_it_is_there_after_a_restart_in_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "data" / "ledger.sqlite3"
    kept = ledger(path)
    kept.put(ENTRY)
    await kept.recent(1)
    if sys.platform != "win32":
        assert {stat.S_IMODE(os.stat(file).st_mode) for file in path.parent.iterdir()} == {0o600}
    await kept.close()
    again = ledger(path)
    assert await again.recent(10) == [ENTRY]
    await again.close()


async def test_a_day_is_added_up_by_model_backend_and_client(zone: Callable[[str], None]) -> None:
    zone("UTC")
    kept = ledger()
    for entry in (
        ENTRY,
        replace(ENTRY, cost=None),
        replace(ENTRY, client="curl"),
        replace(ENTRY, backend="claude_code"),
        replace(ENTRY, model="claude-haiku-5-5"),
        replace(ENTRY, at=NOON - DAY),
    ):
        kept.put(entry)
    one = Totals(1, 10, 20, 30, 40, 946, 0)
    two = Totals(2, 20, 40, 60, 80, 946, 1)
    assert await kept.by_day(2) == [
        DayTotal("2026-11-23", "claude-haiku-5-5", "api", "openai-python", one),
        DayTotal("2026-11-23", "claude-opus-5-5", "api", "curl", one),
        DayTotal("2026-11-23", "claude-opus-5-5", "api", "openai-python", two),
        DayTotal("2026-11-23", "claude-opus-5-5", "claude_code", "openai-python", one),
        DayTotal("2026-11-22", "claude-opus-5-5", "api", "openai-python", one),
    ]
    assert len(await kept.by_day(1)) == 4
    assert await kept.today() == Totals(5, 50, 100, 150, 200, 4 * 946, 1)
    await kept.close()


@pytest.mark.parametrize(
    ("name", "day", "today"),
    [("UTC", "2026-11-23", 1), ("XXX-14", "2026-11-24", 1), ("XXX+13", "2026-11-22", 1)],
)
async def test_a_day_is_the_local_one(
    zone: Callable[[str], None], name: str, day: str, today: int
) -> None:
    zone(name)
    kept = ledger()
    kept.put(ENTRY)
    assert [total.day for total in await kept.by_day(1)] == [day]
    assert (await kept.today()).requests == today
    await kept.close()


async def test_a_day_begins_at_local_midnight_also_when_it_has_25_hours(
    zone: Callable[[str], None],
) -> None:
    zone("CET-1CEST,M3.5.0,M10.5.0/3")
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC).timestamp()
    kept = ledger(now=midnight + 25 * 3_600 - 1)
    for at in (midnight - 1, midnight, midnight + 25 * 3_600 - 1):
        kept.put(replace(ENTRY, at=at))
    assert (await kept.today()).requests == 2
    days = [(total.day, total.totals.requests) for total in await kept.by_day(9)]
    assert days == [("2026-10-25", 2), ("2026-10-24", 1)]
    await kept.close()


async def test_rows_are_bounded_by_age_and_number(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    kept = ledger(path)
    for age in (401, 399, 3, 2, 1):
        kept.put(replace(ENTRY, at=NOON - age * DAY))
    await kept.close()
    again = ledger(path)
    assert [(NOON - entry.at) / DAY for entry in await again.recent(9)] == [1, 2, 3, 399]
    await again.close()
    few = ledger(path, keep_days=30, most_rows=2)
    assert [(NOON - entry.at) / DAY for entry in await few.recent(9)] == [1, 2]
    await few.close()


async def test_it_is_pruned_while_it_runs() -> None:
    kept = ledger(most_rows=10)
    for number in range(1_000):
        kept.put(replace(ENTRY, milliseconds=number))
    assert [entry.milliseconds for entry in await kept.recent(20)] == list(range(999, 989, -1))
    await kept.close()


@pytest.mark.parametrize("count", [-1, 0])
async def test_less_than_one_is_none(count: int) -> None:
    kept = ledger()
    kept.put(ENTRY)
    assert (await kept.recent(count), await kept.by_day(count)) == ([], [])
    await kept.close()


async def test_no_question_is_too_large() -> None:
    kept = ledger()
    for _ in range(1_001):
        kept.put(ENTRY)
    assert len(await kept.recent(10**30)) == 1_000
    assert (await kept.by_day(10**30))[0].totals.requests == 1_001
    await kept.close()


async def test_no_word_is_long_enough_to_be_content() -> None:
    kept = ledger()
    long = "what was said " * 1_000
    kept.put(replace(ENTRY, model=long, client=long, backend=long, outcome=long))
    [entry] = await kept.recent(1)
    assert len(entry.client) == 40
    assert {len(word) for word in (entry.model, entry.backend, entry.outcome)} == {100}
    await kept.close()


async def test_concurrent_puts_are_all_there(tmp_path: Path) -> None:
    kept = ledger(tmp_path / "ledger.sqlite3")

    def put(first: int) -> None:
        for number in range(first, first + 100):
            kept.put(replace(ENTRY, milliseconds=number))

    await asyncio.gather(*(asyncio.to_thread(put, first) for first in range(0, 800, 100)))
    assert {entry.milliseconds for entry in await kept.recent(1_000)} == set(range(800))
    assert (await kept.today()).requests == 800
    await kept.close()


async def test_two_programs_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    one, other = ledger(path), ledger(path)
    for _ in range(100):
        one.put(ENTRY)
        other.put(ENTRY)
    await asyncio.gather(one.close(), other.close())
    again = ledger(path)
    assert len(await again.recent(1_000)) == 200
    await again.close()


async def test_a_locked_file_holds_up_nobody(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    kept = ledger(path)
    kept.put(ENTRY)
    await kept.recent(1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.perf_counter()
    for _ in range(1_000):
        kept.put(ENTRY)
    assert time.perf_counter() - started < 0.5
    asked = asyncio.create_task(kept.today())
    ticks = 0
    while time.perf_counter() - started < 0.8:
        await asyncio.sleep(0.01)
        ticks += 1
    assert ticks > 30
    assert not asked.done()
    other.execute("COMMIT")
    other.close()
    assert (await asked).requests == 1_001
    await kept.close()


async def test_close_ends_when_all_is_written_and_later_puts_are_only_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ledger.sqlite3"
    kept = ledger(path)
    for _ in range(500):
        kept.put(ENTRY)
    await kept.close()
    with caplog.at_level(logging.WARNING):
        kept.put(ENTRY)
    assert "The ledger is closed" in caplog.text
    again = ledger(path)
    assert len(await again.recent(1_000)) == 500
    await again.close()


async def test_a_damaged_file_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(b"this is no database, but long enough to be looked at" * 50)
    kept = ledger(path)
    with caplog.at_level(logging.WARNING):
        assert await kept.recent(1) == []
    kept.put(ENTRY)
    await kept.close()
    assert "is kept as ledger.sqlite3.damaged-" in caplog.text
    assert len(list(tmp_path.glob("ledger.sqlite3.damaged-*"))) == 1
    again = ledger(path)
    assert await again.recent(1) == [ENTRY]
    await again.close()


async def test_a_folder_that_cannot_be_written_is_only_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = ledger(tmp_path / "file" / "ledger.sqlite3")
    with caplog.at_level(logging.WARNING):
        kept.put(ENTRY)
        assert (await kept.recent(1), await kept.today()) == ([], NOTHING)
        await kept.close()
    assert "A request is not in the ledger" in caplog.text
    assert "The ledger cannot be read" in caplog.text


async def test_killed_at_any_moment_it_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    program = (
        "import sys, time; from pathlib import Path\n"
        "from bridge.store.ledger import Entry, Ledger\n"
        "kept = Ledger(Path(sys.argv[1]))\n"
        "for n in range(100000):\n"
        "    kept.put(Entry(time.time(), 'm', 'c', 'b', 1, 2, 3, 4, 5, 'stop', n, None))\n"
        "time.sleep(60)\n"
    )
    counts = []
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path))
        await until_it_grows(path)
        process.kill()
        await process.wait()
        kept = Ledger(path)
        counts.append((await kept.by_day(2))[0].totals.requests)
        assert (await kept.recent(1))[0].input_tokens == 1
        await kept.close()
    assert counts == sorted(set(counts))
    assert max(counts) < 300_000
    assert list(tmp_path.glob("*.damaged-*")) == []


async def until_it_grows(path: Path) -> None:
    """Until the write-ahead log is being filled, and a little longer."""
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
        ("(only a remark)", "unknown"),
        ("日本語", "unknown"),
        ("<script>alert(1)</script>", "scriptalert"),
        ("x" * 5_000, "x" * 40),
    ],
)
def test_a_client_goes_by_a_short_name(user_agent: str, name: str) -> None:
    assert parse_client_name(user_agent) == name

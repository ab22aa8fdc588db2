"""Budgets on the dashboard, in a real browser."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

from bridge.store.ledger import Entry
from tests.conftest import StartBridge
from tests.web.chromium import run_chromium

BUDGETS = [
    {"dollars": 5, "per": "day", "key": "*", "each": True},
    {"dollars": 50, "per": "month", "at_limit": "claude-haiku-5-5"},
]
MODEL = "claude-sonnet-5-5"


async def test_each_budget_has_a_bar(start_anthropic: StartBridge, tmp_path: Path) -> None:
    bridge = await start_anthropic(budgets=json.dumps(BUDGETS))
    await bridge.budgets.load()
    entry = Entry(time.time(), MODEL, "zed", "anthropic", 1, 0, 0, 1, 5_120_000, "stop", 1, None)
    bridge.budgets.book(replace(entry, key="<b>cursor</b>"))
    bridge.budgets.book(replace(entry, key="ada", cost=1_000_000))
    async with run_chromium(tmp_path / "profile") as page:
        await page.open(f"{bridge.url}/")
        await page.wait_for("document.querySelectorAll('#budget-list meter').length === 3")
        lines = (await page.read_text("#budget-list")).splitlines()
        assert [line for line in lines if "resets" not in line and line] == [
            "Used up: requests are refused.",
            "At the limit, requests are refused.",
            "At the limit, claude-haiku-5-5 answers.",
        ]
        assert lines[0].startswith("$5.12 of $5.00 a day for access key “<b>cursor</b>”, resets ")
        bars = "[...document.querySelectorAll('#budget-list meter')].map(b => [b.value, b.max])"
        assert await page.evaluate(bars) == [[5, 5], [1, 5], [6.12, 50]]
        assert page.errors == []


async def test_without_budgets_there_is_no_section(
    start_anthropic: StartBridge, tmp_path: Path
) -> None:
    bridge = await start_anthropic()
    async with run_chromium(tmp_path / "profile") as page:
        await page.open(f"{bridge.url}/")
        await page.wait_for("document.querySelector('#state').textContent === 'Ready'")
        assert await page.evaluate("document.querySelector('#budgets').hidden")

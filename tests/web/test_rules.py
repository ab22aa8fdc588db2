"""The user's rules on the dashboard, in a real browser."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.web.chromium import Page, run_chromium

LIST = "document.querySelector('#rule-list')"
RESULT = "document.querySelector('#rule-result').textContent"
TEST_RESULT = "document.querySelector('#rule-test-result').textContent"
SETTING = {"name": "Cheap", "max_price": 15.0}
HI: Any = [{"role": "user", "content": "Hi"}]


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with run_chromium(tmp_path / "profile") as opened:
        yield opened


@pytest.fixture
async def bridge(start_anthropic: StartBridge) -> Bridge:
    return await start_anthropic(rules=[SETTING])


async def open_signed_in(page: Page, bridge: Bridge) -> None:
    await page.open_with_session(bridge)
    await page.wait_for(
        f"!document.querySelector('#rule-controls').hidden && {LIST}.children.length"
    )


async def fill(page: Page, form: str, **fields: str) -> None:
    for name, text in fields.items():
        selector = f"#{form}-{name.replace('_', '-')}"
        await page.evaluate(f"document.querySelector('{selector}').value = {json.dumps(text)}")


async def submit(page: Page, **fields: str) -> None:
    await fill(page, "rule", **fields)
    await page.evaluate("document.querySelector('#rule-save').click()")


async def click(page: Page, label: str) -> None:
    await page.evaluate(f"""document.querySelector('button[aria-label="{label}"]').click()""")


async def list_names(page: Page) -> Any:
    return await page.evaluate(
        "[...document.querySelectorAll('#rule-list .rule-name')].map(cell => cell.textContent)"
    )


async def test_rules_are_added_ordered_changed_and_removed(
    bridge: Bridge, page: Page, client: AsyncOpenAI
) -> None:
    await open_signed_in(page, bridge)
    assert "From the settings" in await page.read_text("#rule-list")
    await submit(page, name="Cursor", client="openai*", model="gpt-4o", use_model="opus")
    await page.wait_for(f"{RESULT} === 'Added Cursor.'")
    await submit(
        page, name="<b>All</b>", effort="none", computer="false", max_price="30", sign_in="work"
    )
    await page.wait_for(f"{RESULT} === 'Added <b>All</b>.'")
    assert await list_names(page) == ["Cursor", "<b>All</b>", "Cheap"]
    text = await page.read_text("#rule-list")
    assert "client openai*, model gpt-4o" in text
    assert (
        "no thinking, sign-in work, at most $30 per million output tokens, no computer use" in text
    )
    # The count is shown without a reload of the page.
    answer = await client.chat.completions.create(model="gpt-4o", messages=HI)
    assert answer.model == "claude-opus-5-5"
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.wait_for(f"{LIST}.querySelector('.rule-applied').textContent === '1'")

    await click(page, "Move <b>All</b> up")
    await page.wait_for(f"{RESULT} === 'Moved <b>All</b> up.'")
    assert await list_names(page) == ["<b>All</b>", "Cursor", "Cheap"]
    # At the top only the other button can have the focus.
    focused = "document.activeElement.getAttribute('aria-label')"
    await page.wait_for(f"{focused} === 'Move <b>All</b> down'")

    await click(page, "Change Cursor")
    assert await page.evaluate("document.querySelector('#rule-use-model').value") == "opus"
    assert await page.evaluate(f"{focused} === null && document.activeElement.id") == "rule-name"
    await submit(page, use_model="haiku", key="laptop")
    await page.wait_for(f"{RESULT} === 'Saved Cursor.'")
    assert "key laptop" in await page.read_text("#rule-list")
    await click(page, "Remove <b>All</b>")
    await page.wait_for(f"{RESULT} === 'Removed <b>All</b>.'")
    (saved,) = [entry.rule for entry in bridge.routing.listed if entry.is_saved]
    assert saved.model_dump(exclude_defaults=True) == {
        "name": "Cursor",
        "client": "openai*",
        "key": "laptop",
        "model": "gpt-4o",
        "use_model": "haiku",
    }
    assert page.errors == []


async def test_damaged_rules_are_reported_until_rules_are_saved(bridge: Bridge, page: Page) -> None:
    bridge.routing.problem = "it is no JSON"
    await open_signed_in(page, bridge)
    assert "so requests are refused" in await page.read_text("#rule-unreadable")
    await submit(page, name="Cursor", use_model="haiku")
    await page.wait_for("document.querySelector('#rule-unreadable').textContent === ''")


async def test_a_request_is_tried(bridge: Bridge, page: Page) -> None:
    await open_signed_in(page, bridge)
    await submit(page, name="Cursor", client="cursor", use_model="haiku", effort="low")
    await page.wait_for(f"{RESULT} === 'Added Cursor.'")
    button = "document.querySelector('#rule-test button').click()"
    await fill(page, "rule-test", client="Cursor", model="gpt-4o")
    await page.evaluate(button)
    words = "The rule “Cursor” applies. Model claude-haiku-5-5, backend anthropic, effort low."
    await page.wait_for(f"{TEST_RESULT} === {json.dumps(words)}")
    await fill(page, "rule-test", client="curl", model="opus")
    await page.evaluate(button)
    await page.wait_for(f"{TEST_RESULT}.includes('would be refused: The rule “Cheap” allows $15')")
    await fill(page, "rule-test", client="curl", model="bridge-echo")
    await page.evaluate(button)
    words = "No rule applies. Model bridge-echo, backend offline."
    await page.wait_for(f"{TEST_RESULT} === {json.dumps(words)}")
    assert page.errors == []


async def test_a_refused_rule_shows_the_reason_and_stays_to_be_corrected(
    bridge: Bridge, page: Page
) -> None:
    await open_signed_in(page, bridge)
    await submit(page, name="Idle", model="gpt-*")
    await page.wait_for(f"{RESULT}.includes('rule 1 (“Idle”): it changes nothing')")
    assert await page.evaluate("document.querySelector('#rule-model').value") == "gpt-*"
    await submit(page, use_model="claude-opsu")
    await page.wait_for(f"{LIST}.textContent.includes('does not exist. Did you mean')")
    assert await list_names(page) == ["Idle", "Cheap"]


async def test_without_a_session_no_rules_are_shown(bridge: Bridge, page: Page) -> None:
    await page.open(f"{bridge.url}/")
    await page.wait_for("!document.querySelector('#rule-locked').hidden")
    assert await page.evaluate("document.querySelector('#rule-controls').hidden")
    assert "Cheap" not in await page.read_text("#rules")
    await open_signed_in(page, bridge)
    bridge.page_sessions.end_all()
    await submit(page, name="Late", use_model="haiku")
    await page.wait_for("document.querySelector('#rule-controls').hidden")
    assert [entry.rule.name for entry in bridge.routing.listed] == ["Cheap"]


async def test_the_use_of_access_keys_is_shown(
    bridge: Bridge, page: Page, client: AsyncOpenAI
) -> None:
    await page.open(f"{bridge.url}/")
    await page.wait_for("document.querySelector('#state').textContent === 'Ready'")
    assert await page.evaluate("document.querySelector('#keys').hidden")
    await client.chat.completions.create(model="haiku", messages=HI)
    (entry,) = await bridge.ledger.list_recent(1)
    bridge.ledger.put(replace(entry, key="laptop", cost=2_500_000))
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.wait_for("!document.querySelector('#keys').hidden")
    rows = await page.evaluate(
        "[...document.querySelectorAll('#key-list tr')].map(row => row.innerText.split('\\t'))"
    )
    assert [(name, count) for name, count, _ in rows] == [("laptop", "1"), ("none", "1")]
    assert rows[0][2] == "$2.50"

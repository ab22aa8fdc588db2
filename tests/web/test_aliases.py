"""The user's own names on the dashboard, in a real browser."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from bridge.server.request_record import Caller
from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, run_chromium

LIST = "document.querySelector('#alias-list')"
RESULT = "document.querySelector('#alias-result').textContent"


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with run_chromium(tmp_path / "profile") as opened:
        yield opened


@pytest.fixture
async def bridge(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> Bridge:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    return await start_bridge(backend="anthropic", model_aliases={"fast": "haiku"})


async def open_signed_in(page: Page, bridge: Bridge) -> None:
    await page.open_with_session(bridge)
    await page.wait_for(f"!document.querySelector('#alias-form').hidden && {LIST}.children.length")


async def submit(page: Page, name: str, model: str) -> None:
    for field, text in (("name", name), ("model", model)):
        await page.evaluate(f"document.querySelector('#alias-{field}').value = {json.dumps(text)}")
    await page.evaluate("document.querySelector('#alias-form button').click()")


async def click(page: Page, name: str, button: str) -> None:
    await page.evaluate(
        f"""document.querySelector('button[aria-label="{button} {name}"]').click()"""
    )


async def test_names_are_added_changed_and_removed(
    bridge: Bridge, page: Page, client: AsyncOpenAI
) -> None:
    await open_signed_in(page, bridge)
    assert "From the setting model_aliases" in await page.read_text("#alias-list")
    models = await page.evaluate(
        "[...document.querySelectorAll('#alias-models option')].map(option => option.value)"
    )
    assert "claude-opus-5-5" in models
    assert not {"default", "fast", "text-embedding-3-small"} & set(models)

    await submit(page, "GPT-4o", "claude-opus-5-5")
    await page.wait_for(f"{RESULT} === 'Saved. GPT-4o now stands for claude-opus-5-5.'")
    assert "gpt-4o → claude-opus-5-5" in await page.read_text("#alias-list")
    assert (await client.models.retrieve("gpt-4o")).id == "gpt-4o"
    await page.wait_for("document.querySelector('#models').textContent.includes('gpt-4o')")

    await click(page, "gpt-4o", "Change")
    assert await page.evaluate("document.querySelector('#alias-name').readOnly")
    await submit(page, "gpt-4o", "sonnet")
    await page.wait_for(f"{LIST}.textContent.includes('sonnet')")
    assert "Answered by claude-sonnet-5-5" in await page.read_text("#alias-list")
    assert not await page.evaluate("document.querySelector('#alias-name').readOnly")

    await click(page, "gpt-4o", "Remove")
    await page.wait_for(f"{RESULT} === 'Removed gpt-4o.'")
    assert "gpt-4o" not in await page.read_text("#alias-list")
    assert bridge.aliases.saved == {}
    assert page.errors == []


async def test_a_name_of_the_settings_is_replaced_and_comes_back(
    bridge: Bridge, page: Page
) -> None:
    await open_signed_in(page, bridge)
    hidden = "document.querySelector('button[aria-label=\"Remove fast\"]').hidden"
    assert await page.evaluate(hidden)
    await click(page, "fast", "Change")
    await submit(page, "fast", "opus")
    await page.wait_for(f"{LIST}.textContent.includes('Replaces haiku of the setting')")
    assert not await page.evaluate(hidden)
    await click(page, "fast", "Remove")
    await page.wait_for(f"{RESULT}.startsWith('Removed. fast stands for haiku again')")
    assert bridge.resolve("fast", Caller()).model == "claude-haiku-5-5"


async def test_a_refused_name_shows_the_reason_and_stays_to_be_corrected(
    bridge: Bridge, page: Page
) -> None:
    await open_signed_in(page, bridge)
    await submit(page, "default", "opus")
    await page.wait_for(f"{RESULT}.startsWith('default is the active model')")
    assert await page.evaluate("document.querySelector('#alias-name').value") == "default"
    await submit(page, "typo", "claude-opsu-5-5")
    await page.wait_for(f"{LIST}.textContent.includes('does not exist. Did you mean')")
    assert "default" not in await page.read_text("#alias-list")


async def test_without_a_session_names_are_only_shown(bridge: Bridge, page: Page) -> None:
    await page.open(f"{bridge.url}/")
    await page.wait_for(f"{LIST}.children.length")
    assert await page.read_text("#alias-list") == "fast → claude-haiku-5-5"
    assert await page.evaluate("document.querySelector('#alias-form').hidden")
    assert "Unlock this page" in await page.read_text("#aliases")
    await open_signed_in(page, bridge)
    bridge.page_sessions.end_all()
    await submit(page, "quick", "haiku")
    await page.wait_for("document.querySelector('#alias-form').hidden")
    assert "control token" in await page.read_text("#alias-result")

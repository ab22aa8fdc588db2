"""The dashboard and the API page, in a real browser."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI, InternalServerError

from bridge.keys import KeyChain, Keys, NamedKey
from bridge.opening import build_page_url
from bridge.server.api.routes import ENDPOINTS
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Usage, overloaded, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, run_chromium

MODEL = "claude-opus-5-5"
DAY = 86_400


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with run_chromium(tmp_path / "profile") as opened:
        yield opened


async def create_usage(bridge: Bridge, fake: FakeAnthropic, client: AsyncOpenAI) -> None:
    """Make two answers, one failure and the usage of earlier days."""
    fake.script(
        says("one", usage=Usage(1000, 200, 300, 400)), says("two", usage=Usage(50, 7)), overloaded()
    )
    chat: Any = {"model": MODEL, "messages": [{"role": "user", "content": "My secret: 4711"}]}
    await client.chat.completions.create(**chat)
    async for _ in await client.chat.completions.create(**chat, stream=True):
        pass
    with pytest.raises(InternalServerError):
        await client.chat.completions.create(**chat)
    entry = (await bridge.ledger.list_recent(5))[-1]
    for back in range(1, 25):
        tokens = 40_000 * (back * 37 % 11)
        past = replace(entry, at=time.time() - back * DAY, cache_read_tokens=tokens)
        bridge.ledger.put(past)
        haiku = replace(past, model="claude-haiku-5-5", input_tokens=9_000 * (back % 5), cost=9000)
        bridge.ledger.put(haiku)


async def test_it_shows_status_usage_and_the_last_failure(
    bridge: Bridge, fake: FakeAnthropic, client: AsyncOpenAI, page: Page
) -> None:
    await create_usage(bridge, fake, client)
    await page.open(f"{bridge.url}/")
    await page.wait_for("document.querySelectorAll('#recent tr').length")
    assert await page.read_text("#state") == "Ready"
    assert await page.read_text("#backend") == "Anthropic API"
    assert await page.read_text("#reason") == "ANTHROPIC_API_KEY is set"
    assert await page.read_text("#today-requests") == "3"
    assert await page.read_text("#today-in") == "1.8K"
    assert await page.read_text("#today-out") == "207"
    failed, streamed, whole, *_ = (await page.read_text("#recent")).splitlines()
    assert [failed.split("\t")[place] for place in (1, 2, 4)] == [
        "openai-python", MODEL, "overloaded",
    ]  # fmt: skip
    assert streamed.split("\t")[4:7] == ["stop", "50", "7"]
    assert whole.split("\t")[3:8] == ["Anthropic API", "stop", "1.7K", "200", "$0.0096"]
    assert "Claude is overloaded. Try again" in await page.read_text("#failure")
    assert "4711" not in await page.evaluate("document.documentElement.outerHTML")
    assert page.errors == []


async def test_the_plot_has_a_bar_per_day_and_model(
    bridge: Bridge, fake: FakeAnthropic, client: AsyncOpenAI, page: Page
) -> None:
    await create_usage(bridge, fake, client)
    await page.open(f"{bridge.url}/")
    titles = "[...document.querySelectorAll('#plot rect title')].map(t => t.textContent)"
    await page.wait_for(f"{titles}.length")
    shown = await page.evaluate(titles)
    assert any(title.endswith(f"{MODEL}: 2K") for title in shown)
    assert sum("claude-haiku-5-5" in title for title in shown) == 24
    await page.evaluate("document.querySelector('input[value=cost]').click()")
    assert any(title.endswith(f"{MODEL}: $0.0099") for title in await page.evaluate(titles))
    legend = await page.read_text("#plot .legend")
    assert legend.startswith("claude-opus-5-5 $0.24")
    assert page.errors == []


async def test_a_clients_snippet_can_be_copied(bridge: Bridge, page: Page) -> None:
    await page.open(f"{bridge.url}/")
    await page.send_command(
        "Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"]
    )
    tabs = "[...document.querySelectorAll('#clients button')]"
    await page.wait_for(f"{tabs}.length")
    names = await page.evaluate(f"{tabs}.map(tab => tab.textContent)")
    assert {"Cursor", "Cline CLI", "Roo Code", "Continue", "Zed", "Open WebUI"} < set(names)
    await page.evaluate(f"{tabs}.find(tab => tab.textContent === 'Zed').click()")
    assert f'"api_url": "{bridge.url}/v1"' in await page.read_text("#client-snippet")
    await page.evaluate("document.querySelector('#copy-snippet').click()")
    await page.wait_for("document.querySelector('#copy-snippet').textContent === 'Copied'")
    assert await page.evaluate("navigator.clipboard.readText()") == await page.read_text(
        "#client-snippet"
    )


async def test_without_a_connection_it_shows_how_to_connect(
    start_bridge: StartBridge, page: Page
) -> None:
    bridge = await start_bridge()
    await page.open(f"{bridge.url}/")
    await page.wait_for("document.querySelector('#reason').textContent")
    assert await page.read_text("#state") == "Not connected to Claude"
    assert "ANTHROPIC_API_KEY" in await page.read_text("#reason")
    await page.wait_for("!document.body.classList.contains('loading')")
    assert await page.read_text("#no-requests") == "No requests yet. Connect your editor."


async def test_a_bridge_with_an_access_key_requires_it(
    start_bridge: StartBridge, page: Page
) -> None:
    chain = KeyChain(find_paths().data)
    keys = Keys(bridge=(NamedKey("default", "only-for-friends"),))
    await asyncio.to_thread(chain.save, keys)
    bridge = await start_bridge(backend="offline")
    await page.open(f"{bridge.url}/")
    await page.wait_for("!document.querySelector('#locked').hidden")
    assert await page.read_text("#state") == "Access key required"
    await page.evaluate("document.querySelector('#key').value = 'only-for-friends'")
    await page.evaluate("document.querySelector('#locked button').click()")
    await page.wait_for("document.querySelector('#models').textContent.includes('bridge-echo')")
    await page.wait_for("document.querySelector('#locked').hidden")
    assert "key" not in await page.evaluate("location.href")


async def test_it_shows_that_the_bridge_is_not_running(
    start_bridge: StartBridge, page: Page
) -> None:
    bridge = await start_bridge()
    await page.open(f"{bridge.url}/")
    await page.wait_for("document.querySelector('#reason').textContent")
    bridge.stop_requested.set()
    await page.wait_for("document.querySelector('#state').textContent.includes('not running')")


async def test_a_page_whose_session_has_ended_is_read_only(
    start_bridge: StartBridge, page: Page
) -> None:
    bridge = await start_bridge(backend="offline")
    shown = "document.querySelector('#computer-switch')?.disabled === false"
    for end in ("document.querySelector('#sign-out').click()", None):
        ticket = bridge.tickets.issue("/")
        await page.send_command("Page.enable")
        await page.send_command("Page.navigate", url="about:blank")
        await page.send_command("Page.navigate", url=build_page_url(bridge.url, ticket))
        await page.wait_for(f"location.protocol === 'http:' && {shown}")
        if end is None:
            bridge.page_sessions.end_all()
        else:
            await page.evaluate(end)
        await page.wait_for(f"!({shown})")
        assert await page.evaluate("sessionStorage.length") == 0
        assert bridge.page_sessions.end_all() == 0


async def test_the_api_page_shows_the_endpoints(bridge: Bridge, page: Page) -> None:
    await page.open(f"{bridge.url}/docs")
    shown = "document.querySelectorAll('.operation:not([hidden])').length"
    await page.wait_for(f"{shown} === {len(ENDPOINTS)}")
    assert "/v1/chat/completions" in await page.read_text("#docs")
    await page.evaluate("location.hash = '#create_chat_completion'")
    await page.wait_for("document.querySelector('#create_chat_completion table') !== null")
    opened = await page.read_text("#create_chat_completion")
    assert f"curl -X POST {bridge.url}/v1/chat/completions" in opened
    assert "max_completion_tokens" in opened
    assert "rate_limit_exceeded: Your account or plan has reached its rate limit." in opened
    await page.evaluate("document.querySelector('#create_chat_completion td a').click()")
    await page.wait_for("document.querySelector('#type-list details[open] table') !== null")
    await page.evaluate(
        "document.querySelector('#filter').value = 'post embed';"
        "document.querySelector('#filter').dispatchEvent(new Event('input'))"
    )
    assert await page.evaluate(shown) == 1
    assert await page.read_text("#matches") == "1 endpoint"
    assert page.errors == []

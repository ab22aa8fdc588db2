"""The dashboard and the API's page, in a real browser."""

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
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Usage, overloaded, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, chromium

MODEL = "claude-opus-5-5"
DAY = 86_400


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with chromium(tmp_path / "profile") as opened:
        yield opened


async def use(bridge: Bridge, fake: FakeAnthropic, client: AsyncOpenAI) -> None:
    """Two answers, a failure, and some days that were."""
    fake.script(
        says("one", usage=Usage(1000, 200, 300, 400)), says("two", usage=Usage(50, 7)), overloaded()
    )
    chat: Any = {"model": MODEL, "messages": [{"role": "user", "content": "My secret: 4711"}]}
    await client.chat.completions.create(**chat)
    async for _ in await client.chat.completions.create(**chat, stream=True):
        pass
    with pytest.raises(InternalServerError):
        await client.chat.completions.create(**chat)
    entry = (await bridge.ledger.recent(5))[-1]
    for back in range(1, 25):
        tokens = 40_000 * (back * 37 % 11)
        past = replace(entry, at=time.time() - back * DAY, cache_read_tokens=tokens)
        bridge.ledger.put(past)
        haiku = replace(past, model="claude-haiku-5-5", input_tokens=9_000 * (back % 5), cost=9000)
        bridge.ledger.put(haiku)


async def test_it_shows_what_is_and_what_was(
    bridge: Bridge, fake: FakeAnthropic, client: AsyncOpenAI, page: Page
) -> None:
    await use(bridge, fake, client)
    await page.open(f"{bridge.url}/")
    await page.until("document.querySelectorAll('#recent tr').length")
    assert await page.text("#state") == "Ready"
    assert await page.text("#backend") == "Anthropic API"
    assert await page.text("#why") == "ANTHROPIC_API_KEY is set"
    assert await page.text("#today-requests") == "3"
    assert await page.text("#today-in") == "1.8K"
    assert await page.text("#today-out") == "207"
    failed, streamed, whole, *_ = (await page.text("#recent")).splitlines()
    assert [failed.split("\t")[place] for place in (1, 2, 4)] == [
        "openai-python", MODEL, "overloaded",
    ]  # fmt: skip
    assert streamed.split("\t")[4:7] == ["stop", "50", "7"]
    assert whole.split("\t")[3:8] == ["Anthropic API", "stop", "1.7K", "200", "$0.0096"]
    assert "Claude is overloaded for the moment. Try again" in await page.text("#trouble")
    assert "4711" not in await page.value("document.documentElement.outerHTML")
    assert page.troubles == []


async def test_the_plot_has_a_bar_a_day_for_each_model(
    bridge: Bridge, fake: FakeAnthropic, client: AsyncOpenAI, page: Page
) -> None:
    await use(bridge, fake, client)
    await page.open(f"{bridge.url}/")
    titles = "[...document.querySelectorAll('#plot rect title')].map(t => t.textContent)"
    await page.until(f"{titles}.length")
    shown = await page.value(titles)
    assert any(title.endswith(f"{MODEL}: 2K") for title in shown)
    assert sum("claude-haiku-5-5" in title for title in shown) == 24
    await page.value("document.querySelector('input[value=cost]').click()")
    assert any(title.endswith(f"{MODEL}: $0.0099") for title in await page.value(titles))
    legend = await page.text("#plot .legend")
    assert legend.startswith("claude-opus-5-5 $0.24")
    assert page.troubles == []


async def test_clients_are_chosen_and_snippets_copied(bridge: Bridge, page: Page) -> None:
    await page.open(f"{bridge.url}/")
    await page.tell(
        "Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"]
    )
    tabs = "[...document.querySelectorAll('#clients button')]"
    await page.until(f"{tabs}.length")
    names = await page.value(f"{tabs}.map(tab => tab.textContent)")
    assert {"Cursor", "Cline", "Roo Code", "Continue", "Zed", "Open WebUI"} < set(names)
    await page.value(f"{tabs}.find(tab => tab.textContent === 'Zed').click()")
    assert f'"api_url": "{bridge.url}/v1"' in await page.text("#client-snippet")
    await page.value("document.querySelector('#copy-snippet').click()")
    await page.until("document.querySelector('#copy-snippet').textContent === 'Copied'")
    assert await page.value("navigator.clipboard.readText()") == await page.text("#client-snippet")


async def test_without_a_way_to_claude_it_says_what_to_do(
    start_bridge: StartBridge, page: Page
) -> None:
    bridge = await start_bridge()
    await page.open(f"{bridge.url}/")
    await page.until("document.querySelector('#why').textContent")
    assert await page.text("#state") == "Claude cannot be asked yet"
    assert "ANTHROPIC_API_KEY" in await page.text("#why")
    assert await page.text("#nothing") == "Nothing was asked yet. Connect a client below."


async def test_a_bridge_with_a_key_asks_for_it(start_bridge: StartBridge, page: Page) -> None:
    chain = KeyChain(find_paths().data)
    keys = Keys(bridge=(NamedKey("default", "only-for-friends"),))
    await asyncio.to_thread(chain.save, keys)
    bridge = await start_bridge(backend="offline")
    await page.open(f"{bridge.url}/")
    await page.until("!document.querySelector('#locked').hidden")
    assert await page.text("#state") == "This bridge has a key"
    await page.value("document.querySelector('#key').value = 'only-for-friends'")
    await page.value("document.querySelector('#locked button').click()")
    await page.until("document.querySelector('#models').textContent.includes('bridge-echo')")
    await page.until("document.querySelector('#locked').hidden")
    assert "key" not in await page.value("location.href")


async def test_it_sees_when_the_bridge_is_gone(start_bridge: StartBridge, page: Page) -> None:
    bridge = await start_bridge()
    await page.open(f"{bridge.url}/")
    await page.until("document.querySelector('#why').textContent")
    bridge.stop_requested.set()
    await page.until("document.querySelector('#state').textContent.includes('not running')")


async def test_the_apis_page_shows_every_door(bridge: Bridge, page: Page) -> None:
    await page.open(f"{bridge.url}/docs")
    await page.until("document.querySelectorAll('.opblock').length >= 13")
    assert "/v1/chat/completions" in await page.text("#docs")
    await asyncio.sleep(0.2)
    assert page.troubles == []

"""The switches of the dashboard, its log, the last failure, and what is shown before any data."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI, InternalServerError

from bridge.server.state import Bridge
from tests.fake_anthropic.script import overloaded, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.server.api.test_log_tail import LOG, write_log
from tests.web.chromium import Page, run_chromium

CHAT: Any = {"model": "default", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
async def page(bridge: Bridge, tmp_path: Path) -> AsyncIterator[Page]:
    """The dashboard with a session, with its first data."""
    async with run_chromium(tmp_path / "profile") as opened:
        await opened.open_with_session(bridge)
        await opened.wait_for("document.querySelectorAll('#model-choice option').length > 3")
        yield opened


async def choose(page: Page, selector: str, value: str) -> None:
    await page.evaluate(
        f"{{ const list = document.querySelector('{selector}'); list.value = {value!r};"
        "list.dispatchEvent(new Event('change')); }"
    )


async def test_the_switches_are_changed_and_the_log_is_shown(bridge: Bridge, page: Page) -> None:
    result = "document.querySelector('#switch-result').textContent"
    await choose(page, "#model-choice", "claude-haiku-5-5")
    await page.wait_for(f"{result}.startsWith('claude-haiku-5-5 answers')")
    assert bridge.active_model == "claude-haiku-5-5"
    await page.evaluate("document.querySelector('#use-for-everything').click()")
    await page.wait_for(f"{result}.startsWith('Used for every')")
    assert bridge.switches.use_for_everything
    await page.evaluate("document.querySelector('#pause').click()")
    await page.wait_for("document.querySelector('#pause').textContent === 'Resume requests'")
    assert bridge.switches.paused
    assert await page.read_text("#state") == "Paused"
    await page.evaluate("document.querySelector('#pause').click()")
    await page.wait_for("document.querySelector('#pause').textContent === 'Pause requests'")
    assert not bridge.switches.paused
    await choose(page, "#backend-choice", "offline")
    await page.wait_for("document.querySelector('#backend').textContent === 'offline echo'")
    assert bridge.switches.backend == "offline"
    # The echo has no other model.
    await page.wait_for("document.querySelector('#model-choice').disabled")

    await asyncio.to_thread(write_log, LOG)
    await page.evaluate("document.querySelector('#log').open = true")
    await page.wait_for("document.querySelector('#log-lines').children.length === 3")
    assert "It failed for [secret]" in await page.read_text("#log-lines")
    await page.evaluate("document.querySelector('#log-problems').click()")
    await page.wait_for("document.querySelector('#log-lines').children.length === 1")
    assert page.errors == []
    bridge.page_sessions.end_all()
    await page.wait_for("!document.querySelector('#log-locked').hidden")
    assert await page.evaluate("document.querySelector('#log-lines').textContent") == ""


async def test_a_failure_fades_after_a_success_and_can_be_dismissed(
    bridge: Bridge, page: Page, fake: FakeAnthropic, client: AsyncOpenAI
) -> None:
    # The page looks again at once, and does not wait for the end of a transition.
    refresh = "document.dispatchEvent(new Event('visibilitychange'))"
    hidden = f"{refresh} && document.querySelector('#failure').hidden"
    media = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    await page.send_command("Emulation.setEmulatedMedia", features=media)
    fake.script(overloaded(), says("Hello."), overloaded())
    with pytest.raises(InternalServerError):
        await client.chat.completions.create(**CHAT)
    await page.wait_for(f"!({hidden})")
    await client.chat.completions.create(**CHAT)
    await page.wait_for(hidden)
    assert await page.evaluate("document.querySelector('#failure').classList.contains('over')")
    with pytest.raises(InternalServerError):
        await client.chat.completions.create(**CHAT)
    await page.wait_for(f"!({hidden})")
    await page.evaluate("document.querySelector('#failure-dismiss').click()")
    assert await page.evaluate(hidden)
    await page.open(f"{bridge.url}/")
    await page.wait_for("document.querySelectorAll('#recent tr').length === 3")
    assert await page.evaluate(hidden)


async def test_before_the_first_data_no_number_is_shown(bridge: Bridge) -> None:
    async with (
        aiohttp.ClientSession(bridge.url, headers={"Accept": "text/html"}) as session,
        session.get("/") as answer,
    ):
        text = await answer.text()
    assert '<body class="loading">' in text
    assert '<b id="today-requests" class="wait">–</b>' in text

"""Connect a program on the dashboard, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.web.chromium import Page, run_chromium

STATE = "document.querySelector('#client-state').textContent"
QWEN = "[...document.querySelectorAll('#clients button')].find(tab => /Qwen/.test(tab.textContent))"


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with run_chromium(tmp_path / "profile") as opened:
        yield opened


@pytest.fixture
async def bridge(start_bridge: StartBridge) -> Bridge:
    return await start_bridge(backend="offline")


async def ask_as_qwen(bridge: Bridge) -> None:
    body = {"model": "bridge-echo", "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"User-Agent": "QwenCode/0.15.10 (linux; x64)"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{bridge.url}/v1/chat/completions", json=body) as answer,
    ):
        assert answer.status == 200


async def test_a_program_is_connected_ticked_and_disconnected(
    bridge: Bridge, page: Page, tmp_path: Path
) -> None:
    config = tmp_path / ".qwen" / "settings.json"
    await asyncio.to_thread(config.parent.mkdir)
    await asyncio.to_thread(config.write_text, "{ // mine\n}")
    await page.open_with_session(bridge)
    await page.wait_for(f"{QWEN} && !document.querySelector('#client-connect').disabled")
    await page.evaluate(f"{QWEN}.click()")
    await page.wait_for(f"{STATE} === {f'Installed: {config.parent}'!r}")

    await page.evaluate("document.querySelector('#client-connect').click()")
    await page.wait_for(f"{STATE}.startsWith('Written, not connected yet')")
    assert '"name": "bridge-echo"' in await asyncio.to_thread(config.read_text)
    await ask_as_qwen(bridge)
    await page.wait_for(f"{QWEN}.textContent === '✓ Qwen Code'")
    assert str(await page.evaluate(STATE)).startswith("✓ asked as bridge-echo · ✓ answered by ")

    await page.evaluate("document.querySelector('#client-undo').click()")
    await page.wait_for("document.querySelector('#client-undo').hidden")
    assert await asyncio.to_thread(config.read_text) == "{ // mine\n}"


async def test_a_locked_page_shows_the_lines_and_writes_nothing(bridge: Bridge, page: Page) -> None:
    await page.open(f"{bridge.url}/")
    await page.wait_for(f"{QWEN} !== undefined")
    await page.evaluate(f"{QWEN}.click()")
    assert await page.evaluate("document.querySelector('#client-connect').disabled")
    assert not await page.evaluate("document.querySelector('#client-locked').hidden")
    assert '"baseUrl"' in await page.read_text("#client-snippet")

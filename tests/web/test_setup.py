"""The set-up page, in a real browser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.keys import KeyChain
from bridge.opening import build_page_url
from bridge.settings import find_paths
from tests.backends.claude_code.sign_in_stand_in import CODE, PAGE, write_sign_in
from tests.conftest import StartBridge
from tests.web.chromium import chromium


async def test_a_pasted_key_goes_to_the_bridge_and_out_of_the_page(
    start_bridge: StartBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = await start_bridge(backend="anthropic")
    async with chromium(tmp_path / "profile") as page:
        await page.tell("Page.enable")
        await page.tell(
            "Page.navigate", url=build_page_url(bridge.url, bridge.tickets.issue(), "/setup")
        )
        await page.until("document.querySelector('#why')?.textContent.startsWith('Not yet')")
        assert await page.value("location.href") == f"{bridge.url}/setup"
        assert await page.value("document.querySelector('#strange').hidden")
        await page.value("document.querySelector('#secret').value = 'sk-ant-test'")
        await page.value("document.querySelector('#key-form button').click()")
        await page.until("document.querySelector('#key-words').textContent.startsWith('Kept in')")
        assert await page.value("document.querySelector('#secret').value") == ""
        await page.until("document.querySelector('#state').textContent === 'Ready'")
        kept = await asyncio.to_thread(KeyChain(find_paths().data).load)
        assert [key.secret for key in kept.anthropic] == ["sk-ant-test"]


async def test_signing_in_is_begun_and_ended_there(
    start_bridge: StartBridge, tmp_path: Path
) -> None:
    cli = write_sign_in(tmp_path / "claude")
    bridge = await start_bridge(backend="anthropic", claude_cli=str(cli))
    async with chromium(tmp_path / "profile") as page:
        await page.tell("Page.enable")
        await page.tell(
            "Page.navigate", url=build_page_url(bridge.url, bridge.tickets.issue(), "/setup")
        )
        await page.until("document.querySelector('#why')?.textContent")
        await page.value("document.querySelector('#sign-in').click()")
        await page.until("!document.querySelector('#going-on').hidden")
        assert await page.value("document.querySelector('#sign-in-page').href") == PAGE
        await page.value(f"document.querySelector('#code').value = {CODE!r}")
        await page.value("document.querySelector('#code-form button').click()")
        await page.until("document.querySelector('#going-on').hidden")
        assert await page.text("#sign-in-words") == "Signed in to Claude Code."


async def test_a_stranger_is_told_how_to_come_as_oneself_and_may_try_the_echo(
    start_bridge: StartBridge, tmp_path: Path
) -> None:
    bridge = await start_bridge(backend="anthropic")
    async with chromium(tmp_path / "profile") as page:
        await page.open(f"{bridge.url}/setup")
        await page.until("document.querySelector('#why').textContent")
        assert not await page.value("document.querySelector('#strange').hidden")
        await page.value("document.querySelector('#secret').value = 'sk-ant-test'")
        await page.value("document.querySelector('#key-form button').click()")
        await page.until("document.querySelector('#key-words').textContent.includes('token')")
        assert not (await asyncio.to_thread(KeyChain(find_paths().data).load)).anthropic
        await page.value("document.querySelector('#try').click()")
        await page.until("document.querySelector('#echo').textContent.includes('set-up page')")

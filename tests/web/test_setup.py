"""The set-up page, in a real browser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from bridge.keys import KeyChain
from bridge.opening import build_page_url
from bridge.settings import find_paths
from tests.backends.claude_code.sign_in_stand_in import CODE, EMAIL, PAGE, write_sign_in
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Failure
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import run_chromium


async def test_a_pasted_key_is_saved_and_cleared_from_the_page(
    start_bridge: StartBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = await start_bridge(backend="anthropic")
    async with run_chromium(tmp_path / "profile") as page:
        await page.send_command("Page.enable")
        await page.send_command(
            "Page.navigate",
            url=build_page_url(bridge.url, bridge.tickets.issue("/setup"), "/setup"),
        )
        await page.wait_for(
            "document.querySelector('#reason')?.textContent.startsWith('Not connected')"
        )
        assert await page.evaluate("location.href") == f"{bridge.url}/setup"
        assert await page.evaluate("document.querySelector('#unlock').hidden")
        await page.evaluate("document.querySelector('#secret').value = 'sk-ant-test'")
        await page.evaluate("document.querySelector('#key-form button').click()")
        await page.wait_for("document.querySelector('#key-status').textContent.startsWith('Saved')")
        assert await page.evaluate("document.querySelector('#secret').value") == ""
        await page.wait_for("document.querySelector('#state').textContent === 'Ready'")
        saved = await asyncio.to_thread(KeyChain(find_paths().data).load)
        assert [key.secret for key in saved.anthropic] == ["sk-ant-test"]


async def test_a_key_is_checked_and_the_result_is_shown(
    start_bridge: StartBridge,
    fake: FakeAnthropic,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    fake.keys = ("sk-ant-test", "sk-ant-other")
    bridge = await start_bridge(backend="anthropic")
    async with run_chromium(tmp_path / "profile") as page:
        await page.open_with_session(bridge, "/setup")

        async def submit(key: str, look: str, words: str) -> None:
            await page.evaluate(f"document.querySelector('#secret').value = {key!r}")
            await page.evaluate("document.querySelector('#save').click()")
            status = "document.querySelector('#key-status')"
            await page.wait_for(f"{status}.textContent.includes({words!r})")
            assert await page.evaluate(f"{status}.className") == f"result {look}"
            await page.wait_for("!document.querySelector('#save').disabled")

        await submit("sk-proj-1", "bad", "an OpenAI key")
        await submit("sk-ant-wrong", "bad", "Anthropic rejected this key; not saved: invalid")
        assert await page.evaluate("document.querySelector('#secret').value") == "sk-ant-wrong"
        fake.models = Failure(529)
        await submit(
            "sk-ant-other", "unchecked", "Saved, could not be checked: the answer was status 529"
        )
        await page.wait_for("document.querySelector('#reason').textContent.includes('not checked')")
        fake.models = None
        await submit("sk-ant-test", "good", "Key works. Saved in ")
        await page.wait_for("document.querySelector('#reason').textContent.endsWith('“default”.')")
        (route,) = bridge.selection.list_routes("anthropic")
        assert route.credential == "accepted"
        fake.keys = ()
        headers = {"Content-Type": "application/json"}
        body = {"model": "default", "messages": [{"role": "user", "content": "Hi"}]}
        async with (
            aiohttp.ClientSession(bridge.url, headers=headers) as session,
            session.post("/v1/chat/completions", json=body) as answer,
        ):
            assert answer.status == 401
        await page.wait_for("document.querySelector('#state').textContent.startsWith('Not conn')")
        assert "Anthropic rejected the API key “default”" in await page.read_text("#reason")
        assert "claude-bridge key set anthropic" in await page.read_text("#hint")
        await page.open(f"{bridge.url}/")
        await page.wait_for("document.querySelector('#routes li') !== null")
        assert await page.read_text("#routes") == "key default: rejected (invalid bearer token)"


async def test_the_user_signs_in_with_a_code(start_bridge: StartBridge, tmp_path: Path) -> None:
    cli = write_sign_in(tmp_path / "claude")
    bridge = await start_bridge(backend="anthropic", claude_cli=str(cli))
    async with run_chromium(tmp_path / "profile") as page:
        await page.send_command("Page.enable")
        await page.send_command(
            "Page.navigate",
            url=build_page_url(bridge.url, bridge.tickets.issue("/setup"), "/setup"),
        )
        await page.wait_for("document.querySelector('#reason')?.textContent")
        await page.evaluate("document.querySelector('#sign-in').click()")
        await page.wait_for("!document.querySelector('#sign-in-steps').hidden")
        assert await page.evaluate("document.querySelector('#sign-in-page').href") == PAGE
        await page.evaluate(f"document.querySelector('#code').value = {CODE!r}")
        await page.evaluate("document.querySelector('#code-form button').click()")
        await page.wait_for("document.querySelector('#sign-in-steps').hidden")
        await page.wait_for(
            f"document.querySelector('#sign-in-status').textContent.includes('{EMAIL}')"
        )
        assert await page.read_text("#sign-in-status") == f"Connected as {EMAIL} (Max)"


async def test_a_sign_in_is_cancelled_and_a_connection_leads_to_the_editor(
    start_bridge: StartBridge, tmp_path: Path
) -> None:
    cli = write_sign_in(tmp_path / "claude")
    bridge = await start_bridge(claude_cli=str(cli))
    status = "document.querySelector('#sign-in-status').textContent"
    async with run_chromium(tmp_path / "profile") as page:
        await page.send_command("Page.enable")
        url = build_page_url(bridge.url, bridge.tickets.issue("/setup"), "/setup")
        await page.send_command("Page.navigate", url=url)
        await page.wait_for("document.querySelector('#sign-in')?.disabled === false")
        primary = (
            "[...document.querySelectorAll('section .primary')]"
            ".filter(button => button.checkVisibility()).map(button => button.id)"
        )
        assert await page.evaluate(primary) == ["sign-in", "save"]
        await page.evaluate("document.querySelector('#sign-in').click()")
        await page.wait_for("!document.querySelector('#sign-in-cancel').hidden")
        current = "document.querySelector('#sign-in-progress [aria-current=step]').textContent"
        assert await page.evaluate(current) == "Sign in, in your browser"
        await page.evaluate("document.querySelector('#sign-in-cancel').click()")
        await page.wait_for(f"{status} === 'The sign-in was cancelled.'")
        assert await page.evaluate("document.querySelector('#next').hidden")

        # The user signs in at a terminal instead, or in the browser without a code.
        await page.evaluate("document.querySelector('#sign-in').click()")
        await page.wait_for("!document.querySelector('#sign-in-steps').hidden")
        await bridge.sign_in.submit_code(CODE)
        await page.wait_for(f"{status} === 'Connected as {EMAIL} (Max)'")
        await page.wait_for("!document.querySelector('#next').hidden")
        assert await page.evaluate(primary) == [""]
        await page.evaluate("document.querySelector('#next a').click()")
        await page.wait_for(
            "location.pathname === '/' && document.querySelector('#clients button') !== null"
        )
        assert await page.evaluate("location.hash") == "#connect"
        assert await page.evaluate("document.querySelector('#unlock').hidden")


async def test_without_a_session_it_is_read_only_but_sends_a_test_message(
    start_bridge: StartBridge, tmp_path: Path
) -> None:
    bridge = await start_bridge(backend="anthropic")
    async with run_chromium(tmp_path / "profile") as page:
        await page.open(f"{bridge.url}/setup")
        await page.wait_for("document.querySelector('#reason').textContent")
        assert not await page.evaluate("document.querySelector('#unlock').hidden")
        for button in ("#sign-in", "#save"):
            assert await page.evaluate(f"document.querySelector('{button}').disabled")
            assert (
                await page.evaluate(f"document.querySelector('{button}').title")
                == "Unlock this page first."
            )
        await page.evaluate("document.querySelector('#secret').value = 'sk-ant-test'")
        await page.evaluate("document.querySelector('#key-form').requestSubmit()")
        await page.wait_for("document.querySelector('#key-status').textContent.includes('token')")
        assert not (await asyncio.to_thread(KeyChain(find_paths().data).load)).anthropic
        await page.evaluate("document.querySelector('#try').click()")
        await page.wait_for("document.querySelector('#echo').textContent.includes('set-up page')")

"""Accounts and keys on the dashboard: listed, replaced, removed and signed out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.keys import KeyChain, Keys, NamedKey
from bridge.opening import build_page_url
from bridge.settings import find_paths
from tests.backends.claude_code.sign_in_stand_in import CODE, EMAIL, write_sign_in
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, run_chromium

RESULT = "document.querySelector('#account-result').textContent"
KEYS = "[...document.querySelectorAll('#saved-keys li > span:first-child')].map(e => e.textContent)"


async def save_key(page: Page, owner: str, secret: str) -> None:
    await page.evaluate(f"document.querySelector('#key-add-owner').value = {owner!r}")
    await page.evaluate(f"document.querySelector('#key-add-secret').value = {secret!r}")
    await page.evaluate("document.querySelector('#key-add').requestSubmit()")


async def press(page: Page, label: str) -> None:
    await page.evaluate(f"document.querySelector('button[aria-label=\"{label}\"]').click()")


async def test_keys_are_listed_replaced_and_removed(
    start_bridge: StartBridge, fake: FakeAnthropic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    fake.keys = ("sk-ant-test-1", "sk-ant-test-2")
    chain = KeyChain(find_paths().data)
    await asyncio.to_thread(chain.save, Keys((NamedKey("work", "sk-ant-test-1"),)))
    bridge = await start_bridge(backend="anthropic", claude_cli=str(write_sign_in(tmp_path / "c")))
    async with run_chromium(tmp_path / "profile") as page:
        await page.send_command("Page.enable")
        # As the tray opens it.
        url = build_page_url(bridge.url, bridge.tickets.issue("/")).replace("#", "#accounts&")
        await page.send_command("Page.navigate", url=url)
        await page.wait_for("document.querySelector('#saved-keys li') !== null")
        assert await page.evaluate("location.hash") == "#accounts"
        assert await page.evaluate(KEYS) == ["Anthropic API key “work” …st-1"]

        await press(page, "Replace Anthropic API key work")
        await save_key(page, "anthropic", "sk-ant-wrong")
        await page.wait_for(f"{RESULT}.startsWith('Anthropic rejected this key; not saved')")
        await save_key(page, "anthropic", "sk-ant-test-2")
        await page.wait_for(f"{RESULT}.startsWith('Key works. Saved in')")
        await page.wait_for(f"{KEYS}[0] === 'Anthropic API key “work” …st-2'")
        assert await page.evaluate("document.querySelector('#key-add-secret').value") == ""

        asked = "window.asked = []; window.confirm = text => { asked.push(text); return true; }; 0"
        await page.evaluate(asked)
        await save_key(page, "bridge", "cb-a-key-of-a-friend")
        await page.wait_for(f"{KEYS}[1] === 'Access key of this bridge “default” …iend'")
        await press(page, "Remove Access key of this bridge default")
        await page.wait_for(f"{RESULT} === 'Removed “default”.'")
        assert [text.split(".")[0] for text in await page.evaluate("asked")] == [
            "This is the first access key",
            "Remove the Access key of this bridge “default”? It is the last access key: every "
            "program on this computer can then use the bridge",
        ]
        saved = await asyncio.to_thread(chain.load)
        assert saved == Keys((NamedKey("work", "sk-ant-test-2"),))
        shown = await page.evaluate("document.documentElement.outerHTML")
        assert "sk-ant-test" not in shown


async def test_the_user_signs_out_of_claude_code(start_bridge: StartBridge, tmp_path: Path) -> None:
    bridge = await start_bridge(claude_cli=str(write_sign_in(tmp_path / "claude")))
    await bridge.sign_in.begin()
    await bridge.sign_in.submit_code(CODE)
    async with run_chromium(tmp_path / "profile") as page:
        await page.send_command("Page.enable")
        url = build_page_url(bridge.url, bridge.tickets.issue("/"))
        await page.send_command("Page.navigate", url=url)
        await page.wait_for("document.querySelector('#sign-in-list button') !== null")
        listed = await page.read_text("#sign-in-list")
        assert f"Claude Code: Connected as {EMAIL} (Max)" in listed
        await page.evaluate("window.confirm = () => true; 0")
        await press(page, "Sign out of Claude Code (default)")
        await page.wait_for(f"{RESULT} === 'Signed out of Claude Code.'")
        await page.wait_for(
            "document.querySelector('#sign-in-list').innerText.includes('Not signed')"
        )
        # The page to sign in again, which has the session of this tab.
        await page.evaluate("document.querySelector('#sign-in-list a').click()")
        await page.wait_for(
            "location.pathname === '/setup' && document.querySelector('#save')?.disabled === false"
        )

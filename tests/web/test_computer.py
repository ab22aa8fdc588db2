"""The leash on the dashboard, in a real browser: switched, asked, stopped by a person's clicks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect
from bridge.server.state import Bridge
from tests.computer.fake_desktop import FakeDesktop
from tests.fake_anthropic.script import ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, chromium

DELETE = ToolUse("key", {"text": "Delete"}, toolset_name="computer")


@pytest.fixture
async def page(bridge: Bridge, tmp_path: Path) -> AsyncIterator[Page]:
    """As the tray opens it."""
    async with chromium(tmp_path / "profile") as opened:
        await opened.open(f"{bridge.url}/")
        await opened.value(f"sessionStorage.setItem('control-token', {bridge.control_token!r})")
        await opened.open(f"{bridge.url}/?")
        await opened.until("document.querySelector('#computer-mode').textContent !== ''")
        yield opened


@pytest.fixture
def desktop(pretended: FakeDesktop) -> FakeDesktop:
    pretended.shown.append(Window("Files", "files", Rect(0, 0, 1920, 1080), active=True))
    return pretended


async def choose(page: Page, mode: str) -> None:
    await page.value(f"document.querySelector('input[name=computer][value={mode}]').click()")


async def run(client: AsyncOpenAI) -> Any:
    chat: Any = [{"role": "user", "content": "Delete it."}]
    return await client.chat.completions.create(model="claude-opus-5-5+computer", messages=chat)


async def test_a_person_switches_it_on_and_off(
    desktop: FakeDesktop, bridge: Bridge, page: Page
) -> None:
    assert await page.text("#computer-mode") == "Off"
    await choose(page, "allowed")
    await page.until("document.querySelector('#computer-mode').textContent.includes('15 more')")
    allowed = bridge.computer.permission
    assert allowed.mode == "allowed"
    await page.value("document.querySelector('#computer-stop').click()")
    await page.until("document.querySelector('#computer-mode').textContent === 'Off'")
    assert bridge.computer.permission.mode == "off"
    assert page.troubles == []


async def test_without_the_token_there_is_no_switch(bridge: Bridge, tmp_path: Path) -> None:
    async with chromium(tmp_path / "other") as page:
        await page.open(f"{bridge.url}/")
        await page.until("document.querySelector('#computer-mode').textContent === 'Off'")
        assert await page.value("document.querySelector('#computer-switch').hidden")
        assert "claude-bridge dashboard" in await page.text("#computer-locked")


@pytest.mark.parametrize(("button", "done"), [(".yes", True), ("button:not(.yes)", False)])
async def test_a_person_sees_what_is_asked_and_decides(
    button: str,
    done: bool,
    desktop: FakeDesktop,
    bridge: Bridge,
    page: Page,
    client: AsyncOpenAI,
    fake: FakeAnthropic,
) -> None:
    await choose(page, "ask_risky")
    await page.until("document.querySelector('#computer-mode').textContent.includes('risky')")
    fake.script(calls(DELETE), says("As you wish."))
    running = asyncio.create_task(run(client))
    await page.until("document.querySelector('.batch canvas')?.width > 100")
    assert await page.text(".batch li") == "Press Delete in “Files”"
    assert await page.text(".batch .risks") == "Risky: deleting."
    assert await page.text(".batch h3") == "openai-python asks:"
    assert "No answer is a no, in" in await page.text(".batch .left")
    assert ("key_down", "Delete") not in desktop.done
    await page.value(f"document.querySelector('.batch {button}').click()")
    assert (await running).choices[0].message.content == "As you wish."
    assert (("key_down", "Delete") in desktop.done) is done
    await page.until("document.querySelectorAll('.batch').length === 0")
    assert page.troubles == []


async def test_stop_is_there_while_claude_works(
    desktop: FakeDesktop, bridge: Bridge, page: Page, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    await choose(page, "allowed")
    await page.until("document.querySelector('#computer-mode').textContent.includes('15 more')")
    fake.script(calls(ToolUse("wait", {"duration": 60}, toolset_name="computer")))
    running = asyncio.create_task(run(client))
    await page.until("document.querySelector('#computer').classList.contains('active')")
    assert "hands" in await page.text("#computer-active")
    await page.value("document.querySelector('#computer-stop').click()")
    answer = await asyncio.wait_for(running, 5)
    assert answer.choices[0].message.content == "Stopped: the user pressed stop."

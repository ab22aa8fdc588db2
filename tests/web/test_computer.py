"""Computer use on the dashboard, in a real browser: mode, approvals and stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from bridge.computer.desktop import Window
from bridge.computer.screen.capture import CaptureOptions
from bridge.computer.screen.geometry import Rect
from bridge.server.state import Bridge
from tests.clocks import OWN
from tests.computer.fake_desktop import FakeDesktop
from tests.fake_anthropic.script import ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, run_chromium

DELETE = ToolUse("key", {"text": "Delete"}, toolset_name="computer")


@pytest.fixture
async def page(bridge: Bridge, tmp_path: Path) -> AsyncIterator[Page]:
    """The dashboard with a session, as the tray opens it."""
    async with run_chromium(tmp_path / "profile") as opened:
        await opened.open_with_session(bridge)
        await opened.wait_for("document.querySelector('#computer-mode').textContent !== ''")
        yield opened


@pytest.fixture
def desktop(pretended: FakeDesktop) -> FakeDesktop:
    pretended.shown.append(Window("Files", "files", Rect(0, 0, 1920, 1080), active=True))
    return pretended


@pytest.fixture
async def client(bridge: Bridge) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(
        base_url=f"{bridge.url}/v1", api_key=bridge.control_token, max_retries=0
    ) as openai_client:
        yield openai_client


async def choose_mode(page: Page, mode: str) -> None:
    await page.evaluate(f"document.querySelector('input[name=computer][value={mode}]').click()")


async def request_deletion(client: AsyncOpenAI) -> Any:
    chat: Any = [{"role": "user", "content": "Delete it."}]
    return await client.chat.completions.create(model="claude-opus-5-5+computer", messages=chat)


async def test_the_user_turns_computer_use_on_and_off(
    desktop: FakeDesktop, bridge: Bridge, page: Page
) -> None:
    assert await page.read_text("#computer-mode") == "Off"
    await choose_mode(page, "allowed")
    await page.wait_for("document.querySelector('#computer-mode').textContent.includes('15 more')")
    allowed = bridge.computer.permission
    assert allowed.mode == "allowed"
    await page.evaluate("document.querySelector('#computer-stop').click()")
    await page.wait_for("document.querySelector('#computer-mode').textContent === 'Off'")
    assert bridge.computer.permission.mode == "off"
    assert page.errors == []


async def test_without_a_session_computer_use_is_read_only(bridge: Bridge, tmp_path: Path) -> None:
    async with run_chromium(tmp_path / "other") as page:
        await page.open(f"{bridge.url}/")
        await page.wait_for("document.querySelector('#computer-mode').textContent === 'Off'")
        switch = "document.querySelector('#computer-switch')"
        assert await page.evaluate(f"{switch}.disabled")
        assert await page.evaluate(f"{switch}.title") == "Unlock this page first."
        assert "claude-bridge dashboard" in await page.read_text("#unlock")


@pytest.mark.parametrize(("button", "done"), [(".approve", True), (".deny", False)])
async def test_the_user_approves_or_denies_a_batch(
    button: str,
    done: bool,
    desktop: FakeDesktop,
    bridge: Bridge,
    page: Page,
    client: AsyncOpenAI,
    fake: FakeAnthropic,
) -> None:
    await choose_mode(page, "ask_risky")
    await page.wait_for("document.querySelector('#computer-mode').textContent.includes('risky')")
    fake.script(calls(DELETE), says("As you wish."))
    running = asyncio.create_task(request_deletion(client))
    await page.wait_for("document.querySelector('.approval canvas')?.width > 100")
    assert await page.read_text(".approval li") == "Press Delete in “Files” (program files)"
    risks = await page.read_text(".approval .risks")
    assert risks == "Risky: deleting, an undecided app: files (/usr/bin/files)."
    heading = await page.read_text(".approval h3")
    assert heading.endswith("with the control token, which says it is “openai-python”:")
    assert "Denied automatically in" in await page.read_text(".approval .seconds-left")
    assert ("key_down", "Delete") not in desktop.done
    await page.evaluate(f"document.querySelector('.approval {button}').click()")
    assert (await running).choices[0].message.content == "As you wish."
    assert (("key_down", "Delete") in desktop.done) is done
    await page.wait_for("document.querySelectorAll('.approval').length === 0")
    assert page.errors == []


async def test_the_user_resumes_what_a_moved_mouse_has_paused(
    desktop: FakeDesktop, bridge: Bridge, page: Page
) -> None:
    bridge.computer.allow_for(1)
    async with bridge.computer.open_session(OWN, CaptureOptions(), pauses=True) as session:
        assert await page.evaluate("document.querySelector('#computer-resume').hidden")
        session.pause.begin("The mouse was moved.")
        await page.wait_for("!document.querySelector('#computer-resume').hidden")
        paused = "Claude is paused because the mouse was moved"
        assert await page.read_text("#computer-active") == paused
        await page.evaluate("document.querySelector('#computer-resume').click()")
        await page.wait_for("document.querySelector('#computer-resume').hidden")
        assert session.pause.reason == ""
    assert page.errors == []


async def test_the_user_stops_claude_while_it_works(
    desktop: FakeDesktop, bridge: Bridge, page: Page, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    await choose_mode(page, "allowed")
    await page.wait_for("document.querySelector('#computer-mode').textContent.includes('15 more')")
    fake.script(calls(ToolUse("wait", {"duration": 60}, toolset_name="computer")))
    running = asyncio.create_task(request_deletion(client))
    await page.wait_for("document.querySelector('#computer').classList.contains('active')")
    assert await page.read_text("#computer-active") == "Claude is controlling this computer"
    await page.evaluate("document.querySelector('#computer-stop').click()")
    answer = await asyncio.wait_for(running, 30)
    assert answer.choices[0].message.content == "Stopped: the user pressed stop."


async def test_a_program_is_approved_and_revoked(
    desktop: FakeDesktop, bridge: Bridge, page: Page, fake: FakeAnthropic
) -> None:
    await choose_mode(page, "allowed")
    await page.wait_for("document.querySelector('#computer-mode').textContent.includes('15 more')")
    fake.script(says("Nothing to do."))
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0) as stranger:
        running = asyncio.create_task(request_deletion(stranger))
        await page.wait_for("document.querySelector('.approval') !== null")
        assert "as far as the mode allows" in await page.read_text(".approval li")
        await page.evaluate("document.querySelector('.approval .approve').click()")
        await running
    await page.wait_for("document.querySelector('#programs li') !== null")
    listed = await page.read_text("#programs li")
    assert listed.startswith("Approved: python")
    await page.evaluate("document.querySelector('#programs button').click()")
    await page.wait_for("document.querySelector('#programs').hidden")
    assert bridge.computer.asker_decisions == []
    assert page.errors == []


async def press_key(page: Page, key: str, target: str = "document.body") -> None:
    await page.evaluate(
        f"{target}.dispatchEvent(new KeyboardEvent('keydown', {{key: {key!r}, bubbles: true}}))"
    )


async def test_an_approval_is_announced_and_decided_by_keys(
    desktop: FakeDesktop, bridge: Bridge, page: Page, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    await choose_mode(page, "ask")
    await page.wait_for("document.querySelector('#computer-mode').textContent.includes('each')")
    running = await run_with_card(page, client, fake, DELETE)
    spoken = await page.evaluate("document.querySelector('#approval-live').textContent")
    assert spoken.startswith("Claude needs your approval: Press Delete in “Files”")
    assert "Risky: deleting" in spoken
    await page.wait_for("document.title === '(1) Claude needs your approval'")
    assert await page.evaluate("document.querySelector('#favicon').href") == (
        f"{bridge.url}/assets/icon-alert.svg"
    )
    # Neither at once, nor while the user types, nor with Ctrl.
    await press_key(page, "a")
    await page.evaluate("window.now = 1e9; performance.now = () => (now += 2000); 0")
    await press_key(page, "a", "document.querySelector('#try-prompt')")
    assert bridge.computer.approvals.pending

    (waiting,) = bridge.computer.approvals.pending
    await page.evaluate("document.querySelector('.approval .more-time').click()")
    more = "document.querySelector('.approval .more-time').hidden"
    await page.wait_for(f"{more} && document.querySelector('#computer-error').textContent === ''")
    while (extended := bridge.computer.approvals.find(waiting.id)) == waiting:
        await asyncio.sleep(0.01)
    assert extended is not None
    assert extended.expires_at == waiting.expires_at + 60
    await press_key(page, "a")
    await running
    assert ("key_down", "Delete") in desktop.done
    await page.wait_for("document.title === 'Claude OpenAI Bridge'")

    gone = "document.querySelectorAll('.approval').length === 0"
    desktop.done.clear()
    running = await run_with_card(page, client, fake, DELETE)
    await press_key(page, "d")
    await running
    await page.wait_for(gone)
    assert ("key_down", "Delete") not in desktop.done
    running = await run_with_card(page, client, fake, DELETE)
    await press_key(page, "Escape")
    answer = await asyncio.wait_for(running, 30)
    assert answer.choices[0].message.content == "Stopped: the user pressed stop."
    assert bridge.computer.permission.mode == "off"
    assert page.errors == []


PRESS = ToolUse("key", {"text": "a"}, toolset_name="computer")


async def run_with_card(page: Page, client: AsyncOpenAI, fake: FakeAnthropic, act: ToolUse) -> Any:
    """Let Claude act, and wait for the card that asks about it."""
    fake.script(calls(act), says("As you wish."))
    running = asyncio.create_task(request_deletion(client))
    await page.wait_for("document.querySelector('.approval canvas')?.width > 100")
    return running


async def test_the_user_decides_on_an_app_changes_it_and_removes_it(
    desktop: FakeDesktop, bridge: Bridge, page: Page, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    await choose_mode(page, "ask_risky")
    await page.wait_for("document.querySelector('#computer-mode').textContent.includes('risky')")
    running = await run_with_card(page, client, fake, PRESS)
    assert await page.read_text(".approval .approve") == "Allow once"
    offered = await page.read_text(".approval .remember p")
    assert offered == "From now on, in files (/usr/bin/files):"
    await page.evaluate("document.querySelector('.approval [data-level=click]').click()")
    await running
    assert ("key_down", "a") in desktop.done
    await page.wait_for("document.querySelector('#apps select')?.value === 'click'")
    assert (await page.read_text("#apps li")).startswith("files /usr/bin/files, decided by you")

    # The same again needs no approval, and a risky step offers only what would spare it.
    fake.script(calls(PRESS), says("Done."))
    await asyncio.wait_for(request_deletion(client), 30)
    running = await run_with_card(page, client, fake, DELETE)
    shown = "[...document.querySelectorAll('.approval .remember button')].filter(b => !b.hidden)"
    assert await page.evaluate(f"{shown}.map(b => b.textContent).join()") == "Allow everything"
    await page.evaluate("document.querySelector('.approval .deny').click()")
    await running

    await page.evaluate(
        "{ const menu = document.querySelector('#apps select'); menu.value = 'view';"
        "menu.dispatchEvent(new Event('change')); }"
    )
    await page.wait_for("""document.querySelector('#apps').dataset.shown?.includes('"view"')""")
    (decision,) = await asyncio.to_thread(bridge.computer.apps.list_decisions)
    assert decision.level == "view"
    await page.evaluate("document.querySelector('#apps button').click()")
    await page.wait_for("document.querySelector('#apps').hidden")
    assert await asyncio.to_thread(bridge.computer.apps.list_decisions) == []
    assert page.errors == []

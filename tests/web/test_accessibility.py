"""axe-core finds nothing on any page, light and dark; without motion for users who want none."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.script import calls, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, run_chromium
from tests.web.test_computer import (  # noqa: F401 - `client` and `desktop` are fixtures
    DELETE,
    choose_mode,
    client,
    desktop,
    request_deletion,
)
from tests.web.test_dashboard import create_usage

RUN = """axe.run(document, {resultTypes: ["violations"], ...OPTIONS}).then(result =>
    result.violations.flatMap(found =>
        found.nodes.map(node => `${found.id}: ${node.html.slice(0, 150)}`)))"""
SCHEMES = {"light": "{}", "dark": "{runOnly: ['color-contrast']}"}
"""The options for each: with the scheme, only colors change."""


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, a file that the variable AXE_CORE names; CI must have it."""
    path = os.environ.get("AXE_CORE")
    if path:
        return Path(path).read_text("utf-8")
    assert not os.environ.get("CLAUDE_BRIDGE_TESTS_NO_SKIP"), "AXE_CORE is not set; see .ci/run"
    pytest.skip("AXE_CORE is not set")


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with run_chromium(tmp_path / "profile") as opened:
        yield opened


async def find_violations(page: Page, axe: str) -> list[str]:
    """Return what axe finds, light and dark; without transitions, whose colors are in between."""
    await page.evaluate(f"{axe};0")
    violations = []
    for scheme, options in SCHEMES.items():
        features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        media = [{"name": name, "value": value} for name, value in features.items()]
        await page.send_command("Emulation.setEmulatedMedia", features=media)
        script = RUN.replace("OPTIONS", options)
        violations += [f"{scheme}: {violation}" for violation in await page.evaluate(script)]
    return violations


PAGES = {
    "/": "document.querySelectorAll('#recent tr').length",
    "/setup": "document.querySelector('#reason').textContent",
    "/docs#create_chat_completion": "document.querySelector('#create_chat_completion pre')",
    # Other sites' links lead here; it goes on to the bridge's own pages only.
    "/open#page=/docs": "document.querySelector('#outcome').textContent.startsWith('This link')",
}
"""Each page, and when it is complete."""


async def test_no_page_without_a_session_has_violations(
    bridge: Bridge,
    fake: FakeAnthropic,
    client: AsyncOpenAI,  # noqa: F811
    page: Page,
    axe: str,
) -> None:
    await create_usage(bridge, fake, client)
    for path, ready in PAGES.items():
        await page.open(f"{bridge.url}{path}")
        await page.wait_for(f"Boolean({ready})")
        assert (path, await find_violations(page, axe)) == (path, [])


async def test_an_unlocked_dashboard_with_an_approval_has_no_violations(
    desktop: Any,  # noqa: F811
    bridge: Bridge,
    fake: FakeAnthropic,
    client: AsyncOpenAI,  # noqa: F811
    page: Page,
    axe: str,
) -> None:
    await page.open_with_session(bridge)
    await choose_mode(page, "ask")
    await page.wait_for("document.querySelector('#computer-mode').textContent.includes('each')")
    await page.evaluate("document.querySelector('#log').open = true")
    fake.script(calls(DELETE), says("As you wish."))
    running = asyncio.create_task(request_deletion(client))
    await page.wait_for("document.querySelector('.approval canvas')?.width > 100")
    await page.wait_for("document.querySelector('#saved-keys li') !== null")
    assert await find_violations(page, axe) == []
    await page.evaluate("document.querySelector('.approval .deny').click()")
    await running


async def test_the_set_up_page_has_no_violations_while_it_signs_in(
    start_bridge: StartBridge, tmp_path: Path, page: Page, axe: str
) -> None:
    from tests.backends.claude_code.sign_in_stand_in import write_sign_in

    bridge = await start_bridge(claude_cli=str(write_sign_in(tmp_path / "claude")))
    await page.open_with_session(bridge, "/setup")
    await page.wait_for("!document.querySelector('#sign-in').disabled")
    await page.evaluate("document.querySelector('#sign-in').click()")
    await page.wait_for("!document.querySelector('#sign-in-steps').hidden")
    assert await find_violations(page, axe) == []


async def test_nothing_moves_for_users_who_want_no_motion(
    start_bridge: StartBridge, page: Page
) -> None:
    bridge = await start_bridge(backend="offline")
    await page.open(f"{bridge.url}/")
    moving = """(document.body.classList.add('loading'),
        getComputedStyle(document.querySelector('#plot')).animationName)"""
    assert await page.evaluate(moving) == "pulse"
    media = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    await page.send_command("Emulation.setEmulatedMedia", features=media)
    assert await page.evaluate(moving) == "none"
    assert page.errors == []

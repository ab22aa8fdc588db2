"""From a client's request to a form in Chromium on mutter that Claude fills in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bridge.computer.screen.capture import CaptureOptions
from bridge.server.state import Bridge
from tests.computer.native.form import PAGE, fill_in_form
from tests.computer.native.portal.fake_portal import FakePortal
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, run_chromium

pytestmark = pytest.mark.end_to_end


@pytest.fixture
async def page(mutter: Mapping[str, str], tmp_path: Path) -> AsyncIterator[Page]:
    """The whole screen: where a window is, no program is told."""
    file = tmp_path / "form.html"
    await asyncio.to_thread(file.write_text, PAGE, "utf-8")
    switches = ("--ozone-platform=wayland", "--kiosk", "--force-device-scale-factor=1")
    url = file.as_uri()
    async with run_chromium(tmp_path / "profile", *switches, url=url, headless=False) as page:
        await page.wait_for("document.querySelector('#far') !== null && innerHeight === 1080")
        yield page


async def test_claude_fills_in_a_form(
    page: Page,
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    portal: FakePortal,
    mutter: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in mutter.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="anthropic")
    bridge.computer.allow_for(5)
    await fill_in_form("claude-opus-5-5", page, fake, bridge)
    await save_picture(bridge, "mutter-form.png")


async def save_picture(bridge: Bridge, name: str) -> None:
    """Save the screen where a developer wants to look at it."""
    folder = os.environ.get("CLAUDE_BRIDGE_TESTS_PICTURES")
    if folder:
        picture = await bridge.computer.capture(CaptureOptions(form="png"))
        await asyncio.to_thread(Path(folder, name).write_bytes, picture.data)

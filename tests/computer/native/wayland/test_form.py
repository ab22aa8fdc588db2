"""From a client's request to a form in Chromium on Sway that Claude fills in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bridge.computer.native.wayland.screens import WaylandScreens
from tests.computer.native.form import PAGE, SCREEN, fill_in_form
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, run_chromium

pytestmark = pytest.mark.end_to_end


@pytest.fixture
async def page(sway: Mapping[str, str], tmp_path: Path) -> AsyncIterator[Page]:
    """The whole screen, without an address bar."""
    file = tmp_path / "form.html"
    await asyncio.to_thread(file.write_text, PAGE, "utf-8")
    switches = ("--ozone-platform=wayland", "--window-size=1920,1080")
    url = f"--app={file.as_uri()}"
    async with run_chromium(tmp_path / "profile", *switches, url=url, headless=False) as page:
        await page.wait_for("document.querySelector('#far') !== null && outerWidth > 1900")
        yield page


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-4-6"])
async def test_claude_fills_in_a_form(
    model: str,
    page: Page,
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    sway: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in sway.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="anthropic")
    bridge.computer.allow_for(5)
    await fill_in_form(model, page, fake, bridge)
    await asyncio.to_thread(save_picture, "wayland-form.png")


def save_picture(name: str) -> None:
    """Save the screen where a developer wants to look at it."""
    folder = os.environ.get("CLAUDE_BRIDGE_TESTS_PICTURES")
    if folder:
        screens = WaylandScreens()
        screens.grab(SCREEN, with_pointer=True).save(Path(folder, name))
        screens.close()

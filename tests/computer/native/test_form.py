"""From a client's request to a form in a real browser that Claude fills in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.computer.native.form import PAGE, fill_in_form
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, run_chromium

pytestmark = pytest.mark.end_to_end


@pytest.fixture
async def page(screen: str, tmp_path: Path) -> AsyncIterator[Page]:
    """The whole screen, without an address bar."""
    file = tmp_path / "form.html"
    await asyncio.to_thread(file.write_text, PAGE, "utf-8")
    switches = ("--window-position=0,0", "--window-size=1920,1080")
    url = f"--app={file.as_uri()}"
    async with run_chromium(tmp_path / "profile", *switches, url=url, headless=False) as page:
        await page.wait_for("document.querySelector('#far') !== null && outerWidth > 1000")
        yield page


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-4-6"])
async def test_claude_fills_in_a_form(
    model: str,
    page: Page,
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pixel for pixel through the toolset, and scaled down through tools like any others."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="anthropic")
    bridge.computer.allow_for(5)
    await fill_in_form(model, page, fake, bridge)

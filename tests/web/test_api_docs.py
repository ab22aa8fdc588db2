"""The page /docs opens what its address names, and nothing for an odd address."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import StartBridge
from tests.web.chromium import run_chromium


async def test_an_address_that_names_nothing_breaks_nothing(
    start_bridge: StartBridge, tmp_path: Path
) -> None:
    bridge = await start_bridge(backend="offline")
    async with run_chromium(tmp_path / "profile") as page:
        await page.open(f"{bridge.url}/docs#100%")
        await page.wait_for("document.querySelectorAll('#groups .operation').length > 0")
        await page.wait_for("!document.querySelector('#types').hidden")
        assert "cannot be shown" not in await page.read_text("#intro")
        await page.evaluate("location.hash = '#filter'")
        await page.evaluate("location.hash = '#type-Proof'")
        await page.wait_for("document.getElementById('type-Proof').open")
        assert page.errors == []

"""A page that was opened by its plain address is unlocked with a code, and locked again."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import StartBridge
from tests.web.chromium import Page, run_chromium

DISABLED = "[...document.querySelectorAll('[data-control]')].map(control => control.disabled)"


async def submit_code(page: Page, code: str) -> None:
    await page.evaluate(f"document.querySelector('#unlock-code').value = {code!r}")
    await page.evaluate("document.querySelector('#unlock-form').requestSubmit()")


async def test_a_code_unlocks_the_page(start_bridge: StartBridge, tmp_path: Path) -> None:
    bridge = await start_bridge(backend="offline")
    async with run_chromium(tmp_path / "profile") as page:
        await page.open(f"{bridge.url}/")
        await page.wait_for("!document.querySelector('#unlock').hidden")
        assert "claude-bridge dashboard" in await page.read_text("#unlock-reason")
        assert set(await page.evaluate(DISABLED)) == {True}
        await submit_code(page, "2222-2222")
        await page.wait_for("document.querySelector('#unlock-result').textContent !== ''")
        await page.wait_for(
            "document.querySelector('#unlock-result').textContent.includes('wrong')"
        )

        await submit_code(page, bridge.unlock_codes.issue().lower())
        await page.wait_for("document.querySelector('#unlock').hidden")
        token = await page.evaluate("sessionStorage.getItem('session')")
        assert bridge.page_sessions.accepts(token)
        await page.wait_for("!document.querySelector('#backend-choice').disabled")
        assert not await page.evaluate("document.querySelector('#pause').disabled")
        await page.wait_for(
            "document.querySelector('#sign-in-list button, #sign-in-list a') !== null"
        )

        await page.evaluate("document.querySelector('#sign-out').click()")
        await page.wait_for("!document.querySelector('#unlock').hidden")
        assert set(await page.evaluate(DISABLED)) == {True}
        assert not bridge.page_sessions.accepts(token)

        await page.open(f"{bridge.url}/setup")
        assert await page.evaluate("document.querySelector('#save').disabled")
        await submit_code(page, bridge.unlock_codes.issue())
        await page.wait_for("!document.querySelector('#save').disabled")
        # A wrong code is an error of the network, too, for the console.
        assert [error for error in page.errors if "403" not in error] == []

"""Stored content on the dashboard, in a real browser."""

from __future__ import annotations

from pathlib import Path

from openai import AsyncOpenAI

from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.web.chromium import run_chromium

WORD = "Swordfish7391"


async def test_the_user_sees_and_deletes_what_is_stored(bridge: Bridge, tmp_path: Path) -> None:
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any") as client:
        bridge.recorder.turn_on(30)
        await client.responses.create(model="default", input=WORD, store=True)
    async with run_chromium(tmp_path / "profile") as page:
        await page.open(f"{bridge.url}/")
        assert await page.evaluate("document.querySelector('#stored-delete').hidden")
        await page.evaluate(f"sessionStorage.setItem('session', {bridge.page_sessions.open()!r})")
        await page.open(f"{bridge.url}/?")
        counts = "document.querySelector('#stored-counts').textContent"
        await page.wait_for(f"{counts}.startsWith('On disk: 1 response,')")
        await page.evaluate("window.confirm = () => true")
        await page.evaluate("document.querySelector('#stored-delete').click()")
        await page.wait_for(f"{counts}.startsWith('On disk: 0 responses,')")
        assert "Deleted: " in await page.read_text("#stored-result")
        assert page.errors == []
    assert (bridge.recorder.is_on, bridge.recorder.count) == (True, 0)
    found = [file.name for file in find_paths().data.iterdir() if _contains(file)]
    assert found == []


def _contains(file: Path) -> bool:
    return file.is_file() and WORD.encode() in file.read_bytes()

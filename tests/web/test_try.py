"""A prompt on the dashboard: streamed, stopped, and the same request as code that runs."""

from __future__ import annotations

import asyncio
import contextlib
import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.web.chromium import Page, run_chromium

ODD = 'It\'s "odd": $HOME `date` \\n ☃'
ANSWER = "document.querySelector('#try-answer').textContent"


@pytest.fixture
async def bridge(start_bridge: StartBridge) -> Bridge:
    return await start_bridge(backend="offline")


@pytest.fixture
async def page(bridge: Bridge, tmp_path: Path) -> AsyncIterator[Page]:
    async with run_chromium(tmp_path / "profile") as opened:
        await opened.open(f"{bridge.url}/")
        await opened.wait_for("document.querySelector('#try-model').value === 'bridge-echo'")
        yield opened


async def send(page: Page, prompt: str) -> None:
    await page.evaluate(f"document.querySelector('#try-prompt').value = {prompt!r}")
    await page.evaluate("document.querySelector('#try-form').requestSubmit()")


async def test_a_prompt_is_streamed_stopped_and_shown_as_code_that_gives_the_same(
    bridge: Bridge, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    await page.evaluate("document.querySelector('#try-model').value = 'bridge-echo'")
    await send(page, ODD)
    await page.wait_for("document.querySelector('#try-status').className === 'result good'")
    answer = await page.evaluate(ANSWER)
    assert ODD in answer
    assert (await page.read_text("#try-status")).startswith("First token ")
    assert await page.evaluate("document.querySelector('#try-answer').ariaBusy") == "false"

    curl = await page.read_text("#try-code")
    if shutil.which("curl"):
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", curl, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        output, _ = await process.communicate()
        assert b"data: [DONE]" in output
        assert "odd" in output.decode()
    await page.evaluate("document.querySelector('#try .tabs [value=python]').click()")
    code = await page.read_text("#try-code")
    printed = io.StringIO()

    def run() -> None:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "try-it", "exec"), {})  # noqa: S102 - the page's own example

    await asyncio.to_thread(run)
    assert printed.getvalue() == answer
    assert page.errors == []

    # A stream is stopped, and an error is shown.
    monkeypatch.setattr("bridge.backends.echo.PAUSE_SECONDS", 0.02)
    escape = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))"
    await send(page, "word " * 4000)
    await page.wait_for(f"{ANSWER}.length > 20")
    await page.evaluate(escape)
    await page.wait_for("document.querySelector('#try-status').textContent === 'Stopped.'")
    while bridge.open_streams:
        await asyncio.sleep(0.01)
    bridge.switches.paused = True
    await send(page, "Hello")
    await page.wait_for("document.querySelector('#try-status').className === 'result bad'")
    assert (await page.read_text("#try-status")).endswith(
        "The bridge is paused. Choose Resume requests in the tray menu."
    )

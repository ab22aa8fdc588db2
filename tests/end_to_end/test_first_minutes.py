"""From the built wheel to a streamed answer in a real client, over the set-up page.

Run it with `-s` to see the time line. There is no network in tests, so the packages that the wheel
depends on are those of the tests instead of downloaded ones.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sysconfig import get_path

import pytest
from openai import AsyncOpenAI

from tests.end_to_end.tray import free_port, read_opened_pages
from tests.tray_host.host import TrayHost, until
from tests.web.chromium import Page, run_chromium

ROOT = Path(__file__).parents[2]
HANG_SECONDS = 180

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the fake panel is Linux's"),
]


class TimeLine:
    """How long each step took, and what the person had to decide."""

    def __init__(self) -> None:
        self.decisions: list[str] = []
        self._began = time.monotonic()
        self._lines: list[str] = []

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        now = time.monotonic()
        self._lines.append(f"{now - self._began:6.1f} s  {words} ({now - started:.1f} s)")

    def decide(self, words: str) -> None:
        self.decisions.append(words)
        self._lines.append(f"{'':10}a person: {words}")

    def __str__(self) -> str:
        return "\n".join(self._lines)


def build_wheel(folder: Path) -> Path:
    """Build the distribution, as a release does; it is not part of the time."""
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "-o",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=HANG_SECONDS)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, home: Path) -> Path:
    """Install the wheel in an environment of its own, as pipx does; return its programs."""
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(get_path("purelib"))
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps"]
    subprocess.run([*command, "--no-index", wheel], check=True, timeout=HANG_SECONDS)
    return home / "bin"


async def save_key(page: Page, secret: str) -> None:
    await page.wait_for("!document.querySelector('#save').disabled")
    await page.evaluate(f"document.querySelector('#secret').value = {secret!r}")
    await page.evaluate("document.querySelector('#save').click()")
    await page.wait_for("document.querySelector('#key-status').textContent.startsWith('Key works')")
    await page.wait_for("!document.querySelector('#next').hidden")


async def ask(base_url: str) -> str:
    """Return the words of a streamed answer, as an editor asks for it."""
    async with AsyncOpenAI(base_url=base_url, api_key="any", max_retries=0) as client:
        stream = await client.chat.completions.create(
            model="default", messages=[{"role": "user", "content": "Hello!"}], stream=True
        )
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


async def test_from_the_wheel_to_the_first_streamed_answer(
    panel: TrayHost,
    upstream: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    opened = tmp_path / "opened"
    browser = tmp_path / "www-browser"
    browser.write_text(f'#!/bin/sh\necho "$@" >> "{opened}"\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    wheel = await asyncio.to_thread(build_wheel, tmp_path / "dist")
    line, port = TimeLine(), free_port()
    with line.step("install"):
        programs = await asyncio.to_thread(install, wheel, tmp_path / "pipx")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    command = ["claude-bridge", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as tray:
        try:
            with line.step("start, until the set-up page is opened"):
                await until(lambda: bool(read_opened_pages(opened)))
            (link,) = read_opened_pages(opened)
            async with run_chromium(tmp_path / "profile") as page:
                with line.step("load the set-up page"):
                    await page.send_command("Page.enable")
                    await page.send_command("Page.navigate", url=link)
                    await page.wait_for("document.querySelector('#secret') !== null")
                line.decide("subscription or API key: pastes a key")
                with line.step("check and save the key"):
                    await save_key(page, "sk-ant-test")
                line.decide("Connect your editor: chooses it, and copies its settings")
                with line.step("show the settings"):
                    await page.evaluate("document.querySelector('#next a').click()")
                    address = f"http://127.0.0.1:{port}/v1"
                    await page.wait_for(f"document.body?.textContent.includes({address!r})")
            with line.step("the first answer, streamed"):
                assert "Hello" in await ask(address)
        finally:
            tray.terminate()
    print(f"\n{line}")
    assert len(line.decisions) <= 3

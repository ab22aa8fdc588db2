"""A real Chromium without a window, told what to do over its own debugging protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from tests.desktop import need_program

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_HANG_SECONDS = 60.0


class Page:
    """The one page there is."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.troubles: list[str] = []
        """What the console said was wrong: errors, and what the policy of a page forbade."""

    async def open(self, url: str) -> None:
        for domain in ("Page", "Runtime", "Log"):
            await self.tell(f"{domain}.enable")
        # A page in the background may not use the clipboard.
        await self.tell("Emulation.setFocusEmulationEnabled", enabled=True)
        await self.tell("Page.navigate", url=url)
        await self.until(f"document.readyState === 'complete' && location.href === {url!r}")

    async def tell(self, method: str, **params: Any) -> Any:
        """One command and its result. https://chromedevtools.github.io/devtools-protocol/"""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(_HANG_SECONDS):
            while True:
                said = await self._socket.receive_json()
                self._note(said)
                if said.get("id") == number:
                    assert "error" not in said, said
                    return said["result"]

    async def value(self, script: str) -> Any:
        """What an expression is; a promise is waited for."""
        options = {"returnByValue": True, "awaitPromise": True, "userGesture": True}
        told = await self.tell("Runtime.evaluate", expression=script, **options)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def until(self, script: str) -> Any:
        """Waits for an expression to be true, and says what it is."""
        async with asyncio.timeout(_HANG_SECONDS):
            while not (found := await self.value(script)):
                await asyncio.sleep(0.05)
        return found

    async def text(self, selector: str) -> str:
        """What a person reads there."""
        return str(await self.value(f"document.querySelector({json.dumps(selector)}).innerText"))

    async def picture(self, path: Path, width: int, *, dark: bool = False) -> None:
        """The whole page, `width` pixels wide, as a PNG."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.tell("Emulation.setEmulatedMedia", features=scheme)
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        await self.tell("Emulation.setDeviceMetricsOverride", **size)
        shot = await self.tell("Page.captureScreenshot", captureBeyondViewport=True)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))

    def _note(self, said: Any) -> None:
        if said.get("method") == "Runtime.exceptionThrown":
            self.troubles.append(str(said["params"]["exceptionDetails"]))
        entry = said.get("params", {}).get("entry", {})
        if said.get("method") == "Log.entryAdded" and entry["level"] == "error":
            self.troubles.append(f"{entry['text']} {entry.get('url', '')}")


@asynccontextmanager
async def chromium(
    profile: Path, *switches: str, url: str = "about:blank", headless: bool = True
) -> AsyncIterator[Page]:
    """Killed in the end, with its children; it has a window on `$DISPLAY` if not headless."""
    process = await asyncio.create_subprocess_exec(
        program(),
        *(["--headless=new"] if headless else []),
        *("--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-dev-shm-usage", "--no-proxy-server", f"--user-data-dir={profile}"),
        # Time that jumps ahead would end a page before its sockets have failed.
        *("--disable-background-networking", "--remote-debugging-port=0", *switches, url),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with aiohttp.ClientSession() as session:
            target = await _target(session, profile / "DevToolsActivePort")
            async with session.ws_connect(target, max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def program() -> str:
    """Chromium by any of its names; the test skips, or fails in CI, where there is none."""
    found = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if found is None:
        need_program("chromium")
        raise AssertionError("need_program has skipped or failed")
    return found


async def _target(session: aiohttp.ClientSession, port_file: Path) -> str:
    """The socket of its page; Chromium writes its port into its profile."""
    async with asyncio.timeout(_HANG_SECONDS):
        while True:
            with suppress(FileNotFoundError, IndexError, aiohttp.ClientError):
                port = (await asyncio.to_thread(port_file.read_text)).split()[0]
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = [one for one in await answer.json() if one["type"] == "page"]
                return str(pages[0]["webSocketDebuggerUrl"])
            await asyncio.sleep(0.05)

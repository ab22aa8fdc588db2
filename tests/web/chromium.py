"""Control a real Chromium over its DevTools protocol."""

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

from bridge.server.state import Bridge
from tests.desktop import need_program

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_HANG_SECONDS = 60.0
_NAVIGATED = (
    "Inspected target navigated",
    "Execution context was destroyed",
    "Cannot find context",
    "Cannot find default execution context",
    "Promise was collected",
)
"""How errors begin when a page is replaced during an evaluation."""


class NavigatedError(Exception):
    """The page was replaced by another one before it answered."""


class Page:
    """The browser's only page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.errors: list[str] = []
        """Errors in the console, and violations of the page's content security policy."""

    async def open(self, url: str) -> None:
        for domain in ("Page", "Runtime", "Log"):
            await self.send_command(f"{domain}.enable")
        # A page in the background has no access to the clipboard.
        await self.send_command("Emulation.setFocusEmulationEnabled", enabled=True)
        await self.send_command("Page.navigate", url=url)
        await self.wait_for(f"document.readyState === 'complete' && location.href === {url!r}")

    async def open_with_session(self, bridge: Bridge, path: str = "/") -> None:
        """Open a page of the bridge with a session, as if it had been opened by a ticket."""
        await self.open(f"{bridge.url}{path}")
        await self.evaluate(f"sessionStorage.setItem('session', {bridge.page_sessions.open()!r})")
        await self.open(f"{bridge.url}{path}?")

    async def send_command(self, method: str, **params: Any) -> Any:
        """Send a command and return its result. https://chromedevtools.github.io/devtools-protocol/"""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(_HANG_SECONDS):
            while True:
                message = await self._socket.receive_json()
                self._collect_errors(message)
                if message.get("id") == number:
                    return _read_result(message)

    async def evaluate(self, script: str) -> Any:
        """Evaluate an expression, and await it if it is a promise."""
        options = {"returnByValue": True, "awaitPromise": True, "userGesture": True}
        result = await self.send_command("Runtime.evaluate", expression=script, **options)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def wait_for(self, script: str) -> Any:
        """Wait until an expression is true, on this page or the next ones; return its value."""
        async with asyncio.timeout(_HANG_SECONDS):
            while True:
                with suppress(NavigatedError):
                    if value := await self.evaluate(script):
                        return value
                await asyncio.sleep(0.05)

    async def read_text(self, selector: str) -> str:
        """Return the visible text of an element."""
        return str(await self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText"))

    async def save_screenshot(
        self,
        path: Path,
        width: int,
        *,
        dark: bool = False,
        height: int | None = None,
        selector: str = "body",
    ) -> None:
        """Save an element as a PNG, or its upper `height` pixels, on a page `width` pixels wide."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.send_command("Emulation.setEmulatedMedia", features=scheme)
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        await self.send_command("Emulation.setDeviceMetricsOverride", **size)
        await self.evaluate("scrollTo(0, 0)")
        measure = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()"
        box = await self.evaluate(measure)
        clip = {name: box[name] for name in ("x", "y", "width", "height")}
        clip["height"] = min(clip["height"], height or clip["height"])
        shot = await self.send_command(
            "Page.captureScreenshot", captureBeyondViewport=True, clip={**clip, "scale": 1}
        )
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))

    def _collect_errors(self, message: Any) -> None:
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(str(message["params"]["exceptionDetails"]))
        entry = message.get("params", {}).get("entry", {})
        if message.get("method") == "Log.entryAdded" and entry["level"] == "error":
            self.errors.append(f"{entry['text']} {entry.get('url', '')}")


def _read_result(message: Any) -> Any:
    error = message.get("error", {}).get("message", "")
    if error.startswith(_NAVIGATED):
        raise NavigatedError(error)
    assert "error" not in message, message
    return message["result"]


@asynccontextmanager
async def run_chromium(
    profile: Path, *switches: str, url: str = "about:blank", headless: bool = True
) -> AsyncIterator[Page]:
    """Run Chromium, and kill it and its children at the end.

    It has a window on `$DISPLAY` if it is not headless.
    """
    process = await asyncio.create_subprocess_exec(
        find_program(),
        *(["--headless=new"] if headless else []),
        *("--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-dev-shm-usage", "--no-proxy-server", f"--user-data-dir={profile}"),
        # No virtual time: it jumps ahead and would end a page before its sockets have failed.
        *("--disable-background-networking", "--remote-debugging-port=0", *switches, url),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with aiohttp.ClientSession() as session:
            target = await _find_socket(session, profile / "DevToolsActivePort")
            async with session.ws_connect(target, max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def find_program() -> str:
    """Find Chromium by any of its names; without one the test is skipped, or fails in CI."""
    path = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if path is None:
        need_program("chromium")
        raise AssertionError("need_program has skipped or failed")
    return path


async def _find_socket(session: aiohttp.ClientSession, port_file: Path) -> str:
    """Return the URL of the page's socket. Chromium writes its port into its profile."""
    async with asyncio.timeout(_HANG_SECONDS):
        while True:
            with suppress(FileNotFoundError, IndexError, aiohttp.ClientError):
                port = (await asyncio.to_thread(port_file.read_text)).split()[0]
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = [target for target in await answer.json() if target["type"] == "page"]
                return str(pages[0]["webSocketDebuggerUrl"])
            await asyncio.sleep(0.05)

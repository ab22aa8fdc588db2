"""The tray as a user starts it, and what a panel shows of it."""

from __future__ import annotations

import asyncio
import html
import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import psutil
from openai import AsyncOpenAI

from tests.tray_host.host import Node, TrayHost


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Tray:
    """`claude-bridge` as a user starts it, on a free port."""

    def __init__(self, *flags: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bridge", "--port", str(self.port), *flags],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def server(self) -> psutil.Process:
        (child,) = psutil.Process(self.process.pid).children()
        return child

    def processes(self) -> list[psutil.Process]:
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=20)


async def state(panel: TrayHost) -> str:
    """Return the first line of the menu."""
    return (await panel.menu()).children[0].label


async def shows(panel: TrayHost, words: str, seconds: float = 60) -> None:
    """Wait until the first line of the menu contains the words."""
    async with asyncio.timeout(seconds):
        while words not in await state(panel):
            await asyncio.sleep(0.05)


async def ask(url: str, model: str, *, key: str = "any", **directive: Any) -> str:
    """Return the streamed answer to a directive for the fake Anthropic."""
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        stream = await client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": f"<<<{json.dumps(directive)}>>>"}],
            stream=True,
        )
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


async def entry(panel: TrayHost, *labels: str) -> Node:
    """Return the menu entry with these labels, as it is now."""
    node = await panel.menu()
    for label in labels:
        node = node.find(label)
    return node


def read_opened_pages(record: Path) -> list[str]:
    """Return the addresses in the files that the browser was started with, by its record."""
    words = record.read_text().split() if record.exists() else []
    files = [Path(url2pathname(urlsplit(word).path)) for word in words if word.startswith("file:")]
    links = [re.search(r'url=([^"]+)"', file.read_text()) for file in files if file.exists()]
    return [html.unescape(link[1]) for link in links if link is not None]

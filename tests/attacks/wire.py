"""Bytes as they are, to a bridge and back: what no well-behaved client would send."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

CHAT = {"model": "bridge-echo", "messages": [{"role": "user", "content": "hi"}]}
BODY = json.dumps(CHAT).encode()
PATH = "/v1/chat/completions"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


@dataclass(frozen=True)
class Heard:
    """Everything that came back on one connection."""

    data: bytes
    closed: bool
    """The bridge closed the connection."""

    @property
    def statuses(self) -> list[int]:
        """Of all answers, one after the other."""
        return [int(found) for found in _STATUS.findall(self.data)]

    @property
    def error(self) -> Any:
        """OpenAI's error object in the one answer."""
        return json.loads(self.data.partition(b"\r\n\r\n")[2])["error"]

    @property
    def refused(self) -> bool:
        """At most one answer, and that a 4xx; where there is none, the connection is closed."""
        if not self.statuses:
            return self.closed and not self.data
        return len(self.statuses) == 1 and 400 <= self.statuses[0] < 500


async def send(url: str, data: bytes, *, quiet: float = 0.4, wait: float = 20.0) -> Heard:
    """Sends `data`; hears until the bridge closes, or has said something and then is quiet."""
    parts = urlsplit(url)
    reading, writing = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writing.write(data)
        return await _hear(reading, quiet, wait)
    finally:
        writing.close()


async def _hear(reading: asyncio.StreamReader, quiet: float, wait: float) -> Heard:
    heard = b""
    while True:
        try:
            piece = await asyncio.wait_for(reading.read(65536), quiet if heard else wait)
        except TimeoutError:
            return Heard(heard, closed=False)
        except ConnectionResetError:
            return Heard(heard, closed=True)
        if not piece:
            return Heard(heard, closed=True)
        heard += piece


def netloc(url: str) -> str:
    """What `Host` says when nobody lies."""
    return urlsplit(url).netloc


def request(
    target: str, *headers: str, method: str = "POST", host: str | None, body: bytes = BODY
) -> bytes:
    """A request that is closed after its answer; `host` None leaves the header out."""
    lines = [f"{method} {target} HTTP/1.1", *headers, "Connection: close"]
    if host is not None:
        lines.insert(1, f"Host: {host}")
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head + (body if method == "POST" else b"")

"""Sends raw bytes to a bridge, such as no well-behaved client would send."""

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
class Reply:
    """Everything that was received on one connection."""

    data: bytes
    closed: bool
    """The bridge closed the connection."""

    @property
    def statuses(self) -> list[int]:
        """The status of each answer, in order."""
        return [int(found) for found in _STATUS.findall(self.data)]

    @property
    def error(self) -> Any:
        """OpenAI's error object in the one answer."""
        return json.loads(self.data.partition(b"\r\n\r\n")[2])["error"]

    @property
    def rejected(self) -> bool:
        """Whether there is one answer, a 4xx, or no answer and a closed connection."""
        if not self.statuses:
            return self.closed and not self.data
        return len(self.statuses) == 1 and 400 <= self.statuses[0] < 500


async def send(url: str, data: bytes, *, quiet: float = 0.4, wait: float = 20.0) -> Reply:
    """Send `data`; receive until the bridge closes the connection, or is quiet after some bytes."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(data)
        return await _receive(reader, quiet, wait)
    finally:
        writer.close()


async def _receive(reader: asyncio.StreamReader, quiet: float, wait: float) -> Reply:
    reply = b""
    while True:
        try:
            piece = await asyncio.wait_for(reader.read(65536), quiet if reply else wait)
        except TimeoutError:
            return Reply(reply, closed=False)
        except ConnectionResetError:
            return Reply(reply, closed=True)
        if not piece:
            return Reply(reply, closed=True)
        reply += piece


def netloc(url: str) -> str:
    """Return the true value of `Host`."""
    return urlsplit(url).netloc


def request(
    target: str, *headers: str, method: str = "POST", host: str | None, body: bytes = BODY
) -> bytes:
    """Build a request that closes the connection; `host` None omits the header."""
    lines = [f"{method} {target} HTTP/1.1", *headers, "Connection: close"]
    if host is not None:
        lines.insert(1, f"Host: {host}")
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head + (body if method == "POST" else b"")

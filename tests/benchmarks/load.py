"""A client that is no limit: raw HTTP/1.1 over asyncio's streams, its times in seconds."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_READ = 256 * 1024
_END = b"\r\n0\r\n\r\n"
FIRST_WORD = b"w0"
"""The first delta's text, in whichever words it comes."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ask, and in which words."""

    name: str
    url: str
    path: str
    headers: Mapping[str, str]

    def request(self, body: Mapping[str, Any]) -> bytes:
        content = json.dumps(body, separators=(",", ":")).encode()
        place = urlsplit(self.url)
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"Host: {place.netloc}",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@dataclass(frozen=True, slots=True)
class Timing:
    first: float
    """Until the first word."""
    whole: float
    size: int


class Connection:
    """Kept alive from request to request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> Timing:
        """Raises RuntimeError for anything but a whole 200."""
        started = time.perf_counter()
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{head[:200]!r} {(await self._reader.read(500))!r}")
        first, tail, size = 0.0, b"\r\n", 0
        length = _length(head)
        while length is None or size < length:
            piece = await self._reader.read(_READ)
            if not piece:
                raise RuntimeError("the connection ended in the middle of an answer")
            size += len(piece)
            tail = tail[-16:] + piece
            if not first and FIRST_WORD in tail:
                first = time.perf_counter() - started
            if length is None and tail.endswith(_END):
                break
        return Timing(first, time.perf_counter() - started, size)


def _length(head: bytes) -> int | None:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return None


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1 << 24)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


async def asked(target: Target, request: bytes, count: int, at_once: int) -> list[Timing]:
    """So many requests over so many connections."""
    left = iter(range(count))
    timings: list[Timing] = []

    async def worker() -> None:
        async with connected(target.url) as connection:
            for _ in left:
                timings.append(await connection.ask(request))

    await asyncio.gather(*(worker() for _ in range(at_once)))
    return timings

"""A client that is fast enough not to matter: raw HTTP/1.1 over asyncio. Times are in seconds."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

_READ = 256 * 1024
_END = b"\r\n0\r\n\r\n"
FIRST_WORD = b"w0"
"""The text of the first delta, in every endpoint's format."""
_WRITTEN = re.compile(rb'"t(\d+) "')
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Target:
    """A server, the path that answers there, and the headers that it needs."""

    name: str
    url: str
    path: str
    headers: Mapping[str, str]
    convert: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    """Converts a chat to a body of that path."""

    def request(self, body: Mapping[str, Any]) -> bytes:
        content = json.dumps(self.convert(body), separators=(",", ":")).encode()
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
    """Seconds until the first text."""
    whole: float
    size: int


class Connection:
    """A connection that is reused for many requests."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, request: bytes) -> Timing:
        """Send a request and read its answer. Raises RuntimeError for anything but a whole 200."""
        started = time.perf_counter()
        first, tail, size = 0.0, b"", 0
        async for piece in self._read_answer(request):
            size += len(piece)
            tail = tail[-16:] + piece
            if not first and FIRST_WORD in tail:
                first = time.perf_counter() - started
        return Timing(first, time.perf_counter() - started, size)

    async def measure_delays(self, request: bytes) -> list[float]:
        """Return the delay of each word that tells when it was written, by this machine's clock."""
        found: list[float] = []
        rest = b""
        async for piece in self._read_answer(request):
            now = time.monotonic_ns()
            rest += piece
            end = 0
            for written in _WRITTEN.finditer(rest):
                found.append((now - int(written[1])) / 1e9)
                end = written.end()
            rest = rest[end:]
        return found

    async def _read_answer(self, request: bytes) -> AsyncIterator[bytes]:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{head[:200]!r} {(await self._reader.read(500))!r}")
        tail, size, length = b"\r\n", 0, parse_content_length(head)
        while length is None or size < length:
            piece = await self._reader.read(_READ)
            if not piece:
                raise RuntimeError("the connection ended in the middle of an answer")
            yield piece
            size += len(piece)
            tail = tail[-16:] + piece
            if length is None and tail.endswith(_END):
                return


def parse_content_length(head: bytes) -> int | None:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return None


@asynccontextmanager
async def open_connection_to(url: str) -> AsyncIterator[Connection]:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1 << 24)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


async def send_requests(target: Target, request: bytes, count: int, at_once: int) -> list[Timing]:
    """Send `count` requests over `at_once` connections."""
    return await run_workers(target, count, at_once, lambda connection: connection.send(request))


async def measure_delays(target: Target, request: bytes, at_once: int) -> list[float]:
    """Return the delay of each word of `at_once` concurrent answers."""
    found = await run_workers(
        target, at_once, at_once, lambda connection: connection.measure_delays(request)
    )
    return [delay for one in found for delay in one]


async def run_workers(
    target: Target, count: int, at_once: int, ask: Callable[[Connection], Awaitable[_T]]
) -> list[_T]:
    left = iter(range(count))
    found: list[_T] = []

    async def worker() -> None:
        async with open_connection_to(target.url) as connection:
            for _ in left:
                found.append(await ask(connection))

    await asyncio.gather(*(worker() for _ in range(at_once)))
    return found

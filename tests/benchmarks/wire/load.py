"""A client that is fast enough not to matter: raw HTTP/1.1 over asyncio. Times are in seconds."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

_READ = 256 * 1024
_END = b"\r\n0\r\n\r\n"
FIRST_WORD = b"w0"
"""The text of the first delta, in every endpoint's format."""
_WRITTEN = re.compile(rb'"t(\d+) "')
_ENDS_CONNECTION = re.compile(rb"^connection: *close\r$", re.IGNORECASE | re.MULTILINE)
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
    pid: int | None = None
    """The process of that server, if its processor time and memory are measured."""
    marker: bytes = b""
    """What each answer in that path's format contains."""
    most_at_once: int | None = None
    """The most requests at a time that this server is asked."""

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
    """A connection that is reused for many requests.

    If the server ends it after an answer, it is opened again within the next request's time.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> asyncio.StreamWriter:
        """Open the connection if it is not; its answers can then be read."""
        if self._writer is None:
            place = urlsplit(self._url)
            self._reader, self._writer = await asyncio.open_connection(
                place.hostname, place.port, limit=1 << 24
            )
        return self._writer

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()
            self._writer = None

    async def send(self, request: bytes) -> Timing:
        """Send a request and read its answer. Raises RuntimeError for anything but a whole 200."""
        started = time.perf_counter()
        first, tail, size = 0.0, b"", 0
        async for piece in self._read_answer(request):
            size += len(piece)
            tail = tail[-16:] + piece
            if not first and FIRST_WORD in tail:
                first = time.perf_counter() - started
        if not first:
            raise RuntimeError(f"an answer without the text that upstream sent: {tail[-200:]!r}")
        return Timing(first, time.perf_counter() - started, size)

    async def fetch(self, request: bytes) -> bytes:
        """Send a request and return the body of its answer."""
        return b"".join([piece async for piece in self._read_answer(request)])

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
        writer = await self.open()
        writer.write(request)
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
                break
        if _ENDS_CONNECTION.search(head):
            await self.close()


def parse_content_length(head: bytes) -> int | None:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return None


@asynccontextmanager
async def open_connection_to(url: str) -> AsyncIterator[Connection]:
    connection = Connection(url)
    await connection.open()
    try:
        yield connection
    finally:
        await connection.close()


async def check_answer(target: Target, request: bytes) -> None:
    """Raise RuntimeError unless the answer is in the format of the target's path."""
    async with open_connection_to(target.url) as connection:
        answer = await connection.fetch(request)
    if target.marker not in answer or FIRST_WORD not in answer:
        raise RuntimeError(f"not an answer in the format of {target.path}: {answer[:200]!r}")


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

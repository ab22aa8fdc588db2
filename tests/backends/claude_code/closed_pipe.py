"""The input of a program that has ended, as event loops show it that report this in `write`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

_start = asyncio.create_subprocess_exec


class ClosedPipe:
    """A closed writer, as uvloop's; asyncio's own would take the data and drop it."""

    def is_closing(self) -> bool:
        return True

    def write(self, data: bytes) -> None:
        raise RuntimeError(f"unable to write {len(data)} bytes; the handler is closed")

    async def drain(self) -> None:
        raise ConnectionResetError("Connection lost")

    def close(self) -> None:
        """Leave it closed."""


async def _start_closed(*words: Any, **options: Any) -> asyncio.subprocess.Process:
    process = await _start(*words, **options)
    if process.stdin is not None:
        process.stdin.close()
        closed: Any = ClosedPipe()
        process.stdin = closed
    return process


def close_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close the input of each program that is started from now on."""
    monkeypatch.setattr(asyncio, "create_subprocess_exec", _start_closed)

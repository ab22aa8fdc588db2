"""What Claude Code processes leave: other processes, and files of the bridge."""

from __future__ import annotations

import asyncio
import os

import psutil

from bridge.settings import find_paths


def list_processes(parent: int | None = None) -> list[psutil.Process]:
    """The Claude Code processes of this process, or of another; the guard is none."""
    children = psutil.Process(parent or os.getpid()).children(recursive=True)
    lines = [(child, " ".join(command(child))) for child in children]
    return [child for child, line in lines if "claude" in line and "--claude-guard" not in line]


def command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


async def settled(most: int) -> None:
    """Wait until so many processes are left at most."""
    async with asyncio.timeout(10):
        while len(list_processes()) > most:
            await asyncio.sleep(0.05)


def list_left_files() -> list[str]:
    """What lies in the folder of the processes, but for the empty one they run in."""
    root = find_paths().claude_code
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.name != "empty")

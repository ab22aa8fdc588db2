"""Ends a Claude Code process, but never while it renews the sign-in.

A renewal has two steps: the server replaces the refresh token, then Claude Code stores the new one.
A process that is killed between them has lost the only valid token, and the user is signed out of
Claude Code everywhere. While a process renews, a file in Claude Code's folder names it.

The lock, a folder beside that file, is there a moment before and after: a process that is killed
then leaves it, and no other can renew for the minute in which it counts.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Literal

from bridge.backends.claude_code.process_group import kill, pause, resume

MAX_RENEWAL_SECONDS = 15.0
"""A process is killed then, whatever the file says."""
_CHECK_SECONDS = 0.05
"""Seconds between two checks whether a renewal has ended."""

MAX_NAMELESS_SECONDS = 2.0
"""A lock names no process for some milliseconds; if for longer, a dead one has left it."""

LockState = Literal["own", "nameless", "other"]
"""`nameless`: it is being taken or released, perhaps by this process. `other` is also no lock."""

_LOCK, _OWNER = ".oauth_refresh.lock", ".oauth_refresh.lock.owner"
_MAX_OWNER = 4096
"""Bytes; the file has 300."""


def find_config_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder in which Claude Code has its sign-in and its locks."""
    config = environ.get("CLAUDE_CONFIG_DIR")
    return Path(config) if config else Path.home() / ".claude"


def is_renewing(config: Path, pid: int) -> bool:
    """Return whether this process is renewing the sign-in now."""
    try:
        with (config / _OWNER).open("rb") as file:
            owner = json.loads(file.read(_MAX_OWNER))
    except (OSError, ValueError, RecursionError):
        # No file is the normal case. One that cannot be read names no process.
        return False
    return isinstance(owner, dict) and owner.get("pid") == pid


def read_lock(config: Path, pid: int) -> LockState:
    """Return who holds the lock of the renewal."""
    if is_renewing(config, pid):
        return "own"
    is_nameless = (config / _LOCK).exists() and not (config / _OWNER).exists()
    return "nameless" if is_nameless else "other"


async def kill_after_renewal(config: Path, pid: int, is_alive: Callable[[], bool]) -> None:
    """Kill a process and its group as soon as it is not renewing the sign-in.

    Nothing is killed once `is_alive` is false: the number may be another process' then.
    """
    started = named_at = time.monotonic()
    while is_alive():
        now = time.monotonic()
        spared: set[LockState] = set()
        if now - started <= MAX_RENEWAL_SECONDS:
            spared.add("own")
        if now - named_at <= MAX_NAMELESS_SECONDS:
            spared.add("nameless")
        state = await asyncio.to_thread(_kill_unless, spared, config, pid)
        if state not in spared:
            return
        if state == "own":
            named_at = now
        await asyncio.sleep(_CHECK_SECONDS)


def _kill_unless(spared: Collection[LockState], config: Path, pid: int) -> LockState:
    """Kill a process and its group, or let it go on if the lock is in one of these states."""
    # A paused process cannot take or release the lock between the check and the kill.
    pause(pid)
    state = read_lock(config, pid)
    (resume if state in spared else kill)(pid)
    return state

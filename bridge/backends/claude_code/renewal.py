"""Ends a Claude Code process, but never while it renews the sign-in.

A renewal has two steps: the server replaces the refresh token, then Claude Code stores the new one.
A process that is killed between them has lost the only valid token, and the user is signed out of
Claude Code everywhere. While a process renews, a file in Claude Code's folder names it.

The lock, a folder beside that file, is there a moment before and after: a process that is killed
then leaves it, and nobody can renew for the minute in which it counts.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bridge.backends.claude_code.process_group import kill, pause, resume

MAX_RENEWAL_SECONDS = 15.0
"""A process is killed then, whatever the file says."""
_CHECK_SECONDS = 0.05
"""Seconds between two checks whether a renewal has ended."""

MAX_NAMELESS_SECONDS = 2.0
"""A lock names nobody for some milliseconds; if for longer, a dead process has left it."""

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


def is_lock_nameless(config: Path) -> bool:
    """Return whether the lock is being taken or released: it is there and names nobody."""
    return (config / _LOCK).exists() and not (config / _OWNER).exists()


async def kill_after_renewal(config: Path, pid: int, is_alive: Callable[[], bool]) -> None:
    """Kill a process and its group as soon as it is not renewing the sign-in.

    Nothing is killed once `is_alive` is false: the number may be another process' then.
    """
    started = time.monotonic()
    while is_alive():
        waited = time.monotonic() - started
        if await asyncio.to_thread(_kill_unless_renewing, config, pid, waited):
            return
        await asyncio.sleep(_CHECK_SECONDS)


def _kill_unless_renewing(config: Path, pid: int, waited: float) -> bool:
    """Kill a process and its group; return False, and let it go on, if it may be renewing."""
    # A paused process cannot begin or end a renewal between the check and the kill.
    pause(pid)
    if (waited <= MAX_RENEWAL_SECONDS and is_renewing(config, pid)) or (
        waited <= MAX_NAMELESS_SECONDS and is_lock_nameless(config)
    ):
        resume(pid)
        return False
    kill(pid)
    return True

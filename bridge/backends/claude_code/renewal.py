"""Ends a Claude Code process, but never while it renews the sign-in.

A renewal has two steps: the server replaces the refresh token, then Claude Code stores the new one.
A process that is killed between them has lost the only valid token, and the user is signed out of
Claude Code everywhere. While a process renews, a file in Claude Code's folder names it.
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

_OWNER = ".oauth_refresh.lock.owner"
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


def kill_unless_renewing(config: Path, pid: int) -> bool:
    """Kill a process and its group; return False, and let it go on, if it is renewing."""
    # A paused process cannot begin a renewal between the check and the end.
    pause(pid)
    if is_renewing(config, pid):
        resume(pid)
        return False
    kill(pid)
    return True


async def kill_after_renewal(config: Path, pid: int, is_alive: Callable[[], bool]) -> None:
    """Kill a process and its group as soon as it is not renewing the sign-in.

    Nothing is killed once `is_alive` is false: the number may be another process' then.
    """
    deadline = time.monotonic() + MAX_RENEWAL_SECONDS
    while is_alive() and not await asyncio.to_thread(kill_unless_renewing, config, pid):
        if time.monotonic() > deadline:
            kill(pid)
            return
        await asyncio.sleep(_CHECK_SECONDS)

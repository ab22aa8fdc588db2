"""Whether the person is signed in to Claude Code: asked of it, and remembered for a while."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.backends.claude_code.command import child_environment

SIGNED_IN_SECONDS = 300.0
SIGNED_OUT_SECONDS = 5.0
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Login:
    """`problem` says in words why it could not be found out."""

    signed_in: bool
    method: str = "none"
    problem: str | None = None


class LoginWatch:
    """Asks `claude auth status` when nothing fresh is known; tokens are never looked at.

    What is known grows old with time, and at once when Claude Code writes its credentials.
    """

    def __init__(self, cli: Path, environ: Mapping[str, str], folder: Path) -> None:
        self._cli = cli
        self._environ = child_environment(environ, folder)
        config = environ.get("CLAUDE_CONFIG_DIR")
        self._credentials = (Path(config) if config else Path.home() / ".claude") / (
            ".credentials.json"
        )
        self._known: Login | None = None
        self._until = 0.0
        self._written: int | None = None
        self._asking: asyncio.Task[Login] | None = None

    async def login(self) -> Login:
        """From memory while fresh. Whoever comes while it is asked waits for the same answer."""
        written = await asyncio.to_thread(_changed_at, self._credentials)
        fresh = time.monotonic() < self._until and written == self._written
        if self._known is not None and fresh:
            return self._known
        if self._asking is None or self._asking.done():
            self._written = written
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    def forget(self) -> None:
        """A request was refused: what was known may be wrong."""
        self._until = 0.0

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def _ask(self) -> Login:
        login = await self._status()
        seconds = SIGNED_IN_SECONDS if login.signed_in else SIGNED_OUT_SECONDS
        self._known, self._until = login, time.monotonic() + seconds
        return login

    async def _status(self) -> Login:
        try:
            process = await asyncio.create_subprocess_exec(
                self._cli,
                "auth",
                "status",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=self._environ,
            )
        except OSError as error:
            return Login(False, problem=f"it cannot be started ({error.strerror or error})")
        try:
            said, _ = await asyncio.wait_for(process.communicate(), _PATIENCE)
        except TimeoutError:
            return Login(False, problem=f"it did not say within {_PATIENCE:.0f} s who is signed in")
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()
        return read_status(said)


def read_status(said: bytes) -> Login:
    """What `claude auth status` printed: `{"loggedIn": …, "authMethod": …}`."""
    try:
        status: Any = json.loads(said)
        return Login(bool(status["loggedIn"]), str(status.get("authMethod", "none")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Login(False, problem="`claude auth status` said nothing that can be understood")


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None

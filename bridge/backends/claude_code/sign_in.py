"""Claude Code's own sign-in, begun from a page instead of a terminal.

The browser and Claude Code settle it between them: the bridge passes on the address of the page and
the code a person pastes, and sees no token.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from bridge.errors import UpstreamFailed
from bridge.wire.control import SignInStatus

Fact = Callable[[], bool]

_PAGE = re.compile(r"https://[!-~]+")
_FIRST_WORDS_SECONDS = 20.0
_CODE_SECONDS = 60.0
_KEPT_CHARACTERS = 20_000
_GO_ON = "Go on in the browser; if it shows a code, paste it here."


class SignIn:
    """At most one at a time; a new one ends the one before."""

    def __init__(self, cli: Path | None, environ: Mapping[str, str]) -> None:
        self._cli = cli
        self._environ = environ
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._said = ""
        self._news = asyncio.Event()

    async def begin(self) -> SignInStatus:
        """Starts it, and says where to go on. Raises UpstreamFailed when it cannot be started."""
        await self.close()
        if self._cli is None:
            raise UpstreamFailed("The Claude Code program is missing; install claude-agent-sdk.")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(self._cli, "auth", "login"),
                env=dict(self._environ),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        except OSError as error:
            raise UpstreamFailed(f"Claude Code cannot be started: {error}") from error
        self._said = ""
        self._reading = asyncio.create_task(self._read(self._process))
        await self._until(lambda: self._page() is not None, _FIRST_WORDS_SECONDS)
        return self.status()

    async def go_on(self, code: str) -> SignInStatus:
        """Gives it the code of the page, and waits for what comes of it."""
        process = self._process
        if process is None or process.returncode is not None or process.stdin is None:
            return self.status()
        with suppress(ConnectionError):  # it has ended: its status says how
            process.stdin.write(code.encode() + b"\n")
            await process.stdin.drain()
        await self._until(lambda: process.returncode is not None, _CODE_SECONDS)
        return self.status()

    def status(self) -> SignInStatus:
        """How far it is."""
        if self._process is None:
            return SignInStatus(state="failed", url=None, words="No sign-in was begun.")
        match self._process.returncode:
            case None:
                return SignInStatus(state="waiting", url=self._page(), words=_GO_ON)
            case 0:
                return SignInStatus(state="signed_in", url=None, words="Signed in to Claude Code.")
            case code:
                return SignInStatus(state="failed", url=None, words=self._last_words(code))

    async def close(self) -> None:
        """Ends a sign-in that still waits."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        if self._reading is not None:
            await self._reading
        self._process = self._reading = None

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        # Not by lines: the question for the code has no end of line.
        while chunk := await process.stdout.read(4096):
            self._said = (self._said + chunk.decode("utf-8", "replace"))[-_KEPT_CHARACTERS:]
            self._news.set()
        await process.wait()
        self._news.set()

    async def _until(self, fact: Fact, seconds: float) -> None:
        """Or until it has ended, or the seconds are over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not fact() and self._process is not None:
                    if self._process.returncode is not None:
                        return
                    self._news.clear()
                    await self._news.wait()

    def _page(self) -> str | None:
        found = _PAGE.search(self._said)
        return found.group() if found else None

    def _last_words(self, code: int) -> str:
        lines = [line.strip() for line in self._said.splitlines() if line.strip()]
        # The answer stands behind the question, on its line.
        last = lines[-1].rpartition("> ")[2] if lines else "no words"
        return f"Claude Code's sign-in ended with {code}: {last}"

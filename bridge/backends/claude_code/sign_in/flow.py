"""Runs Claude Code's own sign-in for the set-up page.

The bridge passes on the URL of the sign-in page and the code that the user pastes. The browser and
Claude Code do the rest, so the bridge sees no password or token.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from bridge.backends.claude_code.command import describe_start_failure, explain_missing_cli
from bridge.errors import UpstreamFailed
from bridge.wire.control import SignInStatus

_URL = re.compile(r"https://[!-~]+")
_URL_SECONDS = 20.0
_CODE_SECONDS = 60.0
_MAX_OUTPUT = 20_000
"""Characters of the program's output that are stored."""
_CONTINUE = "Continue in the browser. If it shows a code, paste it here."


class SignIn:
    """Runs one sign-in at a time; a new one ends the one before.

    States: none, waiting (the program runs, and prints a URL), then signed in or failed, by the
    program's exit code, or cancelled by the user.
    """

    def __init__(self, cli: Path | None, environs: Mapping[str, Mapping[str, str]]) -> None:
        """`environs` are the environments of the program, by the names of the sign-ins."""
        self._cli = cli
        self._environs = environs
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._output = ""
        self._changed = asyncio.Event()
        self._is_cancelled = False
        self._is_success_taken = False

    async def begin(self, name: str = "default") -> SignInStatus:
        """Start a sign-in; return its URL. Raises UpstreamFailed if it cannot be started."""
        # A sign-in that waits for a code may have been left in another window.
        await self.close()
        self._is_cancelled = self._is_success_taken = False
        if self._cli is None:
            reason, hint = explain_missing_cli()
            raise UpstreamFailed(f"{reason[0].upper()}{reason[1:]}. {hint}")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(self._cli, "auth", "login"),
                env=dict(self._environs[name]),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        except OSError as error:
            words = await asyncio.to_thread(describe_start_failure, self._cli, error)
            raise UpstreamFailed(words) from error
        self._output = ""
        self._reading = asyncio.create_task(self._read_output(self._process.stdout, self._process))
        await self._wait_until(lambda: self._find_url() is not None, _URL_SECONDS)
        return self.get_status()

    async def submit_code(self, code: str) -> SignInStatus:
        """Pass on the code from the sign-in page; return the result."""
        process = self._process
        if process is None or process.returncode is not None or process.stdin is None:
            return self.get_status()
        # A program that has ended says how in its exit code.
        if not process.stdin.is_closing():
            with suppress(ConnectionError):
                process.stdin.write(code.encode() + b"\n")
                await process.stdin.drain()
        await self._wait_until(lambda: process.returncode is not None, _CODE_SECONDS)
        return self.get_status()

    async def cancel(self) -> SignInStatus:
        """End a sign-in that is still waiting, for the user; return the state."""
        if self._process is not None and self._process.returncode is None:
            await self.close()
            self._is_cancelled = True
        return self.get_status()

    def take_success(self) -> bool:
        """Return, once, whether the sign-in has succeeded, for those who cache that there is none.

        It may succeed in the browser, without a call of `submit_code`.
        """
        is_new = self.get_status().state == "signed_in" and not self._is_success_taken
        self._is_success_taken = self._is_success_taken or is_new
        return is_new

    def get_status(self) -> SignInStatus:
        """Return the state of the current or last sign-in."""
        if self._is_cancelled:
            return SignInStatus(state="cancelled", url=None, words="The sign-in was cancelled.")
        if self._process is None:
            return SignInStatus(state="failed", url=None, words="No sign-in was started.")
        match self._process.returncode:
            case None:
                return SignInStatus(state="waiting", url=self._find_url(), words=_CONTINUE)
            case 0:
                return SignInStatus(state="signed_in", url=None, words="Signed in to Claude Code.")
            case code:
                return SignInStatus(state="failed", url=None, words=self._describe_failure(code))

    async def close(self) -> None:
        """End a sign-in that is still waiting."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        if self._reading is not None:
            await self._reading
        self._process = self._reading = None

    async def _read_output(
        self, output: asyncio.StreamReader | None, process: asyncio.subprocess.Process
    ) -> None:
        # Not line by line: the prompt for the code has no line end.
        while output is not None and (chunk := await output.read(4096)):
            self._output = (self._output + chunk.decode("utf-8", "replace"))[-_MAX_OUTPUT:]
            self._changed.set()
        await process.wait()
        self._changed.set()

    async def _wait_until(self, is_done: Callable[[], bool], seconds: float) -> None:
        """Wait until it is done, the program has ended, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not is_done() and self._process is not None:
                    if self._process.returncode is not None:
                        return
                    self._changed.clear()
                    await self._changed.wait()

    def _find_url(self) -> str | None:
        match = _URL.search(self._output)
        return match.group() if match else None

    def _describe_failure(self, code: int) -> str:
        lines = [line.strip() for line in self._output.splitlines() if line.strip()]
        # The program prints its result behind the prompt "> ", on the same line.
        last = lines[-1].rpartition("> ")[2] if lines else "no output"
        return f"Claude Code's sign-in ended with {code}: {last}"

"""Who is signed in to Claude Code, by the names of the sign-ins, and signing out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from bridge.backends.claude_code.command import (
    build_environment,
    describe_start_failure,
    explain_missing_cli,
)
from bridge.backends.claude_code.sign_in.environments import TOKEN_VARIABLE
from bridge.backends.claude_code.sign_in.status import SignInResult, SignInStatusReader
from bridge.errors import InvalidRequest, UpstreamFailed

_SECONDS = 20.0
"""Time limit for signing out, which needs less than two seconds."""


class Accounts:
    """Reads and ends sign-ins with Claude Code's own commands; tokens are never read."""

    def __init__(
        self, cli: Path | None, environs: Mapping[str, Mapping[str, str]], folder: Path
    ) -> None:
        """`environs` are the environments of the program, by the names of the sign-ins."""
        self._cli = cli
        self._environs = environs
        self._folder = folder
        self._readers: dict[str, SignInStatusReader] = {}

    async def read(self, name: str) -> SignInResult:
        """Return who is signed in, as Claude Code reports it."""
        if self._cli is None:
            reason, hint = explain_missing_cli()
            return SignInResult(False, problem=f"{reason}. {hint}".removesuffix("."))
        if name not in self._readers:
            self._readers[name] = SignInStatusReader(self._cli, self._environs[name], self._folder)
        result = await self._readers[name].get_status()
        if result.signed_in and not result.email and not self.has_token(name):
            # Claude Code names the account some moments after it has signed in.
            self._readers[name].forget()
        return result

    def has_token(self, name: str) -> bool:
        """Return whether the environment has a token, which only its owner can remove."""
        return bool(self._environs[name].get(TOKEN_VARIABLE))

    async def sign_out(self, name: str) -> None:
        """End a sign-in, for every program that uses it.

        Raises InvalidRequest if a token in the environment is the sign-in, and UpstreamFailed if
        Claude Code fails.
        """
        if self.has_token(name):
            raise InvalidRequest(
                f"Claude Code is signed in by {TOKEN_VARIABLE}. Remove it from the environment of "
                "the bridge, and restart the bridge."
            )
        if self._cli is None:
            raise UpstreamFailed("The Claude Code program is missing.")
        try:
            process = await asyncio.create_subprocess_exec(
                *(self._cli, "auth", "logout"),
                env=build_environment(self._environs[name], self._folder),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        except OSError as error:
            words = await asyncio.to_thread(describe_start_failure, self._cli, error)
            raise UpstreamFailed(words) from error
        try:
            async with asyncio.timeout(_SECONDS):
                output, _ = await process.communicate()
        except TimeoutError as error:
            process.kill()
            await process.wait()
            raise UpstreamFailed(
                f"Claude Code did not sign out within {_SECONDS:.0f} s."
            ) from error
        finally:
            self.forget()
        if process.returncode != 0:
            lines = output.decode("utf-8", "replace").split("\n")
            last = next((line.strip() for line in reversed(lines) if line.strip()), "no output")
            raise UpstreamFailed(f"Claude Code could not sign out: {last[:200]}")

    def forget(self) -> None:
        """Read all sign-ins again when they are next needed."""
        for reader in self._readers.values():
            reader.forget()

    async def close(self) -> None:
        """End what is being read."""
        for reader in self._readers.values():
            await reader.close()

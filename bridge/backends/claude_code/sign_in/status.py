"""Reads whether the user is signed in to Claude Code, and caches the result for a while."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.backends.claude_code.command import CLI_HINT, build_environment, explain_start_failure
from bridge.backends.claude_code.sign_in.renewal import find_config_folder, kill_after_renewal

SIGNED_IN_SECONDS = 300.0
SIGNED_OUT_SECONDS = 5.0
_TIMEOUT_SECONDS = 20.0
_KILL_SECONDS = 2.0
_RUN_HINT = (
    "Run `claude auth status` in a terminal to see why, and `claude update` if it asks for it."
)
_SUBSCRIPTION = "claude.ai"
"""The method of a sign-in with a plan."""
_MAX_OUTPUT = 64 * 1024
"""Bytes; a status has a hundred."""
_MAX_LABEL = 254
"""Characters; the longest address of an e-mail has so many."""


@dataclass(frozen=True, slots=True)
class SignInResult:
    """`method` is Claude Code's name of it.

    If the status is unknown, `problem` is a phrase, and `hint` says what to do.
    """

    signed_in: bool
    method: str = "none"
    problem: str | None = None
    hint: str | None = None
    account: str = ""
    """A fingerprint of the account, to tell it from another one; empty if it is not known."""
    email: str | None = None
    """The account, if Claude Code names it; it does not for a token of the environment."""
    plan: str | None = None
    """`max`, `pro` or another one, as Claude Code names it."""


class SignInStatusReader:
    """Runs `claude auth status`, and caches its result; tokens are never read.

    A result expires after SIGNED_IN_SECONDS or SIGNED_OUT_SECONDS, and at once when Claude Code
    writes its credentials file. A sign-in that has only expired by time is still returned, while it
    is read again in the background: a request after a pause must not wait for that.
    """

    def __init__(self, cli: Path, environ: Mapping[str, str], folder: Path) -> None:
        self._cli = cli
        self._environ = build_environment(environ, folder)
        self._config = find_config_folder(environ)
        self._credentials = self._config / ".credentials.json"
        self._cached: SignInResult | None = None
        self._expires_at = 0.0
        self._written_at: int | None = None
        self._reading: asyncio.Task[SignInResult] | None = None

    async def get_status(self) -> SignInResult:
        """Return the cached result, or read it; calls at the same time share one reading."""
        written_at = await asyncio.to_thread(_get_change_time, self._credentials)
        cached = self._cached if written_at == self._written_at else None
        if cached is not None and time.monotonic() < self._expires_at:
            return cached
        if self._reading is None or self._reading.done():
            self._written_at = written_at
            self._reading = asyncio.create_task(self._refresh())
        if cached is not None and cached.signed_in:
            return cached
        # A client that leaves must not cancel the reading for the others.
        return await asyncio.shield(self._reading)

    @property
    def version(self) -> int | None:
        """When Claude Code wrote its credentials; changes when the user signs in or out."""
        return self._written_at

    def forget(self) -> None:
        """Forget the cached result, after a request was refused."""
        self._cached = None

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _refresh(self) -> SignInResult:
        result = await self._run_auth_status()
        # A user who is signed out may be signing in just now.
        seconds = SIGNED_IN_SECONDS if result.signed_in else SIGNED_OUT_SECONDS
        self._cached, self._expires_at = result, time.monotonic() + seconds
        return result

    async def _run_auth_status(self) -> SignInResult:
        try:
            process = await asyncio.create_subprocess_exec(
                self._cli,
                "auth",
                "status",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=self._environ,
                # A wrapper script may have started another program, which ends with it then.
                start_new_session=sys.platform != "win32",
            )
        except OSError as error:
            reason = await asyncio.to_thread(explain_start_failure, self._cli, error)
            return SignInResult(False, problem=reason, hint=CLI_HINT)
        try:
            output = await asyncio.wait_for(_read_output(process), _TIMEOUT_SECONDS)
        except TimeoutError:
            return SignInResult(
                False,
                problem=f"its sign-in status took longer than {_TIMEOUT_SECONDS:.0f} s",
                hint=_RUN_HINT,
            )
        finally:
            await self._end(process)
        return parse_status(output)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        await kill_after_renewal(self._config, process.pid, lambda: process.returncode is None)
        # A program that left the group may still hold the pipe, which asyncio waits for.
        with suppress(TimeoutError):
            await asyncio.wait_for(_drain_output(process), _KILL_SECONDS)


async def _read_output(process: asyncio.subprocess.Process) -> bytes:
    """Return all that the process writes until it ends; less if it is more than _MAX_OUTPUT."""
    output = bytearray()
    if process.stdout is not None:
        while len(output) < _MAX_OUTPUT and (piece := await process.stdout.read(_MAX_OUTPUT)):
            output += piece
    if len(output) < _MAX_OUTPUT:
        await process.wait()
    return bytes(output)


async def _drain_output(process: asyncio.subprocess.Process) -> None:
    """Read the rest of the output: asyncio closes a pipe only at its end."""
    while process.stdout is not None and await process.stdout.read(_MAX_OUTPUT):
        pass
    await process.wait()


def parse_status(output: bytes) -> SignInResult:
    """Parse the output of `claude auth status`: `{"loggedIn": …, "authMethod": …}`."""
    unreadable = SignInResult(False, problem="its sign-in status couldn't be read", hint=_RUN_HINT)
    try:
        status: Any = json.loads(output)
        signed_in, method = status["loggedIn"], status.get("authMethod", "none")
        names = [status.get("email"), status.get("orgId")]
    # A recursion error: brackets nested without end.
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return unreadable
    is_status = isinstance(signed_in, bool) and isinstance(method, str)
    if not is_status:
        return unreadable
    # Claude Code names the account of a subscription some moments after it has signed in.
    is_named = signed_in and (any(names) or method != _SUBSCRIPTION)
    return SignInResult(
        signed_in,
        method,
        account=make_fingerprint(method, *names) if is_named else "",
        email=_read_label(status, "email") if signed_in else None,
        plan=_read_label(status, "subscriptionType") if signed_in else None,
    )


def _read_label(status: Mapping[str, Any], name: str) -> str | None:
    """Return a text that is shown to the user; None if it is absent or is no such text."""
    label = status.get(name)
    is_label = isinstance(label, str) and 0 < len(label) <= _MAX_LABEL and label.isprintable()
    return label if is_label else None


def make_fingerprint(*names: object) -> str:
    """Return a hash of what names an account, so that no address is stored."""
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:32]


def _get_change_time(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None

"""The sign-in status is read from Claude Code, cached, and read again after a change."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import psutil
import pytest

from bridge.backends.claude_code.command import find_bundled_cli
from bridge.backends.claude_code.sign_in import status as sign_in_status
from bridge.backends.claude_code.sign_in.status import (
    SignInResult,
    SignInStatusReader,
    make_fingerprint,
    parse_status,
)
from tests.backends.claude_code.stand_in import stand_in

NOT_UNDERSTOOD = parse_status(b"")


@pytest.mark.parametrize(
    ("said", "login"),
    [
        (b'{"loggedIn": true, "authMethod": "claude.ai"}', SignInResult(True, "claude.ai")),
        (
            b'{"loggedIn": true, "authMethod": "claude.ai", "email": "a@b.c", "orgId": "1"}',
            SignInResult(
                True,
                "claude.ai",
                account=make_fingerprint("claude.ai", "a@b.c", "1"),
                email="a@b.c",
            ),
        ),
        (
            b'{"loggedIn": true, "authMethod": "x", "email": "a\\nb", "subscriptionType": "max"}',
            SignInResult(True, "x", account=make_fingerprint("x", "a\nb", None), plan="max"),
        ),
        (b'{"loggedIn": false, "authMethod": "none", "email": "a@b.c"}', SignInResult(False)),
        (b'{"loggedIn": false, "authMethod": "none"}', SignInResult(False)),
        (
            b"Welcome!",
            NOT_UNDERSTOOD,
        ),
        (b"[]", NOT_UNDERSTOOD),
        (b'{"loggedIn": "yes"}', NOT_UNDERSTOOD),
        (b'{"loggedIn": NaN}', NOT_UNDERSTOOD),
        (b'{"loggedIn": true, "authMethod": [1]}', NOT_UNDERSTOOD),
        pytest.param(b"[" * 100_000, NOT_UNDERSTOOD, id="deep"),
    ],
)
def test_the_output_of_auth_status_is_parsed(said: bytes, login: SignInResult) -> None:
    assert parse_status(said) == login
    assert NOT_UNDERSTOOD.problem == "its sign-in status couldn't be read"
    assert "claude auth status" in str(NOT_UNDERSTOOD.hint)


async def test_the_real_program_reports_its_sign_in(tmp_path: Path) -> None:
    cli = await asyncio.to_thread(find_bundled_cli)
    assert cli is not None
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    out = SignInStatusReader(cli, environ, tmp_path)
    assert await out.get_status() == SignInResult(False)
    signed_in = {**environ, "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-made-up"}
    assert await SignInStatusReader(cli, signed_in, tmp_path).get_status() == SignInResult(
        True, "oauth_token", account=make_fingerprint("oauth_token", None, None)
    )


async def test_the_status_is_cached_until_credentials_change(tmp_path: Path) -> None:
    cli = stand_in(tmp_path, "dies")
    watch = SignInStatusReader(cli, {"CLAUDE_CONFIG_DIR": str(tmp_path)}, tmp_path)
    assert (await watch.get_status()).signed_in
    stand_in(tmp_path, "dies", status='{"loggedIn": false}')
    assert (await watch.get_status()).signed_in
    (tmp_path / ".credentials.json").write_text("{}")
    assert not (await watch.get_status()).signed_in
    stand_in(tmp_path, "dies")
    watch.forget()
    assert (await watch.get_status()).signed_in
    await watch.close()


async def test_after_a_pause_the_known_status_is_returned_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_status, "SIGNED_IN_SECONDS", 0.0)
    watch = SignInStatusReader(stand_in(tmp_path, "dies"), {}, tmp_path)
    assert (await watch.get_status()).signed_in
    stand_in(tmp_path, "dies", status='{"loggedIn": false}')
    assert (await watch.get_status()).signed_in, "no request waits for the program"
    async with asyncio.timeout(30):
        while (await watch.get_status()).signed_in:
            await asyncio.sleep(0.01)
    await watch.close()


async def test_after_a_refused_request_the_status_is_read_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = SignInStatusReader(stand_in(tmp_path, "dies"), {}, tmp_path)
    assert (await watch.get_status()).signed_in
    stand_in(tmp_path, "dies", status='{"loggedIn": false}')
    watch.forget()
    assert not (await watch.get_status()).signed_in
    await watch.close()


async def test_the_credentials_are_never_read(tmp_path: Path) -> None:
    # Opening a pipe would wait for a writer for ever.
    os.mkfifo(tmp_path / ".credentials.json")
    watch = SignInStatusReader(
        stand_in(tmp_path, "dies"), {"CLAUDE_CONFIG_DIR": str(tmp_path)}, tmp_path
    )
    assert (await asyncio.wait_for(watch.get_status(), 10)).signed_in
    await watch.close()


async def test_a_program_that_cannot_run_is_reported_as_a_problem(tmp_path: Path) -> None:
    cli = tmp_path / "claude"

    async def read_problem() -> str | None:
        return (await SignInStatusReader(cli, {}, tmp_path).get_status()).problem

    assert await read_problem() == f"{cli} does not exist"
    cli.write_text("#!/nowhere/sh\n")
    assert await read_problem() == f"{cli} is not executable"
    cli.chmod(0o755)
    assert str(await read_problem()).startswith(f"{cli} needs an interpreter or a loader")
    cli.write_bytes(b"\x7fELF of another processor")
    assert await read_problem() == f"{cli} is not a program for this system and processor"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
async def test_a_wrapper_that_takes_too_long_ends_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, pid = tmp_path / "claude", tmp_path / "pid"
    script.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {pid}\nwait\n")
    script.chmod(0o755)
    monkeypatch.setattr(sign_in_status, "_TIMEOUT_SECONDS", 2.0)
    async with asyncio.timeout(10):
        status = await SignInStatusReader(script, dict(os.environ), tmp_path).get_status()
        assert status.problem is not None
        assert "took longer" in status.problem
        # The group has its signal; its members end when they have a processor.
        while is_running(int(pid.read_text())):
            await asyncio.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
async def test_output_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    script = tmp_path / "claude"
    script.write_text("#!/bin/sh\nexec yes\n")
    script.chmod(0o755)
    async with asyncio.timeout(30):
        status = await SignInStatusReader(script, dict(os.environ), tmp_path).get_status()
    assert status == NOT_UNDERSTOOD


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

"""What `claude-bridge serve` shows: a banner and warnings at a terminal, all of it elsewhere."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import aiohttp
import psutil
import pytest

from bridge import __version__
from bridge.cli.autostart import suggest_command
from bridge.cli.server.serve import _cancel_at_sigterm
from tests.cli.started_server import SECONDS, StartedServer, make_environment, run_command
from tests.computer.native.programs.start import eventually
from tests.conftest import StartBridge

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")


@contextmanager
def serve_at_terminal(home: Path, *flags: str) -> Iterator[Iterator[str]]:
    """Yield the lines that a server shows at a terminal; it ends with the block."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "serve", "--port", "0", *flags],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=make_environment(home),
    )
    os.close(theirs)
    try:
        yield read_lines(ours)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(SECONDS)
        os.close(ours)


def read_lines(handle: int) -> Iterator[str]:
    rest = ""
    while True:
        try:
            piece = os.read(handle, 4096)
        except OSError:
            # Linux: the program at the other end has gone.
            piece = b""
        if not piece:
            return
        *lines, rest = (rest + piece.decode()).split("\n")
        yield from (line.rstrip("\r") for line in lines)


def take_until(lines: Iterator[str], start: str) -> list[str]:
    """Return the lines up to the first that begins so, without its indentation."""
    taken = []
    for line in lines:
        taken.append(line)
        if line.strip().startswith(start):
            return taken
    raise AssertionError(f"no line begins with {start!r}: {taken}")


def test_a_terminal_gets_the_address_first_then_the_banner_and_no_log(home: Path) -> None:
    with serve_at_terminal(home, "--backend", "offline") as lines:
        shown = take_until(lines, "Keep running")
        url = shown[0].removeprefix("Listening on ")
        assert run_command(home, "ask", "Hi").returncode == 0
        assert run_command(home, "status").returncode == 0
        assert run_command(home, "stop").returncode == 0
        rest = list(lines)
    assert shown == [
        f"Listening on {url}",
        f"Claude OpenAI Bridge {__version__}",
        f"  API           {url}/v1",
        "  API key       any text (this bridge requires none)",
        f"  Dashboard     claude-bridge dashboard ({url})",
        "  Claude        Using the offline echo; this is not Claude",
        "  Quit          Ctrl+C",
        f"  Keep running  {suggest_command()} (starts it at each login)",
    ]
    assert rest == ["Stopped."]
    log = (home / "logs" / "bridge.log").read_text()
    assert "POST /v1/chat/completions -> 200" in log
    assert "GET " not in log, "what our commands look at is not logged"


def test_with_a_level_that_is_set_a_terminal_gets_the_log(home: Path) -> None:
    with serve_at_terminal(home, "--backend", "offline", "--log-level", "INFO") as lines:
        shown = take_until(lines, "Keep running")
        assert run_command(home, "stop").returncode == 0
        rest = list(lines)
    assert sum("INFO    bridge.server.serve: Backend: offline" in line for line in shown) == 1
    assert any("/control/stop -> 202" in line for line in rest)


def test_elsewhere_the_log_is_shown_and_no_banner(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "serve", "--port", "0", "--backend", "offline"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=make_environment(home),
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Listening on ")
    assert run_command(home, "stop").returncode == 0
    out, err = process.communicate(timeout=SECONDS)
    assert out == ""
    assert "POST /control/stop -> 202" in err


@pytest.mark.parametrize(
    ("path", "own", "headers", "logged"),
    [
        ("/health", False, {}, False),
        ("/v1/models", True, {}, False),
        ("/usage", True, {}, False),
        ("/computer", True, {}, False),
        ("/connect", True, {}, False),
        ("/usage", False, {"Sec-Fetch-Site": "same-origin"}, False),
        ("/v1/models", False, {}, True),
        ("/usage", False, {}, True),
    ],
)
async def test_polls_of_our_own_programs_are_not_logged(
    start_bridge: StartBridge,
    caplog: pytest.LogCaptureFixture,
    path: str,
    own: bool,
    headers: dict[str, str],
    logged: bool,
) -> None:
    bridge = await start_bridge(backend="offline")
    caplog.set_level(logging.INFO, "bridge.access")
    credential = {"Authorization": f"Bearer {bridge.control_token}"} if own else {}
    async with (
        aiohttp.ClientSession(headers={**credential, **headers}) as session,
        session.get(bridge.url + path) as answer,
    ):
        assert answer.status == 200
        await answer.read()
    lines = [line for line in caplog.messages if f"GET {path} -> 200" in line]
    assert (lines != []) is logged


async def test_what_our_programs_change_is_logged(
    start_bridge: StartBridge, caplog: pytest.LogCaptureFixture
) -> None:
    bridge = await start_bridge(backend="offline")
    caplog.set_level(logging.INFO, "bridge.access")
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{bridge.url}/control/switches", json={"paused": True}) as answer,
    ):
        await answer.read()
    assert [line for line in caplog.messages if "POST /control/switches -> 200" in line]


async def test_the_server_starts_without_claude_codes_package(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_version(name: str) -> str:
        if name == "claude-agent-sdk":
            raise PackageNotFoundError(name)
        return "1.2"

    monkeypatch.setattr("bridge.compose.version", find_version)
    bridge = await start_bridge(backend="offline")
    assert set(bridge.versions) == {"python", "aiohttp", "anthropic"}


_SIGNED_IN = """#!/bin/sh
test "$1" = auth || exit 1
test -e {record} && echo late >>{log} || echo early >>{log}
echo '{{"loggedIn": true, "authMethod": "claude.ai", "email": "a@example.org"}}'
"""


def test_the_sign_in_is_read_once_and_before_the_server_is_loaded(
    home: Path, tmp_path: Path
) -> None:
    cli, log = tmp_path / "claude", tmp_path / "log"
    cli.write_text(_SIGNED_IN.format(record=home / "data" / "running.json", log=log), "utf-8")
    cli.chmod(0o755)
    server = StartedServer(home, "--claude-cli", str(cli), "--claude-spares", "0")
    try:
        (status,) = json.loads(run_command(home, "status", "--json").stdout)["servers"]
        assert status["health"]["backend"]["active"] == "claude-code"
    finally:
        server.close()
    assert log.read_text("utf-8") == "early\n"


def test_a_stop_while_it_is_loading_leaves_no_program_behind(tmp_path: Path) -> None:
    seen = tmp_path / "pid"
    cli = tmp_path / "claude"
    cli.write_text(f"#!/bin/sh\necho $$ > {seen}.part; mv {seen}.part {seen}; exec sleep 600\n")
    cli.chmod(0o755)
    words = ["serve", "--port", "0", "--backend", "claude-code", "--claude-cli", str(cli)]
    with subprocess.Popen(
        [sys.executable, "-m", "bridge", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=make_environment(tmp_path / "home"),
        text=True,
    ) as process:
        assert eventually(seen.exists, SECONDS)
        process.terminate()
        assert process.communicate(timeout=SECONDS)[1] == ""
        assert process.returncode == 0
    assert not psutil.pid_exists(int(seen.read_text()))


async def test_a_second_stop_while_it_is_loading_does_not_end_the_first() -> None:
    loop, seen, steps = asyncio.get_running_loop(), asyncio.Event(), []

    async def load() -> None:
        _cancel_at_sigterm()
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            # Signals are handled in their order.
            os.kill(os.getpid(), signal.SIGUSR1)
            await seen.wait()
            steps.append("ended the program")

    loop.add_signal_handler(signal.SIGUSR1, seen.set)
    try:
        await asyncio.wait([asyncio.create_task(load())], timeout=SECONDS)
    finally:
        for number in (signal.SIGTERM, signal.SIGUSR1):
            loop.remove_signal_handler(number)
    assert steps == ["ended the program"]

"""Processes leave nothing behind, and each failure is reported with its reason."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest
from openai import AsyncOpenAI

from bridge.backends.claude_code.process import ProcessLauncher
from bridge.errors import StreamBroken
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.backends.claude_code.closed_pipe import close_inputs
from tests.backends.claude_code.leftovers import list_processes, settled
from tests.backends.claude_code.stand_in import PROGRAMS, stand_in
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic

HI: Any = [{"role": "user", "content": "Hi"}]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")


async def test_a_start_that_is_cancelled_at_any_moment_leaves_no_process(tmp_path: Path) -> None:
    for milliseconds in range(0, 60, 5):
        # Each launcher starts a guard of its own with its first process.
        cli = stand_in(tmp_path, "says nothing")
        launcher = ProcessLauncher(tmp_path / "root", cli, dict(os.environ))
        starting = asyncio.create_task(launcher.start())
        _, unfinished = await asyncio.wait([starting], timeout=milliseconds / 1000)
        starting.cancel()
        if unfinished:
            await asyncio.wait(unfinished)
        else:
            await starting.result().kill()
        assert list_processes() == [], f"cancelled after {milliseconds} ms"
        await launcher.close()


async def test_files_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    """Its entry in the list of running ones, and a settings file that it was just writing."""
    config = tmp_path / ".claude"
    (config / "sessions").mkdir(parents=True)
    environ = {**os.environ, "CLAUDE_CONFIG_DIR": str(config)}
    launcher = ProcessLauncher(tmp_path / "root", stand_in(tmp_path, "says nothing"), environ)
    process = await launcher.start()
    own = [
        config / "sessions" / f"{process.pid}.json",
        config / f".claude.json.tmp.{process.pid}.0a1b",
        tmp_path / f".claude.json.tmp.{process.pid}.0a1b",
    ]
    others = [config / "sessions" / "1.json", config / ".claude.json.tmp.1.0a1b"]
    for file in (*own, *others):
        file.touch()
    await process.kill()
    await launcher.close()
    assert [file.exists() for file in own] == [False] * len(own)
    assert [file.exists() for file in others] == [True] * len(others)


async def test_a_closed_input_is_the_end_of_the_process_and_no_fault_of_the_guard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_inputs(monkeypatch)
    launcher = ProcessLauncher(tmp_path / "root", stand_in(tmp_path, "dies"), dict(os.environ))
    process = await launcher.start()
    with pytest.raises(StreamBroken, match="ended: out of cheese"):
        await process.write([{"type": "user"}])
    await process.kill()
    await launcher.close()


async def test_a_server_that_is_killed_takes_its_processes_with_it(
    fake: FakeAnthropic, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "serve", "--port", "0", "--backend", "claude-code"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(20):
        while not list_processes(server.pid):
            await asyncio.sleep(0.05)
    spares = list_processes(server.pid)
    server.send_signal(signal.SIGKILL)
    await server.wait()
    gone, alive = await asyncio.to_thread(psutil.wait_procs, spares, 10)
    assert (len(gone), alive) == (len(spares), [])


async def test_files_of_a_killed_server_are_removed_by_the_next(
    claude_code: Bridge, fake: FakeAnthropic
) -> None:
    left = find_paths().claude_code / "999999999" / "1"
    left.mkdir(parents=True)
    again = claude_code.selection
    await again.warm_active()
    async with AsyncOpenAI(base_url=f"{claude_code.url}/v1", api_key="x") as client:
        await client.chat.completions.create(model="default", messages=HI)
    assert fake.requests


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("dies", "ended: out of cheese"),
        ("says nothing", "did not start within"),
        ("writes errors without end", "its last words: e+"),
        ("says no JSON", "not JSON"),
        ("says no frame", "not a frame"),
        ("says too much", "too long"),
        ("knows no settings", "unsupported"),
    ],
)
async def test_a_failing_program_is_an_error_with_its_reason(
    start_bridge: StartBridge, tmp_path: Path, behaviour: str, said: str
) -> None:
    assert behaviour in PROGRAMS
    cli = stand_in(tmp_path, behaviour)
    bridge = await start_bridge(
        backend="claude-code",
        claude_cli=str(cli),
        claude_spares=0,
        upstream_silence_seconds=0.5 if behaviour == "says nothing" else 3,
    )
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        with pytest.raises(openai.InternalServerError, match=said):
            await client.chat.completions.create(model="default", messages=HI)
    await settled(0)


async def test_a_missing_program_is_named_in_the_error(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="claude-code", claude_cli="/nowhere/claude")
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError, match="/nowhere/claude does not exist"):
            await client.chat.completions.create(model="default", messages=HI)

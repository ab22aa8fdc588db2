"""The real Claude Code renews its sign-in while the bridge ends it: nobody is signed out."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest
from openai import AsyncOpenAI

from bridge.backends.claude_code.sign_in import renewal
from bridge.server.state import Bridge
from tests.backends.claude_code.leftovers import settled
from tests.backends.claude_code.token_server import TokenServer
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Reply, Text
from tests.fake_anthropic.server import FakeAnthropic

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

HI: Any = [{"role": "user", "content": "Hi"}]
SLOW = 1.5
"""Seconds that the token endpoint takes, as on a bad connection."""


async def start(start_bridge: StartBridge, spares: int = 0) -> Bridge:
    return await start_bridge(backend="claude-code", claude_spares=spares)


async def ask(bridge: Bridge, messages: Any = HI) -> str:
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        chat = await client.chat.completions.create(model="default", messages=messages)
        return str(chat.choices[0].message.content)


def make_next_request_renew(tokens: TokenServer, fake: FakeAnthropic) -> None:
    """Have the access token refused, though it looks good here."""
    tokens.sign_in(expires_in=3600)
    tokens.seconds = SLOW
    fake.refused_tokens = {tokens.access}


def list_processes() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "claude" in child.name()]


async def start_server() -> tuple[asyncio.subprocess.Process, str]:
    """Start a bridge in a process of its own; return its URL, too."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "serve", "--port", "0", "--backend", "claude-code"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert server.stdout is not None
    return server, (await server.stdout.readline()).split()[-1].decode()


async def leave_during_renewal(bridge: Bridge, tokens: TokenServer, fake: FakeAnthropic) -> None:
    make_next_request_renew(tokens, fake)
    asking = asyncio.create_task(ask(bridge))
    await tokens.started.wait()
    asking.cancel()


async def wait_until_stored(tokens: TokenServer) -> None:
    async with asyncio.timeout(10):
        while not tokens.is_signed_in:
            await asyncio.sleep(0.05)


async def test_a_client_that_leaves_during_a_renewal_signs_nobody_out(
    start_bridge: StartBridge, tokens: TokenServer, fake: FakeAnthropic
) -> None:
    bridge = await start(start_bridge)
    await leave_during_renewal(bridge, tokens, fake)
    await wait_until_stored(tokens)
    await bridge.selection.close()
    assert (tokens.renewals, tokens.is_signed_in) == (1, True)


async def test_a_session_that_ends_during_a_renewal_signs_nobody_out(
    start_bridge: StartBridge, tokens: TokenServer, fake: FakeAnthropic
) -> None:
    tokens.sign_in(expires_in=3600)
    bridge = await start(start_bridge)
    said = await ask(bridge)
    make_next_request_renew(tokens, fake)
    talk = [*HI, {"role": "assistant", "content": said}, *HI]
    asking = asyncio.create_task(ask(bridge, talk))
    await tokens.started.wait()
    assert len(list_processes()) == 1, "the renewal is in the process of the first turn"
    asking.cancel()
    await wait_until_stored(tokens)
    await bridge.selection.close()
    assert (tokens.renewals, tokens.is_signed_in) == (1, True)


async def test_a_shutdown_during_a_renewal_waits_for_it(
    start_bridge: StartBridge, tokens: TokenServer, fake: FakeAnthropic
) -> None:
    bridge = await start(start_bridge)
    await leave_during_renewal(bridge, tokens, fake)
    await bridge.selection.close()
    assert (tokens.renewals, tokens.is_signed_in) == (1, True)
    # The handler of the request, which waits for the end of the process, may still run.
    await settled(0)


async def test_a_shutdown_while_the_status_is_read_waits_for_its_renewal(
    start_bridge: StartBridge, tokens: TokenServer
) -> None:
    bridge = await start(start_bridge)
    tokens.sign_in(expires_in=-1)
    tokens.seconds = SLOW
    reading = asyncio.create_task(bridge.selection.warm_active())
    await tokens.started.wait()
    reading.cancel()
    await bridge.selection.close()
    assert (tokens.renewals, tokens.is_signed_in) == (1, True)


async def test_a_bridge_that_is_killed_during_a_renewal_signs_nobody_out(
    tokens: TokenServer, fake: FakeAnthropic, home: Path
) -> None:
    make_next_request_renew(tokens, fake)
    server, url = await start_server()
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0) as client:
        asking = asyncio.create_task(client.chat.completions.create(model="default", messages=HI))
        await tokens.started.wait()
        children = psutil.Process(server.pid).children(recursive=True)
        server.kill()
        await server.wait()
        with pytest.raises(openai.APIConnectionError):
            await asking
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, 10)
    assert alive == [], "the guard ends the processes, then itself"
    assert (tokens.renewals, tokens.is_signed_in) == (1, True)


async def test_an_answering_process_ends_with_a_bridge_that_is_killed(
    fake: FakeAnthropic, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claude Code itself would go on until the answer ends."""
    fake.default = Reply((Text("word " * 600),), delay=0.1)
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    server, url = await start_server()
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0) as client:
        stream = await client.chat.completions.create(model="default", messages=HI, stream=True)
        await anext(aiter(stream))
        children = psutil.Process(server.pid).children(recursive=True)
        server.kill()
        await server.wait()
        _, alive = await asyncio.to_thread(psutil.wait_procs, children, 5)
        assert alive == []
        await fake.wait_closed(1, 5)


async def test_an_expired_token_is_renewed_within_the_request(
    start_bridge: StartBridge, tokens: TokenServer, fake: FakeAnthropic
) -> None:
    """The token looks good here and is refused there: Claude Code mends that itself."""
    tokens.sign_in(expires_in=3600)
    bridge = await start(start_bridge)
    fake.refused_tokens = {tokens.access}
    assert await ask(bridge) == "Hello from the fake upstream."
    assert (tokens.renewals, tokens.is_signed_in) == (1, True)


async def test_a_token_that_is_refused_for_good_is_an_error_with_its_cure(
    start_bridge: StartBridge, tokens: TokenServer, fake: FakeAnthropic
) -> None:
    tokens.sign_in(expires_in=3600)
    bridge = await start(start_bridge)
    fake.refused_tokens, tokens.rejects = {tokens.access}, True
    with pytest.raises(openai.AuthenticationError) as refused:
        await ask(bridge)
    assert "not signed in" in refused.value.message
    assert "claude-bridge login" in refused.value.message


def test_only_the_process_that_the_file_names_is_renewing(tmp_path: Path) -> None:
    assert not renewal.is_renewing(tmp_path, 7)
    owner = tmp_path / ".oauth_refresh.lock.owner"
    owner.write_text(json.dumps({"pid": 7, "procStart": "1"}))
    assert renewal.is_renewing(tmp_path, 7)
    assert not renewal.is_renewing(tmp_path, 8)
    for odd in ("", "[]", "7", "{", "[" * 5000, '{"pid": "7"}'):
        owner.write_text(odd)
        assert not renewal.is_renewing(tmp_path, 7), odd


async def start_sleeping() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)


async def test_a_process_that_takes_or_releases_the_lock_is_not_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose lock it is cannot be told then, and nobody could renew while it is left."""
    monkeypatch.setattr(renewal, "MAX_NAMELESS_SECONDS", 60.0)
    lock, process = tmp_path / ".oauth_refresh.lock", await start_sleeping()
    lock.mkdir()
    killing = asyncio.create_task(
        renewal.kill_after_renewal(tmp_path, process.pid, lambda: process.returncode is None)
    )
    await asyncio.wait([killing], timeout=0.3)
    assert not killing.done()
    lock.rmdir()
    await killing
    assert await process.wait() < 0


class Clock:
    """A clock that stands still, and counts how often it was read."""

    now = 0.0
    reads = 0

    def monotonic(self) -> float:
        self.reads += 1
        return self.now

    async def be_read(self) -> None:
        """Wait until the lock was checked with the time of now."""
        reads = self.reads
        while self.reads < reads + 3:
            await asyncio.sleep(0.01)


async def test_the_release_is_waited_for_after_a_long_renewal_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, process = Clock(), await start_sleeping()
    monkeypatch.setattr(renewal, "time", clock)
    lock, owner = tmp_path / ".oauth_refresh.lock", tmp_path / ".oauth_refresh.lock.owner"
    lock.mkdir()
    owner.write_text(json.dumps({"pid": process.pid}))
    killing = asyncio.create_task(renewal.kill_after_renewal(tmp_path, process.pid, lambda: True))
    await clock.be_read()
    clock.now = renewal.MAX_RENEWAL_SECONDS - 1
    await clock.be_read()
    owner.unlink()
    await clock.be_read()
    assert not killing.done()
    lock.rmdir()
    await killing
    assert await process.wait() < 0


async def test_a_lock_that_a_dead_process_left_is_waited_for_a_moment_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "MAX_NAMELESS_SECONDS", 0.1)
    (tmp_path / ".oauth_refresh.lock").mkdir()
    process = await start_sleeping()
    await renewal.kill_after_renewal(tmp_path, process.pid, lambda: True)
    assert await process.wait() < 0


async def test_a_renewal_that_never_ends_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "MAX_RENEWAL_SECONDS", 0.2)
    process = await start_sleeping()
    (tmp_path / ".oauth_refresh.lock.owner").write_text(json.dumps({"pid": process.pid}))
    started = time.monotonic()
    await renewal.kill_after_renewal(tmp_path, process.pid, lambda: process.returncode is None)
    assert await process.wait() < 0
    assert time.monotonic() - started >= 0.2


async def test_the_number_of_an_ended_process_is_not_killed(tmp_path: Path) -> None:
    """It may be another process' by now."""
    process = await start_sleeping()
    await renewal.kill_after_renewal(tmp_path, process.pid, lambda: False)
    assert process.returncode is None
    process.kill()
    await process.wait()

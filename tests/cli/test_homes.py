"""A home that cannot be used: one sentence, the right exit code, and what works goes on."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path

import aiohttp
import pytest

from bridge.cli.main import main
from bridge.keys import KeyChain, Keys, NamedKey
from tests.conftest import StartBridge
from tests.docs.pages import ROOT
from tests.fake_anthropic.server import FakeAnthropic

CHAT = {"model": "claude-opus-5-5", "messages": [{"role": "user", "content": "Hi"}]}


def make_unusable(home: Path, kind: str) -> None:
    """Make a home in which nothing can be written; also root cannot."""
    if kind == "a file":
        home.write_text("")
    elif kind == "files in it":
        home.mkdir()
        for name in ("data", "logs"):
            (home / name).write_text("")
    else:
        home.symlink_to("/proc/1/nothing")


UNUSABLE = ("files in it", "a dangling link")


async def test_the_server_answers_without_a_home(
    home: Path,
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_unusable(home, "a dangling link")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge()
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.post(f"{bridge.url}/v1/chat/completions", json=CHAT) as response:
                assert "Hello from" in await response.text()
        body = {"model": "default", "input": "Hi"}
        async with session.post(f"{bridge.url}/v1/responses", json=body) as response:
            assert response.status == 200
        for path in ("/health", "/usage", "/v1/models", "/metrics"):
            async with session.get(bridge.url + path) as response:
                assert response.status == 200, path
        async with session.post(f"{bridge.url}/control/reload", json={}) as response:
            assert response.status == 403
    warnings = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert sum("commands cannot control it" in line for line in warnings) == 1
    assert all("\n" not in line for line in warnings)


async def test_where_keys_may_be_hidden_the_server_runs_but_refuses(
    home: Path, start_bridge: StartBridge
) -> None:
    """Whether there is an access key cannot be known, which is not the same as none."""
    make_unusable(home, "files in it")
    bridge = await start_bridge()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{bridge.url}/health") as response:
            assert response.status == 200
        async with session.post(f"{bridge.url}/v1/chat/completions", json=CHAT) as response:
            assert (response.status, str(home) in await response.text()) == (503, True)


@pytest.mark.parametrize("kind", ["a file", *UNUSABLE])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["key", "set", "bridge", "--generate"], 2),
        (["settings", "--path"], 2),
        (["key", "list"], 0),
        (["status"], 3),
        (["dashboard"], 3),
        (["stop"], 3),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_command_ends_with_one_sentence(
    home: Path,
    kind: str,
    words: list[str],
    code: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_PORT", "9")
    make_unusable(home, kind)
    found = main(words)
    printed = capsys.readouterr()
    assert found in ((code, 0) if words[0] == "settings" else (code, 2)), printed.err
    # One sentence about the settings, if the command can do without them, and one about the rest.
    assert printed.err.count("\n") <= (2 if kind == "a file" else 1)
    assert "Traceback" not in printed.err
    assert (str(home) in printed.err) is (found == 2)


async def test_a_server_with_spoilt_keys_says_so_and_refuses(
    home: Path, start_bridge: StartBridge
) -> None:
    chain = KeyChain(home / "data")
    await asyncio.to_thread(chain.save, Keys(bridge=(NamedKey("a", "cb-secret"),)))
    (home / "data" / "keys.json").write_text("{")
    bridge = await start_bridge()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{bridge.url}/health") as response:
            health = await response.json()
            assert response.status == 200
        async with session.get(f"{bridge.url}/v1/models") as response:
            assert response.status == 503
            assert "keys.json" in await response.text()
    assert "keys.json" in health["backend"]["reason"]


@pytest.mark.parametrize("content", ["a folder", "not text", "not TOML"])
def test_settings_that_cannot_be_read_are_said(
    home: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "config" / "config.toml"
    path.parent.mkdir(parents=True)
    if content == "a folder":
        path.mkdir()
    else:
        path.write_bytes(b"\xff\xfe" if content == "not text" else b"port = ")
    assert main(["login"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"claude-bridge: cannot read {path}: ")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n", b"two words\n", b"line\nline\n"])
async def test_a_damaged_control_token_is_replaced(
    home: Path, start_bridge: StartBridge, content: bytes
) -> None:
    path = home / "data" / "control-token"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    path.chmod(0o644)
    bridge = await start_bridge(backend="offline")
    assert bridge.control_token == path.read_text().strip() != ""
    assert path.stat().st_mode & 0o777 == 0o600


async def test_everything_that_is_written_is_private(home: Path, start_bridge: StartBridge) -> None:
    before = os.umask(0)
    try:
        bridge = await start_bridge(backend="offline")
        async with aiohttp.ClientSession() as session:
            body = {"model": "default", "input": "Hi", "store": True}
            async with session.post(f"{bridge.url}/v1/responses", json=body) as response:
                assert json.loads(await response.text())["status"] == "completed"
            async with session.get(f"{bridge.url}/usage") as response:
                await response.read()
    finally:
        os.umask(before)
    assert await asyncio.to_thread(main, ["settings", "--path"]) == 0
    found = {path.name: path.stat().st_mode & 0o777 for path in [home, *home.rglob("*")]}
    assert "control-token" in found
    assert {name: oct(mode) for name, mode in found.items() if mode & 0o077} == {}
    page = await asyncio.to_thread((ROOT / "docs" / "privacy.md").read_text, "utf-8")
    files = {path.name for path in home.rglob("*") if path.is_file()}
    named = {name.removesuffix("-wal").removesuffix("-shm") for name in files}
    assert {name for name in named if f"`{name}`" not in page} == set()

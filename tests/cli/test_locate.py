"""Commands find the running server, on whatever port it listens, without valid settings."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from bridge.cli.locate import Address, select_targets
from bridge.cli.main import main
from bridge.running import RunningServer, list_servers
from bridge.server.state import Bridge
from tests.cli.fake_server import answer_with
from tests.conftest import StartBridge


def record(url: str) -> RunningServer:
    return RunningServer(url, 1, 0.0, "1")


FIRST, SECOND = record("http://127.0.0.1:8000"), record("http://[::1]:8001")


@pytest.mark.parametrize(
    ("flags", "configured", "expected"),
    [
        (Address(), Address(), [FIRST.url, SECOND.url]),
        (Address(), Address("::1", 9), [FIRST.url, SECOND.url]),
        (Address(None, 8001), Address(), [SECOND.url]),
        (Address("::1"), Address(), [SECOND.url]),
        (Address("localhost"), Address(), [FIRST.url]),
        (Address(None, 9), Address(), ["http://127.0.0.1:9"]),
        (Address(None, 9), Address("0.0.0.0", 7), ["http://127.0.0.1:9"]),
        (Address("::", None), Address(None, 7), ["http://[::1]:7"]),
    ],
)
def test_flags_choose_among_the_servers_that_run(
    flags: Address, configured: Address, expected: list[str]
) -> None:
    assert [target.url for target in select_targets(flags, configured, [FIRST, SECOND])] == expected


def test_without_any_server_it_is_looked_for_at_the_configured_address() -> None:
    targets = select_targets(Address(), Address("::1", 0), [])
    assert [(target.url, target.record) for target in targets] == [("http://[::1]:0", None)]


async def run(*words: str) -> int:
    return await asyncio.to_thread(main, words)


async def start_and_wait(start_bridge: StartBridge, home: Path, host: str = "127.0.0.1") -> Bridge:
    bridge = await start_bridge(backend="offline", host=host)
    while bridge.url not in [
        server.url for server in await asyncio.to_thread(list_servers, home / "data")
    ]:
        await asyncio.sleep(0.01)
    return bridge


async def test_a_server_can_be_found_from_start_to_end(
    start_bridge: StartBridge, home: Path
) -> None:
    bridge = await start_and_wait(start_bridge, home)
    path = home / "data" / "running.json"
    assert json.loads(path.read_text())["url"] == bridge.url
    bridge.stop_requested.set()
    async with asyncio.timeout(10):
        while path.exists():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("damage", ["gone", "empty"])
async def test_a_server_whose_token_is_gone_is_not_said_to_be_stopped(
    start_bridge: StartBridge, home: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    bridge = await start_and_wait(start_bridge, home)
    token = home / "data" / "control-token"
    if damage == "gone":
        token.unlink()
    else:
        token.write_text("")
    assert await run("computer", "stop") == 2
    said = capsys.readouterr().err
    assert bridge.url in said
    assert f"{token} is gone or empty" in said
    assert str(os.getpid()) in said
    assert "Nothing was stopped" in said


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_every_command_finds_the_server_with_a_broken_settings_file(
    start_bridge: StartBridge, home: Path, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = await start_and_wait(start_bridge, home, host)
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("port = 1\nport = 2\n")
    assert await run("status") == 0
    assert f"Running at {bridge.url}" in capsys.readouterr().out
    assert await run("computer", "status") == 0
    assert await run("dashboard", "--url") == 0
    assert f"{bridge.url}/#ticket=" in capsys.readouterr().out
    assert await run("key", "list") == 0
    assert await run("autostart", "off") == 0
    assert await run("settings", "--path") == 0
    # The server itself must not run with half of its settings.
    assert await run("serve") == 2
    assert await run("autostart", "on") == 2


async def test_a_code_from_the_terminal_unlocks_an_open_page(
    start_bridge: StartBridge,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bridge = await start_and_wait(start_bridge, home)
    monkeypatch.setattr("webbrowser.open", lambda _address: True)
    assert await run("dashboard") == 0
    code = re.search(r"within 5 minutes: (\S+)$", capsys.readouterr().out, re.MULTILINE)
    assert code is not None
    async with (
        aiohttp.ClientSession(bridge.url) as session,
        session.post("/control/codes/redeem", json={"code": code[1]}) as answer,
    ):
        assert bridge.page_sessions.accepts((await answer.json())["token"])


async def test_a_link_from_the_terminal_signs_a_browser_in(
    start_bridge: StartBridge, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = await start_and_wait(start_bridge, home)
    assert await run("dashboard", "--setup", "--url") == 0
    link = re.search(r"(\S+)/setup#ticket=(\S+)", capsys.readouterr().out)
    assert link is not None
    assert link[1] == bridge.url
    body = {"ticket": link[2], "page": "/setup"}
    async with (
        aiohttp.ClientSession(bridge.url) as session,
        session.post("/control/tickets/redeem", json=body) as answer,
    ):
        assert answer.status == 200


async def test_a_command_for_one_server_does_not_guess_among_several(
    start_bridge: StartBridge,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = [await start_and_wait(start_bridge, home) for _ in range(2)]
    assert await run("computer", "status") == 2
    error = capsys.readouterr().err
    assert "several servers are running" in error
    assert first.url in error
    assert second.url in error
    port = str(urlsplit(first.url).port)
    assert await run("computer", "status", "--port", port) == 0
    assert await run("computer", "--port", port, "status") == 0
    monkeypatch.setenv("CLAUDE_BRIDGE_PORT", port)
    assert await run("computer", "status") == 0
    capsys.readouterr()
    assert await run("status") == 0
    out = capsys.readouterr().out
    assert f"Running at {first.url}" in out
    assert f"Running at {second.url}" in out


async def test_status_shows_where_servers_run_if_the_port_is_wrong(
    start_bridge: StartBridge, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = await start_and_wait(start_bridge, home)
    assert await run("status", "--port", "9") == 3
    out = capsys.readouterr().out
    assert "Not running: no bridge at http://127.0.0.1:9." in out
    assert f"A bridge is running at {bridge.url}" in out


async def test_a_bridge_with_another_data_folder_is_not_the_users(
    start_bridge: StartBridge, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = await start_and_wait(start_bridge, home)
    # As if the server had been started with another home.
    (home / "data" / "control-token").write_text("the-token-of-another-home")
    assert await run("status") == 3
    assert "Not running: no bridge of yours at " in capsys.readouterr().out
    assert await run("computer", "off") == 1
    assert "CLAUDE_BRIDGE_HOME" in capsys.readouterr().err
    assert bridge.computer.permission.mode == "off"


async def test_a_program_on_the_configured_port_is_asked_for_a_proof_only(
    start_bridge: StartBridge, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = await start_and_wait(start_bridge, home)
    (home / "data" / "running.json").unlink()
    for words in ("status", "computer status", "computer stop", "dashboard", "stop", "models"):
        with answer_with(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (url, requests):
            monkeypatch.setenv("CLAUDE_BRIDGE_PORT", url.rpartition(":")[2])
            assert await run(*words.split()) in (1, 3)
        assert [request[:12] for request in requests] == [b"POST /proof "]
        assert bridge.control_token.encode() not in b"".join(requests)

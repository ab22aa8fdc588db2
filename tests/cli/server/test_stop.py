"""`claude-bridge stop` and `restart`, with a real server in a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from openai import OpenAI

from bridge.cli.client import BridgeClient
from bridge.cli.main import main
from bridge.computer.permission import Permission
from bridge.server.state import Bridge
from tests.cli.started_server import SECONDS, StartedServer
from tests.computer.fake_desktop import FakeDesktop
from tests.conftest import StartBridge


@pytest.fixture
def own_server(home: Path) -> Iterator[StartedServer]:
    """A server that the test may stop."""
    server = StartedServer(home, "--backend", "offline", "--drain-seconds", "30")
    yield server
    server.close()


def test_stop_ends_the_process_and_says_so(
    own_server: StartedServer, free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stop"]) == 0
    assert capsys.readouterr().out == f"Stopped the server at {own_server.url}.\n"
    assert own_server.process.wait(SECONDS) == 0
    assert main(["stop"]) == 3
    assert capsys.readouterr().err == (
        f"Nothing to stop: no server is running at http://127.0.0.1:{free_port}.\n"
    )


def test_restart_goes_on_in_the_same_process_with_the_file_as_it_is_now(
    own_server: StartedServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "set", "model_aliases", "mine=bridge-echo"]) == 0
    assert "To use it now: claude-bridge restart" in capsys.readouterr().out
    before = own_server.url
    assert main(["restart"]) == 0
    after = own_server.read_address()
    version = f"(version 0.1.0, pid {own_server.process.pid})"
    assert capsys.readouterr().out == f"Restarted: {after} {version}\n"
    # It was started with port 0, which is another port each time.
    assert after != before
    assert main(["models"]) == 0
    assert "mine " in capsys.readouterr().out
    log = (home / "logs" / "bridge.log").read_text()
    assert "Stopped." in log, "what was logged before the restart is in the file"
    assert main(["stop"]) == 0


def test_an_active_request_finishes_before_the_end(
    own_server: StartedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    words = " ".join(str(number) for number in range(60))
    with OpenAI(base_url=f"{own_server.url}/v1", api_key="any", max_retries=0) as client:
        stream = client.chat.completions.create(
            model="bridge-echo", messages=[{"role": "user", "content": words}], stream=True
        )
        text = next(stream).choices[0].delta.content or ""
        assert main(["stop"]) == 0
        text += "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text.endswith(words)
    first, last = capsys.readouterr().out.splitlines()
    assert first == "Waiting for 1 active request, at most 30 s …"
    assert last == f"Stopped the server at {own_server.url}."


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to handle")
def test_a_signal_during_a_restart_ends_the_server_for_good(
    own_server: StartedServer, home: Path
) -> None:
    with (
        OpenAI(base_url=f"{own_server.url}/v1", api_key="any", max_retries=0) as client,
        client.chat.completions.create(
            model="bridge-echo",
            messages=[{"role": "user", "content": "word " * 4000}],
            stream=True,
        ) as stream,
    ):
        next(stream)
        control = BridgeClient(
            own_server.url, (home / "data" / "control-token").read_text().strip()
        )
        assert control.send("POST", "/control/restart", {}).json()["open_streams"] == 1
        own_server.process.send_signal(signal.SIGTERM)
        out, _ = own_server.process.communicate(timeout=SECONDS)
        control.close()
    assert own_server.process.returncode == 0
    assert "Listening" not in out


def test_a_broken_file_does_not_keep_it_from_stopping_but_from_restarting(
    own_server: StartedServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "config").mkdir(parents=True, exist_ok=True)
    for text, problem in (
        ("port = = 1\n", "cannot read"),
        ("model = 'nonsense'\n", "setting model: The model `nonsense` does not exist."),
        ("host = '0.0.0.0'\n", "setting host: 0.0.0.0 can be reached by others"),
    ):
        (home / "config" / "config.toml").write_text(text)
        assert main(["restart"]) == 2
        assert f"claude-bridge: Not restarted: {problem}" in capsys.readouterr().err
    assert own_server.process.poll() is None
    assert main(["stop"]) == 0
    assert own_server.process.wait(SECONDS) == 0


def test_restart_without_a_server_says_how_to_start_one(
    free_port: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["restart"]) == 3
    assert capsys.readouterr().err == (
        f"No bridge is running at http://127.0.0.1:{free_port}. Start it with: claude-bridge\n"
    )


async def stop_in_thread(bridge: Bridge) -> int:
    return await asyncio.to_thread(main, ["stop", "--port", bridge.url.rpartition(":")[2]])


async def test_computer_use_ends_first(
    pretended: FakeDesktop,
    start_bridge: StartBridge,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The server of this test is in the process that waits for its end.
    monkeypatch.setattr("bridge.cli.server.stop.has_ended", lambda target: True)
    bridge = await start_bridge(backend="offline")
    bridge.computer.allow_for(5)
    assert await stop_in_thread(bridge) == 0
    assert bridge.computer.permission == Permission()
    assert bridge.stopping
    first = capsys.readouterr().out.splitlines()[1]
    assert first == "Computer use was on, but not in use; it is off now."


@pytest.mark.parametrize("path", ["/control/stop", "/control/restart"])
async def test_the_server_says_how_long_it_drains(start_bridge: StartBridge, path: str) -> None:
    bridge = await start_bridge(backend="offline")
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(bridge.url + path, json={}) as answer,
    ):
        assert answer.status == 202
        body = json.loads(await answer.text())
    assert body == {"stopping": True, "open_streams": 0, "drain_seconds": 1.0}
    assert bridge.restart_requested is (path == "/control/restart")

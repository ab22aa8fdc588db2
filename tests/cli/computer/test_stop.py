"""`claude-bridge computer stop` works whatever else is broken, and tells what it stopped."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bridge.cli.computer.stop_words import is_stop_command
from bridge.cli.main import main
from bridge.computer.permission import Permission
from bridge.running import describe_own_process, list_servers, write_record
from bridge.server.state import Bridge
from tests.cli.fake_server import answer_with
from tests.computer.fake_desktop import FakeDesktop
from tests.conftest import StartBridge

OFF = "Computer use was on, but not in use; it is off now.\n"
ALREADY_OFF = "Nothing to stop: computer use was already off.\n"


async def run_stop(*words: str) -> int:
    """Run the command in a thread of this process, because a process takes seconds to start."""
    return await asyncio.to_thread(main, words or ("computer", "stop"))


@pytest.fixture
async def bridge(pretended: FakeDesktop, start_bridge: StartBridge, home: Path) -> Bridge:
    bridge = await start_bridge(backend="offline")
    bridge.computer.allow_for(5)
    await wait_for_record(home, bridge)
    return bridge


async def wait_for_record(home: Path, bridge: Bridge) -> None:
    """Wait until the server can be found, which is shortly after it has its address."""
    while bridge.url not in [
        server.url for server in await asyncio.to_thread(list_servers, home / "data")
    ]:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["computer", "stop"], True),
        (["computer", "stop", "--port", "8001"], True),
        (["computer", "--port", "8001", "stop"], True),
        (["--port", "8001", "computer", "stop"], True),
        (["--port=8001", "computer", "stop"], True),
        (["stop"], False),
        (["--model", "computer", "stop"], False),
        (["--model", "computer"], False),
        (["computer", "type", "stop"], False),
        (["computer", "status"], False),
        (["--version", "computer", "stop"], False),
        ([], False),
    ],
)
def test_the_command_is_found_among_flags(words: Sequence[str], expected: bool) -> None:
    assert is_stop_command(words) is expected


@pytest.mark.parametrize(
    "config",
    [
        "this is = = not toml",
        "port = 'many'\nhost = 5\nbackend = 'magic'",
        "[" * 5000,
        "\0",
        "unknown_setting = 1",
    ],
)
async def test_it_works_with_a_broken_settings_file(
    bridge: Bridge, home: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "config.toml").write_text(config)
    assert await run_stop() == 0
    assert capsys.readouterr().out == OFF
    assert bridge.computer.permission == Permission()


@pytest.mark.parametrize("name", ["PORT", "HOST", "BACKEND", "DRAIN_SECONDS", "ALLOWED_HOSTS"])
async def test_it_works_with_broken_variables(
    bridge: Bridge, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CLAUDE_BRIDGE_{name}", "\x1b[not-a-value")
    assert await run_stop() == 0
    assert bridge.computer.permission == Permission()


@pytest.mark.parametrize("order", ["before", "after", "joined", "shortened", "others"])
async def test_flags_may_stand_anywhere(bridge: Bridge, order: str) -> None:
    port = str(urlsplit(bridge.url).port)
    words = {
        "before": ["--port", port, "computer", "stop"],
        "after": ["computer", "stop", "--port", port],
        "joined": ["computer", "stop", f"--port={port}", "--host=127.0.0.1"],
        "shortened": ["computer", "stop", "--po", port],
        "others": ["--model", "x", "computer", "stop", "--drain-seconds", "many", "--port", port],
    }
    assert await run_stop(*words[order]) == 0
    assert bridge.computer.permission == Permission()


@pytest.mark.parametrize("words", [["--port", "80O1"], ["--port"], ["--host", "nowhere"], ["-x"]])
async def test_a_slip_in_a_flag_stops_all_servers(
    bridge: Bridge, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run_stop("computer", "stop", *words) == 0
    assert bridge.computer.permission == Permission()
    if words != ["--port"]:
        assert f"ignored: {' '.join(words)}" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["::1", "[::1]"])
async def test_over_ipv6(
    pretended: FakeDesktop, start_bridge: StartBridge, host: str, home: Path
) -> None:
    bridge = await start_bridge(backend="offline", host=host)
    bridge.computer.allow_for(5)
    port = str(urlsplit(bridge.url).port)
    await wait_for_record(home, bridge)
    # Without the file it is found at the address alone.
    (home / "data" / "running.json").unlink()
    assert await run_stop("computer", "stop", "--host", host, "--port", port) == 0
    assert bridge.computer.permission == Permission()


async def test_a_server_on_another_loopback_address_is_found(
    pretended: FakeDesktop, start_bridge: StartBridge, home: Path
) -> None:
    bridge = await start_bridge(backend="offline", host="127.0.0.2")
    bridge.computer.allow_for(5)
    await wait_for_record(home, bridge)
    assert await run_stop() == 0
    assert bridge.computer.permission == Permission()


async def test_several_servers_are_all_stopped_unless_one_is_chosen(
    bridge: Bridge,
    start_bridge: StartBridge,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    second = await start_bridge(backend="offline")
    second.computer.allow_for(5)
    await wait_for_record(home, second)
    assert await run_stop("computer", "stop", "--port", str(urlsplit(second.url).port)) == 0
    assert (bridge.computer.permission.mode, second.computer.permission.mode) == ("allowed", "off")
    capsys.readouterr()
    assert await run_stop() == 0
    assert bridge.computer.permission.mode == "off"
    out = capsys.readouterr().out
    assert sorted(out.splitlines()) == sorted(
        [f"{bridge.url}: {OFF.strip()}", f"{second.url}: {ALREADY_OFF.strip()}"]
    )


async def test_it_says_that_nothing_was_on(
    bridge: Bridge, capsys: pytest.CaptureFixture[str]
) -> None:
    await run_stop()
    assert await run_stop() == 0
    assert capsys.readouterr().out == OFF + ALREADY_OFF


async def test_a_wrong_port_stops_nothing_and_says_so(
    bridge: Bridge, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run_stop("computer", "stop", "--port", "9") == 3
    out, err = capsys.readouterr()
    assert err == "No bridge is running at http://127.0.0.1:9. Start it with: claude-bridge\n"
    assert "Nothing was stopped" in out
    assert bridge.url in out
    assert bridge.computer.permission.mode == "allowed"


async def test_without_any_server_nothing_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    assert await run_stop() == 3
    assert "Nothing was stopped" in capsys.readouterr().out


async def test_a_busy_server_is_reported_in_time(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bridge.cli.computer.stop.TIMEOUT_SECONDS", 0.2)
    stopping = asyncio.create_task(run_stop())
    await asyncio.sleep(0)
    # The loop of this test is the server's, so nothing is answered while it sleeps.
    time.sleep(1.5)  # noqa: ASYNC251 - on purpose
    assert await stopping == 1
    out, err = capsys.readouterr()
    assert f"(pid {os.getpid()}) does not respond. To end it at once: " in err
    assert "not known whether computer use has stopped" in out
    assert bridge.computer.permission.mode == "allowed"


async def test_another_program_at_the_address_gets_no_token(
    bridge: Bridge, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answer_with(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (url, requests):
        assert await run_stop("computer", "stop", "--port", str(urlsplit(url).port)) == 1
    assert bridge.control_token.encode() not in b"".join(requests)
    assert "did not prove that it is your bridge" in capsys.readouterr().err


async def test_a_token_that_cannot_be_read_is_named(
    bridge: Bridge, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "data" / "control-token").write_bytes(b"\xff\xfe")
    assert await run_stop() == 2
    assert "cannot read the control token in " in capsys.readouterr().err


def test_a_home_of_nobody_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_HOME", "~no-such-user/bridge")
    assert main(["computer", "stop"]) == 2
    assert "CLAUDE_BRIDGE_HOME=~no-such-user/bridge" in capsys.readouterr().err


async def test_it_loads_neither_pydantic_nor_the_settings(bridge: Bridge) -> None:
    script = (
        "import sys; sys.modules['pydantic'] = None; sys.modules['pydantic_settings'] = None\n"
        "sys.argv = ['claude-bridge', 'computer', 'stop']\n"
        "from bridge.__main__ import main; sys.exit(main())"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await asyncio.wait_for(process.wait(), 30) == 0
    assert bridge.computer.permission == Permission()


def test_a_server_that_ended_without_removing_its_file_is_not_running(
    home: Path, free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    (home / "data").mkdir(parents=True)
    (home / "data" / "control-token").write_text("token")
    server = describe_own_process(url, "1")
    write_record(home / "data", replace(server, started_at=server.started_at - 100))
    assert asdict(server)["url"] == url
    assert main(["computer", "stop"]) == 3
    assert f"http://127.0.0.1:{free_port}" in capsys.readouterr().err

"""`claude-bridge inspect` against a real server."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.inspect.line import format_exchange
from tests.cli.started_server import SECONDS, StartedServer, make_environment, run_command

EXCHANGE: dict[str, Any] = {
    "id": "12",
    "at": 1795411200.5,
    "via": "http",
    "path": "/v1/chat/completions",
    "client": "openai-python",
    "requested_model": "gpt-4o",
    "model": "claude-sonnet-5-5",
    "running": False,
    "status": 200,
    "outcome": "stop",
    "rejected": False,
    "notices": 1,
    "input_tokens": 24,
    "output_tokens": 5,
    "cost": 0.0001,
    "seconds": 2.4,
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StartedServer]:
    started = StartedServer(tmp_path, "--backend", "offline")
    yield started
    started.close()


def test_requests_are_recorded_listed_followed_and_saved(
    server: StartedServer, tmp_path: Path
) -> None:
    home = tmp_path
    refused = run_command(home, "inspect", "tail")
    assert refused.returncode == 1
    assert "The recorder is off. Turn it on with: claude-bridge inspect on" in refused.stderr
    on = run_command(home, "inspect", "on", "--minutes", "5")
    assert (on.returncode, "Recording until " in on.stdout) == (0, True)
    assert "Requests are recorded" in run_command(home, "status").stdout

    tail = subprocess.Popen(
        [sys.executable, "-m", "bridge", "inspect", "tail"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=make_environment(home),
    )
    assert tail.stderr is not None
    assert tail.stderr.readline() == "Following. Press Ctrl+C to end.\n"
    assert run_command(home, "ask", "--model", "bridge-echo", "Swordfish").returncode == 0
    listed = run_command(home, "inspect", "list", "--json")
    (exchange,) = json.loads(listed.stdout)["exchanges"]
    assert format_exchange(exchange) in run_command(home, "inspect", "list").stdout
    assert run_command(home, "inspect", "list", "--text", "herring").stdout == ""

    file = home / "exchange.json"
    saved = run_command(home, "inspect", "save", exchange["id"], str(file))
    assert saved.returncode == 0, saved.stderr
    assert "Swordfish" in json.loads(file.read_text("utf-8"))["request_body"]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = run_command(home, "inspect", "save", exchange["id"], str(file))
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    missing = run_command(home, "inspect", "save", "99", str(home / "other.json"))
    assert (missing.returncode, "There is no exchange 99" in missing.stderr) == (1, True)

    off = run_command(home, "inspect", "off")
    assert "Everything that was recorded is gone." in off.stdout
    output, _ = tail.communicate(timeout=SECONDS)
    assert (tail.returncode, output) == (0, f"{format_exchange(exchange)}\n")
    assert run_command(home, "inspect", "list").stdout == ""


def test_a_line_shows_what_happened() -> None:
    line = format_exchange(EXCHANGE)
    assert line.startswith("  12  ")
    assert line.endswith(
        "  200 stop  /v1/chat/completions  gpt-4o → claude-sonnet-5-5  openai-python  1 notice  "
        "24+5 tokens  $0.0001  2.40 s"
    )


def test_a_running_request_on_a_socket() -> None:
    running = dict.fromkeys(("model", "status", "outcome", "cost", "seconds", "output_tokens"))
    line = format_exchange({**EXCHANGE, **running, "running": True, "via": "socket", "notices": 0})
    assert line.endswith("  running  /v1/chat/completions  gpt-4o → -  openai-python  (socket)")


def test_a_rejected_request_says_so() -> None:
    line = format_exchange({**EXCHANGE, "status": 401, "outcome": "no_key", "rejected": True})
    assert "  401 no_key  " in line
    assert line.endswith("  (rejected)")


def test_control_characters_of_a_client_are_not_printed() -> None:
    line = format_exchange({**EXCHANGE, "client": "a\x1b[2Jb\nc", "requested_model": "x\x07\u202e"})
    assert line.isprintable()
    assert "a[2Jb c" in line

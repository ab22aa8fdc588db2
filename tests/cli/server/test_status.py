"""`claude-bridge status`: for a person, for a program, and how fast it starts."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bridge.cli.main import main
from tests.cli.started_server import StartedServer, make_environment, run_command


def test_a_program_gets_the_health_of_each_server(
    server: StartedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["servers"]
    assert (found["url"], found["running"]) == (server.url, True)
    assert found["health"]["backend"]["active"] == "offline"


def test_a_program_learns_that_none_runs(
    free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--json"]) == 3
    expected = {"url": f"http://127.0.0.1:{free_port}", "running": False, "health": None}
    assert json.loads(capsys.readouterr().out) == {"servers": [expected]}


def test_flags_of_the_address_may_stand_before_the_command(
    server: StartedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", server.port, "status"]) == 0
    assert f"API:      {server.url}/v1" in capsys.readouterr().out


def test_it_loads_nothing_that_it_does_not_need(server: StartedServer) -> None:
    """Each of these takes longer to load than the command takes to run."""
    heavy = ("pydantic", "aiohttp", "anthropic", "psutil", "orjson", "asyncio", "bridge.settings")
    script = (
        "import sys; sys.argv = ['claude-bridge', 'status']\n"
        "from bridge.__main__ import main; code = main()\n"
        f"sys.exit(code or ' '.join(n for n in {heavy!r} if n in sys.modules) or 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=make_environment(server.home),
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_it_prints_no_control_characters(server: StartedServer) -> None:
    result = run_command(server.home, "status", "--port", server.port)
    assert [c for c in result.stdout if not c.isprintable() and c != "\n"] == []

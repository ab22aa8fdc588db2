"""`claude-bridge` without a desktop: one server, however often it is started."""

from __future__ import annotations

import pytest

from bridge.cli.main import main
from tests.cli.started_server import StartedServer


def test_a_second_start_says_that_it_runs(
    server: StartedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["--port", server.port]) == 0
    printed = capsys.readouterr()
    text = f"Claude Bridge is already running at {server.url}/v1. See: claude-bridge status\n"
    assert (printed.out, printed.err) == (text, "")

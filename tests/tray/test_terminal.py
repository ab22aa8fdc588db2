"""The terminal in which the tray was started shows where the server listens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tray.statuses import URL
from tray.status import Status
from tray.terminal import format_start, show_start

RUNNING = Status("running", url=URL, backend="claude-code", reason="signed in", ready=True)


def test_the_banner_of_the_tray() -> None:
    assert format_start(RUNNING, "1.2").splitlines() == [
        "Claude OpenAI Bridge 1.2",
        "  API           http://127.0.0.1:8000/v1",
        "  Dashboard     claude-bridge dashboard (http://127.0.0.1:8000)",
        "  Claude        Signed in",
        "  Quit          Ctrl+C, or Quit in the tray menu",
        "  Keep running  Start at login, in the tray menu",
    ]
    assert "it starts at each login" in format_start(replace(RUNNING, start_at_login=True), "1")


def test_without_a_connection_it_says_what_to_do() -> None:
    status = replace(RUNNING, backend=None, message="Sign in or add an API key.")
    assert "Not connected. Sign in or add an API key." in format_start(status, "1")


def test_what_upstream_has_said_is_one_line_without_controls() -> None:
    hostile = "refused: \x1b]0;title\x07\nListening on http://evil\u202e"
    text = format_start(replace(RUNNING, reason=hostile), "1")
    assert len(text.splitlines()) == 6
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("before", "status", "is_terminal", "shown"),
    [
        (Status("starting"), RUNNING, True, True),
        (Status("starting"), RUNNING, False, False),
        (RUNNING, replace(RUNNING, open_streams=1), True, False),
        (Status("stopped"), Status("starting"), True, False),
    ],
)
def test_it_is_shown_once_and_to_a_terminal_only(
    before: Status,
    status: Status,
    is_terminal: bool,
    shown: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
    show_start(before, status, "1")
    assert ("Claude OpenAI Bridge" in capsys.readouterr().out) is shown

"""Questions in a terminal: Enter is the default, and Ctrl+D is no answer."""

from __future__ import annotations

import pytest

from bridge.cli.main import main
from bridge.cli.prompt import confirm
from tests.cli.terminal import Terminal


@pytest.mark.parametrize(
    ("typed", "default", "answer"),
    [
        ("y\n", False, True),
        (" YES \n", False, True),
        ("\n", False, False),
        ("\n", True, True),
        ("n\n", True, False),
        ("what?\n", True, False),
        ("", True, False),
        ("", False, False),
    ],
)
def test_the_answer(
    typed: str, default: bool, answer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert confirm("Go on?", default=default) is answer


def test_ctrl_d_saves_no_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def end(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("sys.stdin", Terminal(""))
    monkeypatch.setattr("getpass.getpass", end)
    assert main(["key", "set", "anthropic"]) == 2
    assert capsys.readouterr().err == "claude-bridge: not a valid key: it is empty\n"


def test_ctrl_d_forgets_no_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(""))
    assert main(["key", "reset"]) == 2
    assert capsys.readouterr().err == "claude-bridge: nothing was changed\n"

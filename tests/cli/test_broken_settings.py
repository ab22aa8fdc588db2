"""A broken `config.toml` stops only the commands that need the settings; the others name it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.cli.main import main
from bridge.paths import find_paths

BROKEN = {"not TOML": "port = = 1\n", "a wrong value": "port = 'many'\n", "unknown": "prt = 1\n"}


@pytest.fixture(params=BROKEN, autouse=True)
def file(request: pytest.FixtureRequest) -> Path:
    path = find_paths().config_file
    path.parent.mkdir(parents=True)
    path.write_text(BROKEN[request.param])
    return path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["status"], 3),
        (["stop"], 3),
        (["computer", "stop"], 3),
        (["models"], 3),
        (["usage"], 3),
        (["dashboard"], 3),
        (["key", "list"], 0),
        (["key", "test"], 0),
        (["logs", "--path"], 0),
        (["config", "path"], 0),
        (["settings", "--path"], 0),
        (["autostart", "status"], 3),
        (["completion", "bash"], 0),
        (["uninstall"], 2),
        (["--help"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_needs_no_settings_works(
    words: list[str], code: int, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == code
    assert "Traceback" not in capsys.readouterr().err
    assert file.exists()


@pytest.mark.parametrize(
    "words",
    [["serve"], ["tray"], ["login"], ["autostart", "on"], ["config", "get"]],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_needs_them_names_the_file(
    words: list[str], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("claude-bridge: ")
    assert str(file) in line


def test_the_doctor_names_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    (check,) = (check for check in checks if check["name"] == "Settings")
    assert check["state"] == "fail"
    assert check["fix"] == "Correct it with: claude-bridge config edit"

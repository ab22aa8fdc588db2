"""`claude-bridge config`: read and change settings, and never break the file."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bridge.cli.config.document import add_value
from bridge.cli.main import main
from bridge.paths import find_paths
from bridge.settings import load_settings
from tests.cli.started_server import SECONDS, make_environment


@pytest.fixture
def file() -> Path:
    path = find_paths().config_file
    path.parent.mkdir(parents=True)
    return path


def test_a_setting_is_saved_below_its_comment(capsys: pytest.CaptureFixture[str]) -> None:
    path = find_paths().config_file
    assert main(["config", "set", "port", "8001"]) == 0
    assert capsys.readouterr().out == f"Saved port = 8001 in {path}.\n"
    lines = path.read_text("utf-8").splitlines()
    assert lines[lines.index("# port = 8000") + 1] == "port = 8001"
    assert main(["config", "get", "port"]) == 0
    assert capsys.readouterr().out == "8001\n"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("port", "8001", 8001),
        ("drain-seconds", "7", 7.0),
        ("use_for_everything", "yes", True),
        ("model", "claude-opus-5-5", "claude-opus-5-5"),
        ("allowed_hosts", "a.test, b.test", ["a.test", "b.test"]),
        ("model_aliases", "fast=claude-haiku-5-5", {"fast": "claude-haiku-5-5"}),
        ("host", "[::1]", "::1"),
    ],
)
def test_a_value_is_typed_as_a_flag_would_be(name: str, text: str, value: object) -> None:
    assert main(["config", "set", name, text]) == 0
    plain = name.replace("-", "_")
    assert tomllib.loads(find_paths().config_file.read_text("utf-8"))[plain] == value
    load_settings()


def test_comments_order_and_format_stay(file: Path) -> None:
    before = (
        "# mine\nretries   =  1  # few\n\nallowed_hosts = [\n  'a.test', # work\n]\n\n"
        "[[budgets]] # last\ndollars = 5\nper = 'day'\n"
    )
    file.write_text(before)
    assert main(["config", "set", "retries", "4"]) == 0
    assert file.read_text() == before.replace("1  # few", "4  # few")
    assert main(["config", "set", "port", "8001"]) == 0
    assert file.read_text() == before.replace("1  # few", "4  # few").replace(
        "[[budgets]]", "port = 8001\n[[budgets]]"
    )


def test_a_file_without_a_line_break_at_its_end_is_extended() -> None:
    assert add_value("retries = 1", "port", 1) == "retries = 1\nport = 1\n"
    assert add_value("", "port", 1) == "port = 1\n"
    assert add_value("port = 2 # x", "port", 1) == "port = 1 # x"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["port", "many"], "setting port: input should be a valid integer"),
        (["port", "99999"], "setting port: input should be less than or equal to 65535"),
        (["backend", "magic"], "setting backend: input should be "),
        (["sign_in", "work"], "setting sign_in: `work` is not in the setting sign_ins"),
        (["model", "nonsense"], "not saved: setting model: The model `nonsense` does not exist."),
        (["rules", "[]"], "rules is a list of tables. Write it with: claude-bridge config edit"),
        (["prt", "1"], "no setting “prt”. Did you mean “port”?"),
        (["xyzzy", "1"], "no setting “xyzzy”. See: claude-bridge serve --help"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_saved_is_explained_and_changes_nothing(
    file: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("retries = 1\n")
    assert main(["config", "set", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"claude-bridge: {message}")
    assert file.read_text() == "retries = 1\n"


def test_a_value_that_contradicts_the_rest_of_the_file_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("sign_in = 'work'\n[sign_ins]\nwork = '/w'\n")
    assert main(["config", "set", "sign_ins", "other=/o"]) == 2
    assert "sign_in: `work` is not in the setting sign_ins" in capsys.readouterr().err
    assert "work = '/w'" in file.read_text()


def test_a_broken_file_is_named_with_the_way_to_repair_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("port = = 1\n")
    assert main(["config", "set", "retries", "1"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"claude-bridge: {file} is not valid TOML: Invalid value (at line 1")
    assert error.endswith("Repair it with: claude-bridge config edit\n")
    assert file.read_text() == "port = = 1\n"
    assert main(["config", "path"]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert main(["config", "get", "port"]) == 2


def test_what_is_not_at_its_default_is_listed_with_its_place(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["config", "get"]) == 0
    assert "All settings are at their defaults" in capsys.readouterr().out
    file.write_text('retries = 1\nembedding_url = "x\\u001b[31m"\n')
    monkeypatch.setenv("CLAUDE_BRIDGE_PORT", "8002")
    assert main(["config", "get"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "port = 8002  (CLAUDE_BRIDGE_PORT)",
        "retries = 1  (config.toml)",
        'embedding_url = "x\\u001b[31m"  (config.toml)',
    ]
    assert main(["config", "get", "embedding_url"]) == 0
    assert capsys.readouterr().out == "x[31m\n"
    assert main(["config", "get", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["port"] == 8002


def test_a_variable_that_wins_is_mentioned(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_RETRIES", "1")
    assert main(["config", "set", "retries", "3"]) == 0
    assert capsys.readouterr().err == "CLAUDE_BRIDGE_RETRIES is set, and wins over the file.\n"


def test_what_is_still_missing_for_a_start_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "set", "host", "0.0.0.0"]) == 0
    printed = capsys.readouterr()
    assert "Saved host" in printed.out
    assert printed.err.startswith("The server cannot start with it yet: setting host: 0.0.0.0")
    assert "claude-bridge key set bridge --generate" in printed.err


def test_a_link_to_dotfiles_stays_a_link(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text("retries = 1\n")
    file.symlink_to(target)
    assert main(["config", "set", "retries", "2"]) == 0
    assert file.is_symlink()
    assert target.read_text() == "retries = 2\n"


def write_editor(folder: Path, code: str) -> str:
    """Write a program that changes the file it is started with, as an editor does."""
    program = folder / "editor.py"
    program.write_text(f"import sys, pathlib\npath = pathlib.Path(sys.argv[1])\n{code}\n")
    return f"{sys.executable} {program}"


@pytest.mark.parametrize(
    ("code", "content", "exit_code", "message"),
    [
        ("path.write_text('retries = 2\\n')", "retries = 2\n", 0, "Saved "),
        ("path.write_text('retries = = 2\\n')", "retries = 1\n", 1, "is not valid TOML"),
        ("path.write_text('retries = 99\\n')", "retries = 1\n", 1, "setting retries: "),
        ("path.write_text('model = \"x\"\\n')", "retries = 1\n", 1, "setting model: "),
        ("pass", "retries = 1\n", 0, "Nothing was changed."),
        ("sys.exit(3)", "retries = 1\n", 1, "ended with an error (3), so nothing was saved."),
    ],
    ids=["valid", "broken", "invalid", "unknown model", "unchanged", "given up"],
)
def test_only_a_valid_file_is_saved_from_the_editor(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: str,
    content: str,
    exit_code: int,
    message: str,
) -> None:
    file.write_text("retries = 1\n")
    monkeypatch.setenv("VISUAL", write_editor(tmp_path, code))
    assert main(["config", "edit"]) == exit_code
    assert file.read_text() == content
    printed = capsys.readouterr()
    assert message in printed.out + printed.err


def test_an_editor_that_does_not_exist_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VISUAL", "/nowhere/editor")
    assert main(["config", "edit"]) == 1
    assert "/nowhere/editor cannot be started" in capsys.readouterr().err


def test_without_a_terminal_it_says_what_it_opens(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr("bridge.cli.config.editor.open_file", lambda path: True)
    assert main(["config", "edit"]) == 0
    assert capsys.readouterr().out == f"Opening {file}\n"


def test_settings_that_are_saved_at_the_same_time_are_all_in_the_file(tmp_path: Path) -> None:
    settings = {"retries": 1, "drain_seconds": 7.0, "max_streams": 9, "header_seconds": 11.0}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "bridge", "config", "set", name, str(value)],
            stdout=subprocess.DEVNULL,
            env=make_environment(tmp_path),
        )
        for name, value in settings.items()
    ]
    assert [process.wait(SECONDS) for process in started] == [0] * len(settings)
    text = (tmp_path / "config" / "config.toml").read_text("utf-8")
    assert tomllib.loads(text) == settings
    assert "# port = 8000" in text, "the comments were written once, and stayed"


def test_the_editor_does_not_undo_what_was_saved_in_the_meantime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = find_paths().config_file
    code = f"path.write_text('retries = 2'); pathlib.Path({str(path)!r}).write_text('port = 8001')"
    monkeypatch.setenv("VISUAL", write_editor(tmp_path, code))
    assert main(["config", "edit"]) == 1
    assert "was changed by another program in the meantime" in capsys.readouterr().err
    assert path.read_text() == "port = 8001"

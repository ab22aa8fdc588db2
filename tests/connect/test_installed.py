"""Where programs keep their files, on each system, and how they are found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.connect.installed import System, list_changes
from bridge.connect.programs.row import Place
from bridge.connect.programs.table import ROWS, find_row, identify_program
from bridge.connect.snippets import build_snippet, describe_bridge
from bridge.connect.writer import plan_file

BASE = "http://localhost:8000/v1"


def make_system(
    home: Path, system: str = "linux", commands: tuple[str, ...] = (), **environ: str
) -> System:
    def find_command(name: str) -> str | None:
        return f"/bin/{name}" if name in commands else None

    return System(home, {"SHELL": "/bin/bash", **environ}, system, find_command, home / "work")


ZED = Place("{config}/zed/settings.json", "~/.config/zed/s.json", "{appdata}/Zed/settings.json")


@pytest.mark.parametrize(
    ("system", "environ", "path"),
    [
        ("linux", {}, ".config/zed/settings.json"),
        ("linux", {"XDG_CONFIG_HOME": "~/xdg"}, "xdg/zed/settings.json"),
        ("darwin", {}, ".config/zed/s.json"),
        ("win32", {"APPDATA": "~/AppData/Roaming"}, "AppData/Roaming/Zed/settings.json"),
    ],
)
def test_each_system_has_its_folders(system: str, environ: dict[str, str], path: str) -> None:
    there = make_system(Path("/home/me"), system, (), **environ)
    assert there.find_path(ZED) == Path("/home/me") / path


def test_a_variable_moves_the_file(tmp_path: Path) -> None:
    system = make_system(tmp_path, CODEX_HOME=str(tmp_path / "c"))
    row = find_row("codex")
    assert row is not None
    assert system.find_file(row.targets[0]) == tmp_path / "c" / "config.toml"


def test_an_existing_file_of_another_name_is_used(tmp_path: Path) -> None:
    row = find_row("opencode")
    assert row is not None
    system = make_system(tmp_path)
    folder = tmp_path / ".config" / "opencode"
    assert system.find_file(row.targets[0]) == folder / "opencode.json"
    folder.mkdir(parents=True)
    (folder / "opencode.jsonc").write_text("{}")
    assert system.find_file(row.targets[0]) == folder / "opencode.jsonc"


@pytest.mark.parametrize(
    ("shell", "names"),
    [("/bin/zsh", [".zshrc"]), ("/usr/bin/fish", ["claude-bridge.fish"]), ("/bin/tcsh", [])],
)
def test_only_the_file_of_the_users_shell_is_written(
    tmp_path: Path, shell: str, names: list[str]
) -> None:
    row = find_row("shell")
    assert row is not None
    system = make_system(tmp_path, SHELL=shell)
    changes = list_changes(row, describe_bridge(row, BASE, "default", None), system)
    assert [change.path.name for change in changes] == names


def test_only_a_terminal_has_a_project(tmp_path: Path) -> None:
    row = find_row("project")
    assert row is not None
    terminal = make_system(tmp_path)
    assert terminal.find_file(row.targets[0]) == tmp_path / "work" / ".env"
    assert replace(terminal, folder=None).find_file(row.targets[0]) is None


def test_programs_are_found_by_command_folder_and_extension(tmp_path: Path) -> None:
    rows = {row.name: row for row in ROWS}
    (tmp_path / ".qwen").mkdir()
    (tmp_path / ".vscode" / "extensions" / "saoudrizwan.claude-dev-3.0.1").mkdir(parents=True)
    system = make_system(tmp_path, commands=("codex",))
    found = {name: system.find_traces(row) for name, row in rows.items()}
    assert found["codex"] == "/bin/codex"
    assert found["qwen"] == str(tmp_path / ".qwen")
    assert str(found["cline-extension"]).endswith("saoudrizwan.claude-dev-3.0.1")
    assert found["zed"] is None


def test_the_names_of_rows_are_unique() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert len({row.title for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_only_checked_facts_are_written(row: object) -> None:
    row = next(one for one in ROWS if one is row)
    assert not row.targets or row.source.kind != "unchecked"
    assert row.targets or row.snippet


@pytest.mark.parametrize("row", [row for row in ROWS if row.targets], ids=lambda row: row.name)
def test_what_is_shown_is_what_is_written(row: object, tmp_path: Path) -> None:
    row = next(one for one in ROWS if one is row)
    bridge = describe_bridge(row, BASE, "default", "cb-secret")
    changes = list_changes(row, bridge, make_system(tmp_path))
    texts = [plan_file(change).edit.text for change in changes]
    assert texts
    assert all(text in build_snippet(row, bridge) for text in texts)
    # A file that has the key is for the user alone.
    for change, text in zip(changes, texts, strict=True):
        assert ("cb-secret" in text) == change.has_secret


def test_a_program_is_known_by_its_key_or_its_user_agent() -> None:
    assert identify_program("openai-python", "claude-bridge-aider", "") == "aider"
    assert identify_program("codex_exec", "", "") == "codex"
    assert identify_program("qwencode", "any", "") == "qwen"
    assert identify_program("openai-python", "any", "") is None
    assert identify_program("curl", "claude-bridge-nothing", "") is None
    # With an access key, a program may send its name in a header.
    assert identify_program("openai-js", "cb-secret", "continue") == "continue"
    # A shell or a project is no program.
    assert identify_program("curl", "claude-bridge-shell", "shell") is None

"""`claude-bridge completion`: the scripts, used by the shells that this machine has."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bridge.cli.commands import COMMANDS
from bridge.cli.completion.tree import Node, build_tree
from bridge.cli.main import main
from bridge.settings import Settings
from tests.desktop import need_program

SHELLS = ("bash", "zsh", "fish", "powershell")


@pytest.fixture(scope="module")
def tree() -> Node:
    return build_tree()


def write_script(shell: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["completion", shell]) == 0
    path = folder / f"completion.{shell}"
    path.write_text(capsys.readouterr().out, "utf-8")
    return path


def complete_in_bash(script: Path, line: str) -> list[str]:
    """Return what the tab key offers at the end of a line."""
    code = (
        f'source "{script}"; COMP_WORDS=({line}); [[ "$1" == *" " ]] && COMP_WORDS+=("");'
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _claude_bridge; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    result = subprocess.run(
        ["bash", "--norc", "-c", code, "bash", line], capture_output=True, text=True, check=True
    )
    assert result.stderr == ""
    return result.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("claude-bridge st", ["stop", "status"]),
        ("claude-bridge key ", ["set", "remove", "list", "test", "check", "reset", "-h", "--help"]),
        ("claude-bridge key set anth", ["anthropic"]),
        ("claude-bridge key set anthropic --gen", ["--generate"]),
        ("claude-bridge serve --backend ", ["auto", "anthropic", "claude-code", "offline"]),
        ("claude-bridge serve --backend off", ["offline"]),
        ("claude-bridge ask --model ", []),
        ("claude-bridge serve --backend offline --drain", ["--drain-seconds"]),
        ("claude-bridge computer on --mode ask", ["ask", "ask_risky"]),
        ("claude-bridge config set drain", ["drain_seconds"]),
        ("claude-bridge completion ", ["bash", "zsh", "fish", "powershell", "-h", "--help"]),
        ("claude-bridge status --j", ["--json"]),
        ("claude-bridge xyzzy", []),
    ],
)
def test_bash_offers_what_may_come_next(
    line: str, expected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need_program("bash")
    assert complete_in_bash(write_script("bash", tmp_path, capsys), line) == expected


# Debian has no PowerShell.
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_valid_where_its_shell_is_installed(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = write_script(shell, tmp_path, capsys)
    need_program(shell)
    result = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_every_script_has_all_listed_commands_and_settings(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = write_script(shell, tmp_path, capsys).read_text("utf-8")
    for command in COMMANDS:
        assert not command.listed or command.name in text
    for name in Settings.model_fields:
        assert name.replace("_", "-") in text


def test_no_word_can_end_a_quotation(tree: Node) -> None:
    """They stand between apostrophes in the scripts, and a colon separates them in zsh."""
    for node in tree.walk():
        for text in (node.help, *(flag.help for flag in node.flags), *node.words):
            assert not set(text) & set("'\"`$\\:|&<>\n"), text

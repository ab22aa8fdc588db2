"""`claude-bridge install-talon` creates one link, reports it, and removes it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bridge.cli import talon
from bridge.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """Talon's user folder, as Talon creates it at its first start."""
    folder = tmp_path / ".talon" / "user"
    folder.mkdir(parents=True)
    return folder


def test_only_the_folder_of_voice_commands_is_linked(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install-talon"]) == 0
    link = user / "claude-bridge"
    assert list(user.iterdir()) == [link]
    assert link.resolve() == ROOT / "talon_user"
    assert (link / "claude.talon").is_file()
    assert not (link / "pyproject.toml").exists()
    output = capsys.readouterr().out
    assert str(link) in output
    assert "claude-bridge install-talon --remove" in output


def test_installing_twice_changes_nothing(user: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["install-talon"])
    assert main(["install-talon"]) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_a_link_to_an_older_folder_is_replaced(user: Path, tmp_path: Path) -> None:
    (user / "claude-bridge").symlink_to(tmp_path / "gone")
    assert main(["install-talon"]) == 0
    assert (user / "claude-bridge").resolve() == ROOT / "talon_user"


def test_removing_the_link_leaves_its_target(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["install-talon"])
    assert main(["install-talon", "--remove"]) == 0
    assert list(user.iterdir()) == []
    assert (ROOT / "talon_user" / "claude.talon").is_file()
    assert "are unchanged" in capsys.readouterr().out
    assert main(["install-talon", "--remove"]) == 0
    assert "Nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["install-talon"], ["install-talon", "--remove"]])
def test_a_folder_that_is_not_a_link_is_not_removed(
    user: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    theirs = user / "claude-bridge" / "mine.talon"
    theirs.parent.mkdir()
    theirs.write_text("hello: key(a)\n")
    assert main(words) == 2
    assert theirs.is_file()
    assert "is not a link" in capsys.readouterr().err


def test_without_talon_the_error_explains_how_to_install_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["install-talon"]) == 2
    assert "start it once, and run this again" in capsys.readouterr().err


def test_talons_user_folder_on_windows_and_macos(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(tmp_path / "Roaming"))
    assert talon.find_user_folder() == tmp_path / "Roaming" / "talon" / "user"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert talon.find_user_folder() == tmp_path / ".talon" / "user"


def test_an_installed_package_contains_the_voice_commands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inside = tmp_path / "bridge" / "data" / "talon_user"
    inside.mkdir(parents=True)
    (inside / "claude.talon").touch()
    monkeypatch.setattr(talon, "__file__", str(tmp_path / "bridge" / "cli" / "talon.py"))
    assert talon.find_package_folder() == inside

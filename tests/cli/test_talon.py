"""`claude-bridge install-talon`: one link, told and undone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bridge.cli import talon
from bridge.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """Talon's user folder, as Talon makes it when it first starts."""
    folder = tmp_path / ".talon" / "user"
    folder.mkdir(parents=True)
    return folder


def test_it_links_just_the_folder_of_the_voice_commands_and_says_so(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install-talon"]) == 0
    link = user / "claude-bridge"
    assert list(user.iterdir()) == [link]
    assert link.resolve() == ROOT / "talon_user"
    assert (link / "claude.talon").is_file()
    assert not (link / "pyproject.toml").exists()
    told = capsys.readouterr().out
    assert str(link) in told
    assert "claude-bridge install-talon --remove" in told


def test_a_second_time_changes_nothing(user: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["install-talon"])
    assert main(["install-talon"]) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_a_link_to_an_older_place_is_turned(user: Path, tmp_path: Path) -> None:
    (user / "claude-bridge").symlink_to(tmp_path / "gone")
    assert main(["install-talon"]) == 0
    assert (user / "claude-bridge").resolve() == ROOT / "talon_user"


def test_it_is_undone_and_what_it_led_to_stays(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["install-talon"])
    assert main(["install-talon", "--remove"]) == 0
    assert list(user.iterdir()) == []
    assert (ROOT / "talon_user" / "claude.talon").is_file()
    assert "untouched" in capsys.readouterr().out
    assert main(["install-talon", "--remove"]) == 0
    assert "Nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["install-talon"], ["install-talon", "--remove"]])
def test_a_folder_of_somebody_elses_stays(
    user: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    theirs = user / "claude-bridge" / "mine.talon"
    theirs.parent.mkdir()
    theirs.write_text("hello: key(a)\n")
    assert main(words) == 2
    assert theirs.is_file()
    assert "no link of ours" in capsys.readouterr().err


def test_without_talon_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install-talon"]) == 2
    told = capsys.readouterr().err
    assert "start it once, and run this again" in told


def test_on_windows_talon_keeps_its_folder_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(tmp_path / "Roaming"))
    assert talon.user_folder() == tmp_path / "Roaming" / "talon" / "user"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert talon.user_folder() == tmp_path / ".talon" / "user"


def test_an_installed_package_has_the_commands_within_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inside = tmp_path / "bridge" / "data" / "talon_user"
    inside.mkdir(parents=True)
    (inside / "claude.talon").touch()
    monkeypatch.setattr(talon, "__file__", str(tmp_path / "bridge" / "cli" / "talon.py"))
    assert talon.package_folder() == inside

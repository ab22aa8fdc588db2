"""Tests that the voice commands find the same data folder as the bridge."""

import os
import stat
import sys
from pathlib import Path

import platformdirs.macos
import pytest

from bridge.settings import APP_NAME, find_paths
from talon_user.wire import paths


def test_the_data_folder_is_the_bridges(monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.find_data_folder() == find_paths().data
    monkeypatch.delenv("CLAUDE_BRIDGE_HOME")
    assert paths.find_data_folder() == find_paths().data
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert paths.find_data_folder() == find_paths().data


def test_the_data_folder_on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLAUDE_BRIDGE_HOME")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert paths.find_data_folder() == platformdirs.macos.MacOS(APP_NAME, False).user_data_path


def test_the_data_folder_on_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CLAUDE_BRIDGE_HOME")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert paths.find_data_folder() == tmp_path / APP_NAME


def test_the_control_token_is_read_or_none() -> None:
    token = find_paths().control_token
    assert paths.read_control_token() is None
    token.parent.mkdir(parents=True)
    token.write_text("abc\n")
    assert paths.read_control_token() == "abc"


def test_the_state_is_saved_read_and_replaced() -> None:
    assert paths.read_state() == ""
    paths.write_state("one")
    paths.write_state("two")
    assert paths.read_state() == "two"
    assert [path.name for path in paths.find_data_folder().iterdir()] == ["talon.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_user_can_read_the_state_whatever_the_umask(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_HOME", str(tmp_path / "new" / "home"))
    previous = os.umask(0)
    try:
        paths.write_state("one")
    finally:
        os.umask(previous)
    file = paths.find_data_folder() / "talon.json"
    left = file.with_suffix(".new")
    left.touch(0o644)
    paths.write_state("two")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, *list(file.parents)[:3])]
    assert modes == [0o600, 0o700, 0o700, 0o700]

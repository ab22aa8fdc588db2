"""A folder of the bridge is removed with the bridge's files only, and no link is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli.folders import measure_folder, remove_folder
from bridge.errors import SettingsError


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    data = tmp_path / "data"
    (data / "pages").mkdir(parents=True)
    (data / "embedding-models").symlink_to(other)
    (data / "pages" / "link").symlink_to(other)
    (data / "keys.json").symlink_to(other / "mine.txt")
    remove_folder(data)
    assert not data.exists()
    assert (other / "mine.txt").read_text() == "mine"


def test_a_folder_that_is_a_link_stays(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "config").symlink_to(tmp_path / "dotfiles")
    with pytest.raises(SettingsError, match=r"it is a link to .*dotfiles; remove that by hand"):
        remove_folder(tmp_path / "config")
    assert (tmp_path / "config").is_symlink()


def test_files_that_are_not_the_bridges_stay_and_are_named(tmp_path: Path) -> None:
    for name in ("ledger.sqlite3", "ledger.sqlite3-wal", ".running.json.7", "thesis\x1b[31m.odt"):
        (tmp_path / name).write_text("x")
    with pytest.raises(SettingsError) as caught:
        remove_folder(tmp_path)
    assert str(caught.value) == "it has files that are not the bridge's: thesis[31m.odt"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis\x1b[31m.odt"]


def test_a_file_that_vanishes_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"1234")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "broken").symlink_to("gone")
    assert measure_folder(tmp_path) == 4 + sum(
        (tmp_path / name).lstat().st_size for name in ("loop", "broken")
    )

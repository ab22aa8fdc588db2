"""The user's own files: what is absent, what is unknown, and what others may have touched."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from bridge.compose import ensure_control_token
from bridge.errors import SettingsError
from bridge.private_files import is_present, read_file, read_private, read_text, write_private
from bridge.settings import Paths, find_paths

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")


def test_a_file_that_is_not_there_is_absent(tmp_path: Path) -> None:
    for path in (tmp_path / "file", tmp_path / "no folder" / "file"):
        assert not is_present(path)
        assert read_text(path) is None
        assert read_private(path) is None


@posix
def test_a_broken_link_and_a_file_as_folder_are_not_absent(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("nowhere")
    (tmp_path / "file").write_text("")
    for path in (link, tmp_path / "file" / "below"):
        for read in (read_text, read_private):
            with pytest.raises(SettingsError, match="cannot "):
                read(path)


@posix
@pytest.mark.parametrize("kind", ["pipe", "endless", "folder"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "endless":
            path.symlink_to("/dev/zero")
        case _:
            path.mkdir()
    with pytest.raises(OSError, match=str(path)):
        read_file(path)
    for read in (read_text, read_private):
        with pytest.raises(SettingsError, match=str(path)):
            read(path)


@posix
def test_a_link_to_the_null_device_is_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.symlink_to(os.devnull)
    assert read_text(path) == ""


@posix
def test_only_the_user_can_read_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "data" / "file"
    write_private(path, "secret")
    assert read_private(path) == "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert read_private(path) == "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["file"]


@posix
def test_a_link_is_replaced_and_its_target_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("theirs")
    (tmp_path / "file").symlink_to("target")
    write_private(tmp_path / "file", "mine")
    assert (tmp_path / "target").read_text() == "theirs"
    assert read_private(tmp_path / "file") == "mine"


def test_the_control_token_stays_the_same() -> None:
    token = ensure_control_token(find_paths())
    assert len(token) > 40
    assert ensure_control_token(find_paths()) == token


def write_token(paths: Paths, text: bytes, mode: int = 0o600) -> Path:
    paths.data.mkdir(parents=True, exist_ok=True)
    paths.control_token.write_bytes(text)
    paths.control_token.chmod(mode)
    return paths.control_token


@posix
@pytest.mark.parametrize(
    ("text", "mode"),
    [
        (b"", 0o600), (b" \n", 0o600), (b"x\n", 0o600), (b"\xff\xfe" * 30, 0o600),
        (b"two words " * 5, 0o600), (b"a" * 43, 0o644), (b"a" * 43, 0o620), (b"a" * 43, 0o666),
    ],
)  # fmt: skip
def test_a_token_that_others_may_know_or_guess_is_replaced(text: bytes, mode: int) -> None:
    path = write_token(find_paths(), text, mode)
    token = ensure_control_token(find_paths())
    assert (len(token), token.encode() != text) == (43, True)
    assert path.read_text() == f"{token}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix
def test_a_token_file_of_another_user_is_replaced() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")
    path = write_token(find_paths(), b"a" * 43)
    os.chown(path, 12345, 12345)
    assert ensure_control_token(find_paths()) != "a" * 43
    assert path.stat().st_uid == 0


@posix
def test_a_token_file_that_is_a_link_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("a" * 43)
    path = find_paths().control_token
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "theirs")
    assert ensure_control_token(find_paths()) != "a" * 43
    assert not path.is_symlink()


@posix
def test_a_data_folder_that_others_may_write_is_closed_to_them() -> None:
    """They could delete the files that require an access key."""
    data = find_paths().data
    data.mkdir(parents=True)
    data.chmod(0o777)
    ensure_control_token(find_paths())
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_a_folder_in_place_of_the_token_is_named() -> None:
    find_paths().control_token.mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"cannot write .*control-token"):
        ensure_control_token(find_paths())

"""Config files: links are followed, modes and line ends stay, and some files are refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connect.edit import Splice
from bridge.connect.files import ConfigFile, read_config, write_config
from bridge.connect.refusal import CannotConnect

posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes and links")


def test_a_missing_file_has_no_bytes(tmp_path: Path) -> None:
    file = read_config(tmp_path / "a" / "config.toml")
    assert (file.data, file.text) == (None, "")


@posix_only
def test_the_real_file_behind_a_link_is_replaced(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles" / "c.json", tmp_path / "c.json"
    real.parent.mkdir()
    real.write_bytes(b"{}")
    real.chmod(0o640)
    link.symlink_to(real)
    file = read_config(link)
    write_config(file.path, b'{"a": 1}', file.mode)
    assert link.is_symlink()
    assert real.read_bytes() == b'{"a": 1}'
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert [path.name for path in real.parent.iterdir()] == ["c.json"]


@posix_only
def test_a_link_to_nothing_yet_makes_the_file_there(tmp_path: Path) -> None:
    link = tmp_path / "c.json"
    link.symlink_to(tmp_path / "new" / "c.json")
    file = read_config(link)
    write_config(file.path, b"{}", file.mode)
    assert (tmp_path / "new" / "c.json").read_bytes() == b"{}"
    assert link.is_symlink()


def read_refusal(path: Path) -> str:
    with pytest.raises(CannotConnect) as caught:
        _ = read_config(path).text
    return str(caught.value)


@posix_only
def test_what_must_not_be_replaced_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes(b"a = 1\n")
    path.chmod(0o444)
    assert read_refusal(path) == f"{path} is not changed: it is read-only."
    path.chmod(0o644)
    os.link(path, tmp_path / "second")
    assert "a second name (a hard link)" in read_refusal(path)
    assert "it is not a file" in read_refusal(tmp_path)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert read_refusal(loop).startswith(f"{loop} cannot be read: ")
    os.mkfifo(tmp_path / "pipe")
    assert "it is not a file" in read_refusal(tmp_path / "pipe")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes("a = 'é'".encode("latin-1"))
    assert read_refusal(path) == f"{path} is not changed: it is not a text in UTF-8."


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    (path / "x").write_bytes(b"kept")
    with pytest.raises(CannotConnect, match="folder is not changed"):
        write_config(path, b"new", 0o600)
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]


LINES = st.lists(st.tuples(st.text("ab ", max_size=3), st.sampled_from(["\n", "\r\n"])), max_size=6)


@given(lines=LINES, last=st.text("ab", max_size=3), mark=st.booleans(), data=st.data())
def test_line_ends_and_the_byte_order_mark_stay(
    lines: list[tuple[str, str]], last: str, mark: bool, data: st.DataObject
) -> None:
    raw = ("".join(map("".join, lines)) + last).encode()
    old = (b"\xef\xbb\xbf" if mark else b"") + raw
    file = ConfigFile(Path("c"), old)
    assert file.encode([]) == old
    place = data.draw(st.integers(0, len(file.text)))
    new = file.encode([[Splice(place, place, "NEW\nX")]])
    ends = [end for _, end in lines]
    usual = "\r\n" if ends.count("\r\n") > ends.count("\n") else "\n"
    inserted = f"NEW{usual}X".encode()
    assert new.count(inserted) == 1
    assert new.replace(inserted, b"") == old

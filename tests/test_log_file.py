"""The log file is private, comes back when it vanishes, and a full disk is said once."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import pytest

from bridge.log_file import FILE_BYTES, LogFile
from bridge.logs import set_up_logging

LONG = "x" * (FILE_BYTES // 4)


def write(file: LogFile, *lines: str) -> None:
    for line in lines:
        file.handle(logging.LogRecord("bridge.x", logging.INFO, "f", 1, line, None, None))


def test_all_files_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = LogFile(tmp_path / "new" / "logs" / "bridge.log")
        write(file, *[LONG] * 14)
        file.close()
    finally:
        os.umask(before)
    folder = tmp_path / "new" / "logs"
    assert sorted(path.name for path in folder.iterdir()) == [
        "bridge.log",
        "bridge.log.1",
        "bridge.log.2",
    ]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (folder, folder.parent)} == {0o700}


def test_a_folder_that_vanishes_is_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = LogFile(tmp_path / "logs" / "bridge.log")
    write(file, "one")
    shutil.rmtree(tmp_path / "logs")
    write(file, "two")
    (tmp_path / "logs" / "bridge.log").rename(tmp_path / "logs" / "moved")
    write(file, "three")
    file.close()
    assert (tmp_path / "logs" / "bridge.log").read_text() == "three\n"
    assert (tmp_path / "logs" / "moved").read_text() == "two\n"
    assert capsys.readouterr().err == ""


def test_a_folder_that_cannot_be_made_again_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = LogFile(tmp_path / "logs" / "bridge.log")
    shutil.rmtree(tmp_path / "logs")
    (tmp_path / "logs").write_text("a file")
    write(file, "one", "two", "three")
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"The log file {tmp_path}/logs/bridge.log cannot be written (")
    (tmp_path / "logs").unlink()
    write(file, "four")
    assert (tmp_path / "logs" / "bridge.log").read_text() == "four\n"
    file.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has this device")
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes of POSIX")
def test_a_pipe_in_place_of_the_log_is_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bridge.log"
    os.mkfifo(path)
    with pytest.raises(OSError, match=r"bridge\.log"):
        LogFile(path)
    path.unlink()
    file = LogFile(path)
    path.unlink()
    os.mkfifo(path)
    write(file, "lost")
    assert "bridge.log cannot be written" in capsys.readouterr().err
    path.unlink()
    write(file, "written")
    file.close()
    assert "written" in path.read_text()


def test_a_full_disk_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bridge.log"
    path.symlink_to("/dev/full")
    file = LogFile(path)
    write(file, "one", "two", LONG, LONG, LONG, LONG, LONG)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "No space left on device" in said
    path.unlink()
    write(file, "half of a pair: \ud83d")
    file.close()
    assert "half of a pair: \\ud83d\n" in path.read_text()


def test_without_a_file_the_log_goes_to_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("a file")
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    try:
        set_up_logging("INFO", file=tmp_path / "logs" / "bridge.log")
        logging.getLogger("bridge.x").info("It goes on.")
    finally:
        root.handlers[:], root.level = before
    first, second = capsys.readouterr().err.splitlines()
    assert "cannot be written (File exists). Log lines go to stderr only." in first
    assert second.endswith("It goes on.")

"""`claude-bridge logs`: the end of the log, and what comes after it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cli.main import main
from bridge.paths import find_paths


@pytest.fixture
def log() -> Path:
    path = find_paths().log_file
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"line {number}\n" for number in range(100)))
    return path


def test_the_last_lines_are_printed(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "-n", "2"]) == 0
    assert capsys.readouterr().out == "line 98\nline 99\n"
    assert main(["logs"]) == 0
    assert capsys.readouterr().out.startswith("line 60\n")
    assert main(["logs", "--path"]) == 0
    assert capsys.readouterr().out == f"{log}\n"


def test_a_line_cannot_act_on_the_terminal(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_bytes(b"\x1b[31mred\x1b]0;title\x07 \xc2\x9b31m caf\xff\n")
    assert main(["logs"]) == 0
    assert capsys.readouterr().out == "[31mred]0;title 31m caf\ufffd\n"


def test_without_a_log_it_says_where_it_will_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs"]) == 1
    path = find_paths().log_file
    assert capsys.readouterr().err == f"There is no log yet: the server writes it to {path}\n"


def test_a_number_of_lines_that_is_none_is_refused(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["logs", "-n", "many"])
    assert "many is not a number of lines" in capsys.readouterr().err


def test_new_lines_are_followed_into_the_next_file(log: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "logs", "-f", "-n", "1"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "line 99\n"
        with log.open("a") as file:
            file.write("half of a ")
            file.flush()
            file.write("line\n")
        assert process.stdout.readline() == "half of a line\n"
        log.rename(log.with_suffix(".log.1"))
        log.write_text("the next file\n")
        assert process.stdout.readline() == "the next file\n"
        # As `claude-bridge forget --all` does.
        log.write_text("after\n")
        assert process.stdout.readline() == "after\n"
    finally:
        process.kill()
        process.communicate()

"""The log says what happened, never with whose key or in what words."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.logs import FILE_BYTES, JsonFormatter, LineFormatter, redacted


def record(message: str, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error is not None else None
    return logging.LogRecord("bridge.x", logging.INFO, "f", 1, message, None, info)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("key sk-ant-api03-abcDEF_123-xyz used", "key [secret] used"),
        ("sk-proj-12345678", "[secret]"),
        ("Authorization: Bearer abcdefgh, next", "Authorization: Bearer [secret], next"),
        ("cb-" + "x" * 43, "[secret]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.x-y", "[secret]"),
        ("model=claude-sonnet-5-5 req_123", "model=claude-sonnet-5-5 req_123"),
    ],
)
def test_what_looks_like_a_key_is_blotted_out(said: str, kept: str) -> None:
    assert redacted(said) == kept
    assert LineFormatter().format(record(said)).endswith(kept)
    assert json.loads(JsonFormatter().format(record(said)))["message"] == kept


def failed() -> ValueError:
    try:
        try:
            raise KeyError("what the person wrote")
        except KeyError as cause:
            raise ValueError("and more of it") from cause
    except ValueError as error:
        return error


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
def test_an_exception_tells_where_and_not_what(formatter: logging.Formatter) -> None:
    line = formatter.format(record("failed", failed()))
    assert "what the person wrote" not in line
    assert "and more of it" not in line
    for expected in ("ValueError", "KeyError", "test_logs.py", "in failed"):
        assert expected in line


def test_content_is_an_explicit_choice() -> None:
    line = LineFormatter(content=True).format(record("failed", failed()))
    assert "what the person wrote" in line


def test_a_line_of_json_is_one_line() -> None:
    line = JsonFormatter().format(record("two\nlines", failed()))
    assert "\n" not in line
    assert set(json.loads(line)) == {"at", "level", "logger", "message", "exception"}


def test_the_file_stays_small(tmp_path: Path) -> None:
    program = (
        "import logging, pathlib, sys\n"
        "from bridge.logs import set_up_logging\n"
        "set_up_logging('INFO', file=pathlib.Path(sys.argv[1]))\n"
        "log = logging.getLogger('bridge.x')\n"
        "for n in range(40000): log.info('%06d %s', n, 'x' * 100)\n"
    )
    file = tmp_path / "logs" / "bridge.log"
    words = [sys.executable, "-c", program, str(file)]
    subprocess.run(words, check=True, timeout=120, stderr=subprocess.DEVNULL)
    written = sorted(path.name for path in file.parent.iterdir())
    assert written == ["bridge.log", "bridge.log.1", "bridge.log.2"]
    assert all(path.stat().st_size <= FILE_BYTES for path in file.parent.iterdir())
    assert "039999" in file.read_text("utf-8")

"""The log contains neither keys nor the content of requests."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.log_file import FILE_BYTES
from bridge.logs import JsonFormatter, LineFormatter, redact


def make_record(message: str, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error is not None else None
    return logging.LogRecord("bridge.x", logging.INFO, "f", 1, message, None, info)


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("key sk-ant-api03-abcDEF_123-xyz used", "key [secret] used"),
        ("sk-proj-12345678", "[secret]"),
        ("disk-usage-report", "disk-usage-report"),
        (
            "a task-list-of-the-week and my_sk-proj-12345678",
            "a task-list-of-the-week and my_[secret]",
        ),
        ("a\\nsk-ant-12345678 in JSON", "a\\n[secret] in JSON"),
        ("a\\u000ask-proj-12345678", "a\\u000a[secret]"),
        ("GET /v1?q=%20sk-proj-12345678", "GET /v1?q=%20[secret]"),
        ("[31;1msk-proj-12345678", "[31;1m[secret]"),
        ("keysk-ant-api03-abcdefgh1234", "key[secret]"),
        ("Authorization: Bearer abcdefgh, next", "Authorization: Bearer [secret], next"),
        ("cb-" + "x" * 43, "[secret]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.x-y", "[secret]"),
        ("model=claude-sonnet-5-5 req_123", "model=claude-sonnet-5-5 req_123"),
    ],
)
def test_keys_are_redacted(text: str, logged: str) -> None:
    assert redact(text) == logged
    assert LineFormatter().format(make_record(text)).endswith(logged)
    assert json.loads(JsonFormatter().format(make_record(text)))["message"] == logged


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
def test_a_key_at_the_beginning_of_a_line_is_redacted(formatter: LineFormatter) -> None:
    line = formatter.format(make_record("Two lines:\nsk-ant-api03-abcdefgh\tcb-" + "x" * 43))
    assert "sk-" not in line
    assert "cb-" not in line


FORGED = "2026-11-23 09:30:00,123 ERROR   bridge: forged"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x1c", "\x85", "\u2028"])
@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
def test_a_message_cannot_add_a_line(formatter: logging.Formatter, end: str) -> None:
    line = formatter.format(make_record(f"Unknown model x{end}{FORGED}"))
    assert len(line.splitlines()) == 1
    assert FORGED in line


@pytest.mark.parametrize("formatter", [LineFormatter(content=True), JsonFormatter(content=True)])
def test_nothing_in_a_line_acts_on_a_terminal(formatter: logging.Formatter) -> None:
    hostile = "a\x1b]0;title\x07\x9b2J\u202etxt.exe\x00\ud83d"
    line = formatter.format(make_record(hostile, ValueError(hostile)))
    assert line.replace("\n", "").isprintable()
    assert "Grüße\t✓" in formatter.format(make_record("Grüße\t✓")).replace("\\t", "\t")


def make_error() -> ValueError:
    try:
        try:
            raise KeyError("what the user wrote")
        except KeyError as cause:
            raise ValueError("and more of it") from cause
    except ValueError as error:
        return error


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
def test_an_exception_is_logged_without_its_message(formatter: logging.Formatter) -> None:
    line = formatter.format(make_record("failed", make_error()))
    assert "what the user wrote" not in line
    assert "and more of it" not in line
    for expected in ("ValueError", "KeyError", "test_logs.py", "in make_error"):
        assert expected in line


def test_messages_of_exceptions_are_logged_on_request() -> None:
    line = LineFormatter(content=True).format(make_record("failed", make_error()))
    assert "what the user wrote" in line


def test_a_json_record_is_one_line() -> None:
    line = JsonFormatter().format(make_record("two\nlines", make_error()))
    assert "\n" not in line
    assert set(json.loads(line)) == {"at", "level", "logger", "message", "exception"}


def test_the_files_are_rotated(tmp_path: Path) -> None:
    program = (
        "import logging, pathlib, sys\n"
        "from bridge.logs import set_up_logging\n"
        "set_up_logging('INFO', file=pathlib.Path(sys.argv[1]))\n"
        "log = logging.getLogger('bridge.x')\n"
        "for n in range(40000): log.info('%06d %s', n, 'x' * 100)\n"
    )
    file = tmp_path / "logs" / "bridge.log"
    command = [sys.executable, "-c", program, str(file)]
    subprocess.run(command, check=True, timeout=120, stderr=subprocess.DEVNULL)
    files = sorted(path.name for path in file.parent.iterdir())
    assert files == ["bridge.log", "bridge.log.1", "bridge.log.2"]
    assert all(path.stat().st_size <= FILE_BYTES for path in file.parent.iterdir())
    assert "039999" in file.read_text("utf-8")


def test_a_quiet_stderr_gets_warnings_and_the_file_everything(tmp_path: Path) -> None:
    program = (
        "import logging, os, pathlib, sys\n"
        "from bridge.logs import set_up_logging\n"
        "close = set_up_logging('INFO', file=pathlib.Path(sys.argv[1]), quiet=True)\n"
        "log = logging.getLogger('bridge.x')\n"
        "log.info('a detail')\n"
        "log.warning('a warning')\n"
        "close()\n"
        # As before a restart, which runs nothing of what is to be done at the end.
        "os._exit(0)"
    )
    file = tmp_path / "bridge.log"
    command = [sys.executable, "-c", program, str(file)]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "a warning" in result.stderr
    assert "a detail" not in result.stderr
    text = file.read_text("utf-8")
    assert "a detail" in text
    assert "a warning" in text

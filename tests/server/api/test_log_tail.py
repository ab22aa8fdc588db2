"""The end of the log, without keys and without content."""

from __future__ import annotations

import pytest

from bridge.paths import find_paths
from bridge.server.api.log_tail import parse_lines
from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.server.api.accounts.test_keys import call

LOG = """\
2026-11-23 09:30:00,123 INFO    bridge.request: req_1 POST /v1/chat/completions -> 200
2026-11-23 09:30:01,123 ERROR   bridge.http: It failed for sk-ant-secret-secret
Traceback (most recent call last):
  File "a.py", line 1, in run
ValueError: My secret: 4711
{"at": "2026-11-23T09:30:02.000+00:00", "level": "INFO", "logger": "bridge", "message": "Hi", \
"exception": "ValueError: My secret: 4711"}
{"at": "2026-11-23T09:30:02.000+00:00", "lev
{"at": 1, "level": 2, "logger": 3, "message": 4}
"""


def write_log(text: str) -> None:
    file = find_paths().log_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


async def test_the_last_lines_have_no_content_and_no_keys(start_bridge: StartBridge) -> None:
    write_log(LOG)
    bridge = await start_bridge(backend="offline")
    status, body = await call(bridge, "/control/log?lines=2")
    assert (status, body["hidden"], body["file"]) == (200, False, str(find_paths().log_file))
    assert [(line["level"], line["message"]) for line in body["lines"]] == [
        ("ERROR", "It failed for [secret]"),
        ("INFO", "Hi"),
    ]
    assert body["lines"][0]["at"] == "2026-11-23 09:30:01"
    assert "4711" not in str(body)
    assert (await call(bridge, "/control/log", token="any"))[0] == 403


async def test_nothing_is_shown_while_the_log_may_quote_messages(
    start_bridge: StartBridge,
) -> None:
    write_log(LOG)
    bridge = await start_bridge(backend="offline", log_content=True)
    _, body = await call(bridge, "/control/log")
    assert (body["hidden"], body["lines"]) == (True, [])


async def test_a_long_log_is_read_from_its_end(start_bridge: StartBridge) -> None:
    line = "2026-11-23 09:30:00,123 INFO    bridge: "
    write_log("".join(f"{line}{number} {'x' * 90}\n" for number in range(5000)))
    bridge = await start_bridge(backend="offline")
    _, body = await call(bridge, "/control/log?lines=500")
    assert [int(line["message"].split()[0]) for line in body["lines"]] == [*range(4500, 5000)]


@pytest.mark.parametrize("text", ["", "\n\n", "{}", "[1]", '{"at": {}}', "Traceback", "\x00"])
def test_other_lines_are_left_out(text: str) -> None:
    assert parse_lines(text) == []


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x1c", "\x85", "\u2028"])
def test_only_line_feeds_end_a_line(end: str) -> None:
    """In a file that is older than the escapes, a text could pretend to be a line."""
    line = "2026-11-23 09:30:00,123 INFO    bridge: "
    assert len(parse_lines(f"{line}Unknown model{end}{line}forged\n")) == 1


async def test_without_a_log_there_are_no_lines(bridge: Bridge) -> None:
    assert (await call(bridge, "/control/log"))[1]["lines"] == []

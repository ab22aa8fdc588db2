"""`GET /control/log`: the last lines of the bridge's log, without content of messages."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field

from bridge.errors import StorageUnavailable
from bridge.logs import redact
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.query import DECIMAL, read_query
from bridge.server.state import BRIDGE
from bridge.wire.control import LogLine, LogTail

_LINE = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d{3} (?P<level>[A-Z]+) +(?P<logger>[\w.]+): "
    r"(?P<message>.*)"
)
_MAX_BYTES = 256 * 1024
"""Read from the end of the file: about two thousand lines."""
_MAX_MESSAGE = 2000
"""Characters of a line that are shown."""


class LogQuery(BaseModel):
    """The query parameters."""

    lines: Annotated[int, DECIMAL] = Field(
        100, ge=1, le=500, description="Number of lines, the last ones."
    )


async def get_log(request: web.Request) -> web.Response:
    """Return the last lines. Raises StorageUnavailable if the file cannot be read.

    The details of exceptions are left out: while the setting `log_content` was on, they may have
    quoted messages, also in a file that is older than the running server.
    """
    bridge = request.app[BRIDGE]
    count = read_query(request, LogQuery).lines
    path = bridge.paths.log_file
    # An exception's message may look like a line of the log, so nothing is shown while they may
    # quote messages.
    is_hidden = bridge.settings.log_content
    try:
        text = "" if is_hidden else await asyncio.to_thread(_read_end, path)
    except OSError as error:
        raise StorageUnavailable(f"{path} cannot be read: {error.strerror}.") from error
    body = LogTail(file=str(path), hidden=is_hidden, lines=parse_lines(text)[-count:])
    return web.json_response(body.model_dump())


def parse_lines(text: str) -> list[LogLine]:
    """Return the lines of a log as text or JSON; what continues a line is left out."""
    # Not `splitlines`: it also ends lines at characters such as U+2028, which a text may have.
    lines = [_parse_line(line) for line in text.split("\n")]
    return [line for line in lines if line is not None]


def _parse_line(text: str) -> LogLine | None:
    if text.startswith("{"):
        return _parse_json_line(text)
    match = _LINE.fullmatch(text)
    return None if match is None else _build_line(**match.groupdict())


def _parse_json_line(text: str) -> LogLine | None:
    try:
        fields = json.loads(text)
        return _build_line(**{name: fields[name] for name in ("at", "level", "logger", "message")})
    # Cut off, or a line of another program.
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _build_line(at: str, level: str, logger: str, message: str) -> LogLine:
    first = redact(message).splitlines()[0] if message else ""
    return LogLine(at=at, level=level, logger=logger, message=first[:_MAX_MESSAGE])


def _read_end(path: Path) -> str:
    """Return the end of a file, from a line's beginning; empty if there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _MAX_BYTES))
            data = file.read(_MAX_BYTES)
    except FileNotFoundError:
        return ""
    if size > _MAX_BYTES:
        _, _, data = data.partition(b"\n")
    return data.decode("utf-8", "replace")


_LOG_EXAMPLE: dict[str, Any] = {
    "file": "/home/ada/.local/share/claude-bridge/logs/bridge.log",
    "hidden": False,
    "lines": [
        {
            "at": "2026-11-23 09:30:00",
            "level": "WARNING",
            "logger": "bridge.request",
            "message": "POST /v1/chat/completions 429 rate_limit_exceeded",
        }
    ],
}

ROUTES = (
    Endpoint(
        "GET",
        "/control/log",
        get_log,
        "Control",
        "Get the last lines of the log",
        Answer("Lines without content of messages.", LogTail, _LOG_EXAMPLE),
        access="token",
        query=LogQuery,
        failures=(400, 503),
    ),
)

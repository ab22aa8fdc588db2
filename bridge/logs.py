"""Logging: one line an event, to stderr and a file that is kept small; no keys and no content."""

from __future__ import annotations

import atexit
import json
import logging
import os
import queue
import re
import sys
import traceback
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Literal

LogFormat = Literal["text", "json"]

FILE_BYTES = 1_000_000
FILES = 3

_LINE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_SECRETS = re.compile(
    r"sk-[A-Za-z0-9_-]{8,}|cb-[A-Za-z0-9_-]{20,}|(?<=Bearer )[^\s\"',]{4,}|eyJ[\w-]{10,}\.[\w.-]+"
)
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def redacted(text: str) -> str:
    """The text with whatever looks like a key or a token blotted out."""
    return _SECRETS.sub("[secret]", text)


class LineFormatter(logging.Formatter):
    """A line for people. `content` lets the words of exceptions through, which may quote input."""

    def __init__(self, *, content: bool = False) -> None:
        super().__init__(_LINE)
        self._content = content

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - logging's name
        return super().formatException(ei) if self._content else _where(ei[1])


class JsonFormatter(LineFormatter):
    """A JSON object a line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = {
            "at": at,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return redacted(json.dumps(told, ensure_ascii=False))


def _where(error: BaseException | None) -> str:
    """Where it happened and of what kind it is, without its words; its causes, too."""
    lines: list[str] = []
    while error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        lines += [f'  File "{f.filename}", line {f.lineno}, in {f.name}' for f in frames]
        lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    return "\n".join(lines)


def set_up_logging(
    level: str,
    *,
    file: Path | None = None,
    log_format: LogFormat = "text",
    content: bool = False,
) -> None:
    """Sends the bridge's own log to stderr, and to `file`; libraries only from WARNING up.

    The file is written by a thread of its own: a slow disk holds up no answer.
    """
    kind = JsonFormatter if log_format == "json" else LineFormatter
    formatter = kind(content=content)
    console = logging.StreamHandler(sys.stderr)
    console.setFormatter(formatter)
    handlers: list[logging.Handler] = [console]
    if file is not None:
        handlers.append(_in_background(file, formatter))
    if not content:
        # With it, the SDK would log whole requests.
        os.environ.pop("ANTHROPIC_LOG", None)
    logging.basicConfig(level=logging.WARNING, handlers=handlers, force=True)
    for name in ("bridge", "tray"):
        logging.getLogger(name).setLevel(level)


class _Passing(QueueHandler):
    """Passes records on as they are: the handler behind the queue formats them."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


def _in_background(file: Path, formatter: logging.Formatter) -> logging.Handler:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    writer = RotatingFileHandler(file, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8")
    writer.setFormatter(formatter)
    waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = QueueListener(waiting, writer)
    listener.start()
    atexit.register(listener.stop)
    return _Passing(waiting)

"""Set up logging to stderr and a rotating file, without keys and without content."""

from __future__ import annotations

import atexit
import json
import logging
import os
import queue
import re
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from types import TracebackType
from typing import Literal

from bridge.log_file import LogFile, describe_failure

LogFormat = Literal["text", "json"]

_log = logging.getLogger(__name__)

_LINE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_SECRETS = re.compile(
    # Not in the middle of a word: `disk-usage-report` is no key. An escape in front of it, such as
    # `\n` in JSON or `%20` in a URL, is no part of a word. The three dots are `sk-` or `cb-`.
    r"(?:sk-(?=[A-Za-z0-9_-]{8})|cb-(?=[A-Za-z0-9_-]{20}))"
    r"(?:(?<![A-Za-z0-9]...)|(?<=\\[abefnrtv]...)|(?<=\\x[0-9A-Fa-f]{2}...)"
    r"|(?<=\\u[0-9A-Fa-f]{4}...)|(?<=%[0-9A-Fa-f]{2}...)|(?<=[\[;][0-9]m...)"
    r"|(?<=[\[;][0-9]{2}m...))[A-Za-z0-9_-]+"
    # Anywhere, where only a key looks so.
    r"|sk-(?:ant|proj|svcacct|or)-[A-Za-z0-9_-]{16,}|sk-[A-Za-z0-9]{32,}|cb-[A-Za-z0-9_-]{43,}"
    r"|(?<=Bearer )[^\s\"',]{4,}"
    # Not over another beginning: in a text of many, each would be searched to the end.
    r"|eyJ(?:(?!eyJ)[\w-]){10,}\.[\w.-]+"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}"
    r"|(?<=Basic )[A-Za-z0-9+/=]{8,}|(?<=://)[^\s/@:\"']+:[^\s/@\"']+(?=@)"
)
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def redact(text: str) -> str:
    """Replace everything in a text that looks like a key or a token."""
    return _SECRETS.sub("[secret]", text)


def find_secrets(text: str) -> list[tuple[int, int]]:
    """Return where in a text keys and tokens begin and end, in their order."""
    return [match.span() for match in _SECRETS.finditer(text)]


def escape(text: str) -> str:
    """Write as `\\uXXXX` all that a terminal acts on, and that begins or reorders a line.

    Messages quote what clients and upstream have sent.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else json.dumps(c)[1:-1] for c in text)


class LineFormatter(logging.Formatter):
    """Formatter of a record as a line of text.

    `content` allows the messages of exceptions, which may quote a request.
    """

    def __init__(self, *, content: bool = False) -> None:
        super().__init__(_LINE)
        self._content = content

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        return escape(super().formatMessage(record))

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - logging's name
        text = super().formatException(ei) if self._content else _format_origin(ei[1])
        # Its lines begin with spaces, or with the name of an exception.
        return "\n".join(map(escape, text.split("\n")))


class JsonFormatter(LineFormatter):
    """Formatter of a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = {
            "at": at,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return redact(escape(json.dumps(fields, ensure_ascii=False)))


def _format_origin(error: BaseException | None) -> str:
    """Format where an exception and its causes were raised and their types, not their messages."""
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
    quiet: bool = False,
) -> Callable[[], None]:
    """Send the bridge's log to stderr and to `file`; libraries only from WARNING up.

    `quiet` sends only warnings and errors to stderr. If the file cannot be written, the log says so
    and goes to stderr alone. Returns a function that writes what is left and closes the file; the
    end of the process calls it, too.
    """
    kind = JsonFormatter if log_format == "json" else LineFormatter
    formatter = kind(content=content)
    console = logging.StreamHandler(sys.stderr)
    console.setFormatter(formatter)
    if quiet:
        console.setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [console]
    problem, close = None, _do_nothing
    try:
        if file is not None:
            handler, close = _build_file_handler(file, formatter)
            handlers.append(handler)
    except OSError as error:
        problem = describe_failure(file or "", error)
    if not content:
        # This variable makes Anthropic's SDK log whole requests.
        os.environ.pop("ANTHROPIC_LOG", None)
    logging.basicConfig(level=logging.WARNING, handlers=handlers, force=True)
    for name in ("bridge", "tray"):
        logging.getLogger(name).setLevel(level)
    if problem is not None:
        _log.warning("%s", problem)
    return close


def _do_nothing() -> None:
    """Close no file, where there is none."""


class _ForwardHandler(QueueHandler):
    """A queue handler that leaves formatting to the handler behind the queue."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        # The base class would format here already, without our rules for exceptions.
        return record


def _build_file_handler(
    file: Path, formatter: logging.Formatter
) -> tuple[logging.Handler, Callable[[], None]]:
    """Return the handler, and what writes the rest of its lines. Raises OSError."""
    writer = LogFile(file)
    writer.setFormatter(formatter)
    # Written by a thread: a slow disk must not delay the event loop.
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = QueueListener(records, writer)
    listener.start()
    atexit.register(listener.stop)

    def close() -> None:
        atexit.unregister(listener.stop)
        listener.stop()

    return _ForwardHandler(records), close

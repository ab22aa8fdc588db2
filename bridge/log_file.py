"""The rotating log file: private, opened again when it vanished, and never fatal."""

from __future__ import annotations

import io
import logging
import os
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from bridge.private_modes import create_folder, open_private

FILE_BYTES = 1_000_000
FILES = 3


class LogFile(RotatingFileHandler):
    """A handler for `path`, and for two older files beside it.

    A line that cannot be written is lost here, but also goes to stderr by another handler. That it
    is lost is said there once, until writing works again.
    """

    def __init__(self, path: Path) -> None:
        """Open the file. Raises OSError."""
        self._is_failing = self._has_failed = False
        create_folder(path.parent)
        # A text may have characters that UTF-8 lacks, such as half of a surrogate pair.
        super().__init__(
            path,
            maxBytes=FILE_BYTES,
            backupCount=FILES - 1,
            encoding="utf-8",
            errors="backslashreplace",
        )

    def emit(self, record: logging.LogRecord) -> None:
        self._has_failed = False
        try:
            self._reopen_if_gone()
            super().emit(record)
        except OSError:
            self.handleError(record)
        self._is_failing = self._has_failed

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            # A wrong call of the log, which `logging` reports with its place.
            super().handleError(record)
            return
        self._has_failed = True
        # With the stream go the lines that it could not write: on a full disk they would pile up.
        self._drop_stream()
        if not self._is_failing:
            print(describe_failure(self.baseFilename, error), file=sys.stderr)  # noqa: T201 - not by the log

    def _open(self) -> io.TextIOWrapper:
        def opener(name: str, flags: int) -> int:
            return open_private(name, flags)

        file: io.TextIOWrapper = open(  # type: ignore[assignment]  # noqa: SIM115 - text mode; the base class closes it
            self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=opener
        )
        return file

    def _reopen_if_gone(self) -> None:
        """Open the file again if it was removed, or moved by another program."""
        # An open file goes on to exist without a name, and its lines would be lost in it.
        stream = self.stream
        if stream is not None and _is_same_file(stream, self.baseFilename):
            return
        self._drop_stream()
        create_folder(Path(self.baseFilename).parent)
        self.stream = self._open()

    def _drop_stream(self) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            with suppress(OSError):
                stream.close()


def describe_failure(path: str | Path, error: OSError) -> str:
    """Say that the log file cannot be written, and where the lines go."""
    reason = error.strerror or type(error).__name__
    return f"The log file {path} cannot be written ({reason}). Log lines go to stderr only."


def _is_same_file(stream: io.TextIOWrapper, path: str) -> bool:
    if os.name != "posix":
        # Windows lets nobody remove an open file.
        return True
    try:
        return os.path.samestat(os.fstat(stream.fileno()), os.stat(path))
    except FileNotFoundError:
        return False

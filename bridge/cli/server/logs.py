"""`claude-bridge logs`: print the end of the server's log, and follow it."""

from __future__ import annotations

import argparse
import os
import time
from collections import deque
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import IO

from bridge.cli.exit_codes import CommandFailed, ExitCode
from bridge.cli.text import clean, clean_line, print_line
from bridge.paths import find_paths

_LINES = 40
_POLL_SECONDS = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `logs`."""
    parser.add_argument("-f", "--follow", action="store_true", help="go on with new lines")
    parser.add_argument(
        "-n",
        "--lines",
        type=_read_count,
        default=_LINES,
        metavar="N",
        help="lines to begin with (default: 40)",
    )
    parser.add_argument("--path", action="store_true", help="print the path of the file instead")


def run(arguments: argparse.Namespace) -> int:
    """Print the last lines, and with `--follow` each new one; return the exit code."""
    path = find_paths().log_file
    if arguments.path:
        print_line(path)
        return ExitCode.OK
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise CommandFailed(f"There is no log yet: the server writes it to {path}") from error
    with closing(_read_lines(file, path, arguments.lines, follow=arguments.follow)) as lines:
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            print(clean(text), flush=arguments.follow)
    return ExitCode.OK


def _read_lines(
    file: IO[bytes], path: Path, count: int, *, follow: bool
) -> Generator[bytes, None, None]:
    """Yield the last lines; then new ones, also of the next file when the log is rotated."""
    try:
        yield from deque(file, maxlen=count)
        begun = b""
        while follow:
            begun += file.readline()
            if begun.endswith(b"\n"):
                yield begun
                begun = b""
            elif _is_replaced(file, path):
                file.close()
                file = path.open("rb")
            else:
                time.sleep(_POLL_SECONDS)
    finally:
        file.close()


def _is_replaced(file: IO[bytes], path: Path) -> bool:
    """Return whether the path has another file than the open one, or this one was emptied."""
    try:
        now = path.stat()
    except FileNotFoundError:
        # Between the two steps of a rotation.
        return False
    return not os.path.samestat(os.fstat(file.fileno()), now) or now.st_size < file.tell()


def _read_count(text: str) -> int:
    if text.isdecimal() and text.isascii():
        return int(text[:9])
    raise argparse.ArgumentTypeError(f"{clean_line(text)} is not a number of lines")

"""The `claude-bridge` command: read the command line and run one subcommand.

argparse, and not click or typer: it is loaded in a tenth of the time of `claude-bridge status`, and
all that users see of it, which are the help, the errors and the completion, is made by `parsing`.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from bridge import __version__
from bridge.cli.commands import NAMES, START, find_command, format_help
from bridge.cli.computer.stop_words import is_stop_command
from bridge.cli.exit_codes import CommandFailed, ExitCode
from bridge.cli.parsing import (
    PROGRAM,
    build_command_parser,
    build_parser,
    reject_command,
    split_words,
)
from bridge.cli.text import print_error
from bridge.errors import SettingsError

_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
"""Errors of a file that stdout leads to."""

__all__ = ["build_parser", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code, see `exit_codes`."""
    words = sys.argv[1:] if argv is None else list(argv)
    if is_stop_command(words):
        from bridge.cli.computer.stop import run_stop

        return run_stop(words)
    try:
        return _run_words(words)
    except SettingsError as error:
        print_error(f"{PROGRAM}: {error}")
        return ExitCode.USAGE
    except CommandFailed as error:
        print_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _end_output()
    except OSError as error:
        if error.filename is None and error.errno in _FULL:
            _end_output()
            print_error(f"{PROGRAM}: cannot write the output: {error.strerror}")
            return ExitCode.ERROR
        # Any other exception is a bug, and its traceback is needed.
        if error.filename is None:
            raise
        print_error(f"{PROGRAM}: cannot use {error.filename}: {error.strerror}")
        return ExitCode.USAGE


def _run_words(words: Sequence[str]) -> int:
    name, rest = split_words(words)
    if name is None:
        if "--version" in rest:
            print(f"{PROGRAM} {__version__}")
            return ExitCode.OK
        if {"-h", "--help"} & set(rest):
            print(format_help())
            return ExitCode.OK
        command = START
    elif (found := find_command(name)) is None:
        return reject_command(name, NAMES)
    else:
        command = found
    arguments = build_command_parser(command).parse_args(rest)
    code = command.load().run(arguments)
    # Here, so that a reader that has gone is noticed here and not at the end of the process.
    sys.stdout.flush()
    return code


def _end_output() -> int:
    """End quietly when the reader of a pipe has gone, as with `claude-bridge logs | head`."""
    # Otherwise Python would try to write the rest when it exits, and print an error.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.OK

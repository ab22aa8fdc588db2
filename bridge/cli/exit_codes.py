"""The exit codes of all commands, in one table."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command returns to the shell; `docs/commands.md` has the same table."""

    OK = 0
    ERROR = 1
    USAGE = 2
    NOT_RUNNING = 3
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.OK: "success",
    ExitCode.ERROR: "error: it was tried, and failed",
    ExitCode.USAGE: "wrong usage or configuration: nothing was tried",
    ExitCode.NOT_RUNNING: "no server is running (`autostart status`: off)",
    ExitCode.INTERRUPTED: "interrupted with Ctrl+C",
}
"""For users; the same codes that `systemctl status` and shells use."""


class CommandFailed(Exception):
    """A command failed; the message names the problem and the fix."""

    exit_code: int = ExitCode.ERROR

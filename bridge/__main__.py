"""The entry point of the claude-bridge command and of `python -m bridge`."""

from __future__ import annotations

import io
import os
import sys


def main() -> int:
    """Run the command, or the tray app; return the exit code."""
    _open_missing_streams()
    if sys.argv[1:2] == ["--tray-app"]:
        # Imported first, and alone: without the command line, the tray needs less memory.
        from tray.app import run
        from tray.launch_options import LaunchOptions

        return run(LaunchOptions.from_json(sys.argv[2]))
    if sys.argv[1:2] == ["--claude-guard"]:
        # Alone, too: it runs as long as the bridge does.
        from pathlib import Path

        from bridge.backends.claude_code.guard import run_guard

        return run_guard(Path(sys.argv[2]))
    _accept_all_characters()
    # The emergency stop works even if the modules of the other commands cannot be loaded.
    from bridge.cli.computer.stop_words import is_stop_command

    if is_stop_command(sys.argv[1:]):
        from bridge.cli.computer.stop import run_stop

        return run_stop(sys.argv[1:])
    from bridge.cli.main import main as command

    return command()


def _open_missing_streams() -> None:
    """Read nothing, and write to nowhere, where the caller has closed a stream.

    Windows starts programs without a console at login, and some service managers close the streams.
    Each would be None. On POSIX, a socket could get the number of the closed stream, and what
    another program writes to that stream.
    """
    # In the order of their numbers, as a new file gets the lowest free one.
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - for the process's whole life
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _accept_all_characters() -> None:
    """Print `?` for what the terminal's encoding lacks, such as Windows' older ones."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())

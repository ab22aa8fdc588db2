"""The entry point of the claude-bridge command and of `python -m bridge`."""

from __future__ import annotations

import io
import sys


def main() -> int:
    """Run the command, or the tray app; return the exit code."""
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


def _accept_all_characters() -> None:
    """Print `?` for what the terminal's encoding lacks, such as Windows' older ones."""
    for stream in (sys.stdout, sys.stderr):
        # Without a console, as on Windows at login, there are none.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())

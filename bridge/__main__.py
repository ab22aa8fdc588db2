"""The claude-bridge command, also as `python -m bridge`."""

from __future__ import annotations

import sys


def main() -> int:
    """Returns the exit code."""
    if sys.argv[1:2] == ["--tray-app"]:
        # Before the command line's own imports: the tray's process stays small without them.
        from tray.app import run
        from tray.launch_options import LaunchOptions

        return run(LaunchOptions.from_json(sys.argv[2]))
    from bridge.cli.main import main as command

    return command()


if __name__ == "__main__":
    sys.exit(main())

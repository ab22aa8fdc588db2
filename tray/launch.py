"""Replace the command's process by the tray's, which needs less memory."""

from __future__ import annotations

import os
import sys

from bridge.launching import build_own_command
from tray.launch_options import LaunchOptions

FLAG = "--tray-app"
"""First word of the tray process's command line; the second is the options as JSON."""


def launch_tray(options: LaunchOptions) -> int:
    """Become the tray's process; returns on Windows only, with the exit code."""
    words = build_own_command(FLAG, options.to_json())
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform != "win32":
        os.execv(words[0], words)  # noqa: S606 - our own command
    # Windows would make a new process, and the terminal would not wait for it.
    # Imported here, because nothing of the app is needed where execv works.
    from tray.app import run

    return run(options)

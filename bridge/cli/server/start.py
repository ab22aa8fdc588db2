"""`claude-bridge` without a command: the tray app, or the server if there is no desktop."""

from __future__ import annotations

import argparse

from bridge.cli.flags import add_setting_flags
from bridge.cli.server.serve import run_serve
from bridge.cli.server.tray import run_tray
from bridge.cli.text import print_error
from bridge.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting."""
    add_setting_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the tray app, or the server if there is no desktop. Raises SettingsError."""
    from bridge.cli.flags import read_setting_flags
    from tray.desktop import explain_missing_desktop

    settings = load_settings(**read_setting_flags(arguments))
    reason = explain_missing_desktop()
    if reason is None:
        return run_tray(settings, arguments)
    print_error(f"{reason} Running the server without a tray.")
    return run_serve(settings)

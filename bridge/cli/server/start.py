"""`claude-bridge` without a command: the tray app, or the server if there is no desktop."""

from __future__ import annotations

import argparse

from bridge.cli.exit_codes import ExitCode
from bridge.cli.flags import add_setting_flags
from bridge.cli.server.serve import run_serve
from bridge.cli.server.tray import run_tray
from bridge.cli.text import print_error, print_line
from bridge.paths import find_paths
from bridge.running import list_servers, split_url, to_reachable
from bridge.settings import Settings, load_settings


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
    if (url := _find_running(settings)) is not None:
        print_line(f"Claude Bridge is already running at {url}/v1. See: claude-bridge status")
        return ExitCode.OK
    print_error(f"{reason} Running the server without a tray.")
    return run_serve(settings)


def _find_running(settings: Settings) -> str | None:
    """Return the address of the user's server that has this port already; None if there is none."""
    urls = (to_reachable(server.url) for server in list_servers(find_paths().data))
    return next((url for url in urls if split_url(url)[1] == settings.port), None)

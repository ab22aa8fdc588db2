"""`claude-bridge tray`: become the tray app, which starts the server."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bridge import __version__
from bridge.cli.client import format_url
from bridge.cli.flags import add_setting_flags, read_setting_flags, repeat_setting_flags
from bridge.cli.server.serve import is_quiet
from bridge.errors import SettingsError
from bridge.settings import Settings, find_paths, load_settings

if TYPE_CHECKING:
    from tray.launch_options import LaunchOptions

TRAY_DRAIN_SECONDS = 120.0
"""Seconds for running answers when the tray stops the server, unless the user sets another."""

SECONDS_AFTER_DRAIN = 2.0
"""Seconds from the end of the drain until the tray kills the server."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting."""
    add_setting_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the tray app. Raises SettingsError if there is no desktop."""
    return run_tray(load_settings(**read_setting_flags(arguments)), arguments)


def run_tray(settings: Settings, arguments: argparse.Namespace) -> int:
    """Replace this process by the tray app, which starts the server."""
    from tray.desktop import explain_missing_desktop
    from tray.launch import launch_tray

    reason = explain_missing_desktop()
    if reason is not None:
        raise SettingsError(f"{reason} Use: claude-bridge serve")
    return launch_tray(_build_launch_options(settings, repeat_setting_flags(arguments)))


def _build_launch_options(settings: Settings, user_flags: list[str]) -> LaunchOptions:
    """Build the options; `flags` of the server are the user's and the tray's own."""
    from tray.launch_options import LaunchOptions

    flags = [*user_flags]
    drain = settings.drain_seconds
    if "drain_seconds" not in settings.model_fields_set:
        # A second Quit in the menu stops the server at once, so users need not wait that long.
        drain = TRAY_DRAIN_SECONDS
        flags += ["--drain-seconds", str(drain)]
    if is_quiet(settings):
        flags.append("--quiet")
    paths = find_paths()
    return LaunchOptions(
        url=format_url(settings),
        host=settings.host,
        port=settings.port,
        grace=drain + SECONDS_AFTER_DRAIN,
        flags=tuple(flags),
        user_flags=tuple(user_flags),
        version=__version__,
        data=str(paths.data),
        log_file=str(paths.log_file),
        control_token=str(paths.control_token),
        log_level="WARNING" if is_quiet(settings) else settings.log_level,
    )

"""`claude-bridge`, `claude-bridge serve` and `claude-bridge tray`: start the bridge."""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from typing import TYPE_CHECKING

from bridge import __version__
from bridge.cli.client import format_url
from bridge.cli.flags import USAGE, repeat_setting_flags
from bridge.errors import SettingsError
from bridge.settings import Settings, find_paths

if TYPE_CHECKING:
    from tray.launch_options import LaunchOptions

TRAY_DRAIN_SECONDS = 120.0
"""Seconds for running answers when the tray stops the server, unless the user sets another."""

SECONDS_AFTER_DRAIN = 2.0
"""Seconds from the end of the drain until the tray kills the server."""

GC_THRESHOLDS = (10_000, 20, 20)
"""Objects per young collection, young per middle, middle per full: a request makes hundreds."""


def add_serve_parsers(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], flags: argparse.ArgumentParser
) -> None:
    """Add the parsers of `serve` and `tray`."""
    serve = commands.add_parser(
        "serve", parents=[flags], usage=USAGE, help="run the server without a tray"
    )
    # For the tray: the server stops when the tray is gone, even if it crashed.
    serve.add_argument("--stop-with-parent", action="store_true", help=argparse.SUPPRESS)
    commands.add_parser("tray", parents=[flags], usage=USAGE, help="run the tray app")


def run_start(settings: Settings, arguments: argparse.Namespace) -> int:
    """Run the tray app, or the server if there is no desktop."""
    from tray.desktop import explain_missing_desktop

    reason = explain_missing_desktop()
    if reason is None:
        return run_tray(settings, arguments)
    print(f"{reason} Running the server without a tray.", file=sys.stderr)
    return run_serve(settings, arguments)


def run_serve(settings: Settings, arguments: argparse.Namespace) -> int:
    """Run the server until it is stopped. Raises SettingsError if it cannot listen."""
    from bridge.server.http.listen import listen

    # First of all, so that a port in use is reported at once.
    sock = listen(settings.host, settings.port)
    with sock:
        # Imported with the socket open: these take a second, and clients can already connect.
        from bridge.compose import make_bridge
        from bridge.logs import set_up_logging
        from bridge.server.serve import serve

        set_up_logging(
            settings.log_level,
            file=find_paths().log_file,
            log_format=settings.log_format,
            content=settings.log_content,
        )
        bridge = make_bridge(settings, find_paths())
        with_parent = getattr(arguments, "stop_with_parent", False)
        asyncio.run(serve(bridge, sock, stop_with_parent=with_parent, on_loaded=_tune_gc))
    return 0


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
        log_level=settings.log_level,
    )


def _tune_gc() -> None:
    """Exclude everything that is loaded from garbage collection, which took 90 ms each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)

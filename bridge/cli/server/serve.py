"""`claude-bridge serve`: run the server in this terminal, until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bridge import __version__
from bridge.banner import describe_connection, format_banner
from bridge.cli.autostart import suggest_command
from bridge.cli.exit_codes import ExitCode
from bridge.cli.flags import add_setting_flags, read_setting_flags
from bridge.cli.text import clean_line, print_line
from bridge.keys import KeyChain
from bridge.launching import build_own_command
from bridge.settings import Settings, find_paths, load_settings
from bridge.wire.health import BackendStatus

GC_THRESHOLDS = (10_000, 20, 20)
"""Objects per young collection, young per middle, middle per full: a request makes hundreds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting, and those of the tray."""
    add_setting_flags(parser)
    # For the tray: the server stops when the tray is gone, even if it crashed.
    parser.add_argument("--stop-with-parent", action="store_true", help=argparse.SUPPRESS)
    # For the tray, whose terminal shows the server's log.
    parser.add_argument("--quiet", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Run the server until it is stopped. Raises SettingsError if it cannot listen."""
    flags = read_setting_flags(arguments)
    return run_serve(
        load_settings(**flags),
        # With the same flags, as it starts again with the same command line.
        read_settings=lambda: load_settings(**flags),
        stop_with_parent=arguments.stop_with_parent,
        quiet=arguments.quiet,
    )


def run_serve(
    settings: Settings,
    *,
    read_settings: Callable[[], Settings] = load_settings,
    stop_with_parent: bool = False,
    quiet: bool = False,
) -> int:
    """Run the server until it is stopped, or start it again if that was requested.

    `read_settings` reads those that it would start again with. `quiet` shows only warnings on
    stderr, as on a terminal. Raises SettingsError if it cannot listen.
    """
    from bridge.server.http.listen import listen

    # First of all, so that a port in use is reported at once.
    sock = listen(settings.host, settings.port)
    with sock:
        # Imported with the socket open: these take a second, and clients can already connect.
        with _without_gc():
            from bridge.compose import make_bridge
            from bridge.logs import set_up_logging
            from bridge.server.serve import serve

        close_log = set_up_logging(
            settings.log_level,
            file=find_paths().log_file,
            log_format=settings.log_format,
            content=settings.log_content,
            quiet=quiet or is_quiet(settings),
        )
        bridge = make_bridge(settings, find_paths())

        bridge.check_settings = lambda: _check_settings(read_settings())

        def show_banner(status: BackendStatus) -> None:
            print_line(_format_own_banner(bridge.url, status))

        asyncio.run(
            serve(
                bridge,
                sock,
                stop_with_parent=stop_with_parent,
                on_loaded=_tune_gc,
                on_status=show_banner if sys.stdout.isatty() else None,
            )
        )
    if bridge.restart_requested:
        close_log()
        return _start_again()
    if sys.stdout.isatty():
        print_line("Stopped.")
    return ExitCode.OK


def _check_settings(settings: Settings) -> None:
    from bridge.cli.start_check import check_start

    check_start(settings, find_paths())


def is_quiet(settings: Settings) -> bool:
    """Return whether the log on stderr begins at warnings: on a terminal, unless a level is set."""
    return sys.stderr.isatty() and "log_level" not in settings.model_fields_set


def _format_own_banner(url: str, status: BackendStatus) -> str:
    return format_banner(
        __version__,
        url,
        # It may quote what upstream has answered, which must not add a line.
        clean_line(describe_connection(status.active, status.reason, status.hint)),
        needs_key=KeyChain(find_paths().data).may_need_access_key(),
        how_to_quit="Ctrl+C",
        how_to_stay=f"{suggest_command()} (starts it at each login)",
    )


def _start_again() -> int:
    """Run the same command line again, in this process; it reads the settings again."""
    words = build_own_command(*sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform != "win32":
        # The same process: a service manager, the tray and the terminal keep what they started.
        os.execv(words[0], words)  # noqa: S606 - our own command
    # Windows would make a new process, for which the caller of this one does not wait.
    return subprocess.run(words, check=False).returncode  # noqa: S603 - our own command


@contextmanager
def _without_gc() -> Iterator[None]:
    """Search for no garbage among what is being loaded: it takes time, and there is none."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _tune_gc() -> None:
    """Exclude everything that is loaded from garbage collection, which took 90 ms each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)

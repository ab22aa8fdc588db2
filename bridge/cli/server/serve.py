"""`claude-bridge serve`: run the server in this terminal, until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from bridge import __version__
from bridge.banner import describe_connection, format_banner
from bridge.cli.autostart import suggest_command
from bridge.cli.exit_codes import ExitCode
from bridge.cli.flags import add_setting_flags, read_setting_flags
from bridge.cli.text import clean_line, print_line
from bridge.keys import KeyChain
from bridge.launching import build_own_command
from bridge.settings import Paths, Settings, find_paths, load_settings
from bridge.wire.health import BackendStatus

if TYPE_CHECKING:
    from bridge.backends.claude_code.sign_in.status import SignInStatusReader
    from bridge.server.state import Bridge

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
    from bridge.resilience.free_memory import share_memory
    from bridge.server.http.listen import listen

    share_memory()
    # First of all, so that a port in use is reported at once.
    with listen(settings.host, settings.port) as sock:
        serving = _serve(
            settings, sock, read_settings, stop_with_parent=stop_with_parent, quiet=quiet
        )
        try:
            bridge, close_log = asyncio.run(serving)
        except asyncio.CancelledError:
            # Stopped before it had begun.
            return ExitCode.OK
    if bridge.restart_requested:
        close_log()
        return _start_again()
    if sys.stdout.isatty():
        print_line("Stopped.")
    return ExitCode.OK


async def _serve(
    settings: Settings,
    sock: socket.socket,
    read_settings: Callable[[], Settings],
    *,
    stop_with_parent: bool,
    quiet: bool,
) -> tuple[Bridge, Callable[[], None]]:
    """Run the server; return it, and the function that closes its log."""
    paths = find_paths()
    _cancel_at_sigterm()
    async with _read_sign_in(settings, paths) as readers:
        # With the socket open: this takes half a second, and clients can already connect.
        with _without_gc():
            await asyncio.to_thread(_load_modules)
        from bridge.compose import make_bridge
        from bridge.logs import set_up_logging
        from bridge.server.serve import serve

        close_log = set_up_logging(
            settings.log_level,
            file=paths.log_file,
            log_format=settings.log_format,
            content=settings.log_content,
            quiet=quiet or is_quiet(settings),
        )
        bridge = make_bridge(settings, paths, readers)
    bridge.check_settings = lambda: _check_settings(read_settings())

    def show_banner(status: BackendStatus) -> None:
        print_line(_format_own_banner(bridge.url, status))

    await serve(
        bridge,
        sock,
        stop_with_parent=stop_with_parent,
        on_loaded=_tune_gc,
        on_status=show_banner if sys.stdout.isatty() else None,
    )
    return bridge, close_log


def _cancel_at_sigterm() -> None:
    """Cancel this task at SIGTERM, as asyncio does at SIGINT, until the server handles both.

    Else the program that reads the sign-in would be left behind.
    """
    task = asyncio.current_task()

    def cancel() -> None:
        # Only once: while it ends that program, another signal would end this.
        if task is not None and not task.cancelling():
            task.cancel()

    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, cancel)


@asynccontextmanager
async def _read_sign_in(
    settings: Settings, paths: Paths
) -> AsyncIterator[dict[str, SignInStatusReader]]:
    """Begin to read the sign-in, for which the first client would wait; end it after a failure."""
    from bridge.backends.claude_code.sign_in.start import is_needed_first, make_reader

    name = settings.sign_in
    reader = make_reader(settings, paths, name) if is_needed_first(settings) else None
    if reader is None:
        yield {}
        return
    reading = asyncio.create_task(reader.get_status())
    try:
        yield {name: reader}
    except BaseException:
        await reader.close()
        raise
    finally:
        # Others wait for what it reads, not for this task.
        reading.cancel()


def _load_modules() -> None:
    """Load what the server needs."""
    import_module("bridge.compose")
    import_module("bridge.server.serve")


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

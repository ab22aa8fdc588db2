"""Run the server until a stop is requested, then drain its answers.

States, each ended by the event in brackets:

    serving    accepts requests [`stop_requested`: a signal, `/control/stop`, `/control/restart`
               or the parent's exit]
    draining   accepts no connections; running answers go on [idle, `drain_seconds` or `stop_now`]
    closing    the remaining answers are cancelled and end with an error; then the stores close

Outputs for the tray, one line each on stdout: `Listening on URL` once, and `Finishing N` while
draining.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from bridge import __version__
from bridge.connect.proofs import ProofStore
from bridge.proof import format_netloc
from bridge.running import NAME, RunningServer, describe_own_process, remove_record, write_record
from bridge.server.app import make_app
from bridge.server.http.accept_errors import AcceptErrors, report_accept_errors_once
from bridge.server.http.header_timeout import add_header_timeout
from bridge.server.http.paths import read_paths
from bridge.server.http.protocol import QuietHandler
from bridge.server.keep_connected import keep_connected
from bridge.server.state import Bridge
from bridge.settings import Settings
from bridge.wire.health import BackendStatus

_log = logging.getLogger(__name__)

_BACKLOG = 128


async def serve(
    bridge: Bridge,
    sock: socket.socket,
    *,
    stop_with_parent: bool = False,
    on_loaded: Callable[[], object] = lambda: None,
    on_status: Callable[[BackendStatus], object] | None = None,
) -> None:
    """Serve on `sock` until SIGINT, SIGTERM, `/control/stop` or, if requested, the parent's exit.

    Running answers get `drain_seconds` to finish; after that, or at a second signal, they end with
    an error event. `on_loaded` is called some time after listening began, when everything that
    loads slowly is loaded. `on_status` gets the state of the connection to Claude as soon as it is
    known, instead of the log.
    """
    bridge.url = _format_url(sock)
    runner = web.AppRunner(
        make_app(bridge),
        access_log=None,
        handler_cancellation=True,
        # By then the answers are drained; this is for a client that does not read its last bytes.
        shutdown_timeout=1.0,
    )
    await runner.setup()
    announcement = Announcement(bridge.paths.data, bridge.url)
    try:
        with _handle_signals(bridge), report_accept_errors_once() as accept_errors:
            # Before the first request: it may be the one that would cost money.
            await bridge.plan.load()
            await bridge.budgets.load()
            proofs = ProofStore(bridge.paths.proofs)
            await bridge.sightings.load(proofs)
            server = await _start_listening(runner, sock, bridge.settings, accept_errors)
            await announcement.write()
            print(f"Listening on {bridge.url}", flush=True)  # noqa: T201 - the tray waits for it
            bridge.listening.set()
            warm_up = asyncio.create_task(_warm_up(bridge, on_loaded, on_status))
            maintenance = asyncio.create_task(bridge.maintain_stores())
            saving = asyncio.create_task(bridge.sightings.keep_saving(proofs))
            connecting = asyncio.create_task(keep_connected(bridge))
            if stop_with_parent:
                _watch_parent(bridge)
            await bridge.stop_requested.wait()
            # Open connections stay: the running answers are still written to them.
            server.close()
            reporting = asyncio.create_task(_report_open_answers(bridge))
            await bridge.drain(bridge.settings.drain_seconds)
            await _cancel_task(reporting)
        await _cancel_task(warm_up)
        await _cancel_task(maintenance)
        await _cancel_task(connecting)
        await _cancel_task(saving)
    finally:
        # Connections first: their handlers may still write to the stores that `close` closes.
        await runner.cleanup()
        await bridge.sightings.save(ProofStore(bridge.paths.proofs))
        await bridge.close()
        # Last, because until then the process still ends answers and computer use.
        await announcement.remove()
    _log.info("Stopped.")


async def _start_listening(
    runner: web.AppRunner,
    sock: socket.socket,
    settings: Settings,
    accept_errors: AcceptErrors,
) -> asyncio.Server:
    server = runner.server
    if server is None:
        raise RuntimeError("the runner is set up before it listens")
    server.request_factory = read_paths(server.request_factory)
    loop = asyncio.get_running_loop()

    # The bridge writes its own access line; aiohttp's type does not allow None here.
    no_access_log: Any = None

    def make_handler() -> asyncio.Protocol:
        accept_errors.note_accepted()
        return QuietHandler(
            server, settings.idle_write_seconds, loop=loop, access_log=no_access_log
        )

    factory = add_header_timeout(make_handler, settings.header_seconds)
    return await loop.create_server(factory, sock=sock, backlog=_BACKLOG)


def _format_url(sock: socket.socket) -> str:
    host, port, *more = sock.getsockname()
    # Without its scope a link-local address cannot be reached.
    scope = f"%{socket.if_indextoname(more[1])}" if more and more[1] else ""
    return f"http://{format_netloc(host.partition('%')[0] + scope, port)}"


class Announcement:
    """The file `running.json` of this server, in the data folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url
        self._written: tuple[Path, RunningServer] | None = None

    async def write(self) -> None:
        """Write the file; without it, commands look for the server at the address in the settings.

        A data folder that cannot be written to is logged, and the server runs all the same.
        """
        try:
            self._written = await asyncio.to_thread(self._write_record)
        except OSError as error:
            _log.warning(
                "Cannot write %s: %s. Commands and the tray will look for the server at the "
                "address in the settings.",
                self._folder / NAME,
                error.strerror,
            )

    def _write_record(self) -> tuple[Path, RunningServer]:
        server = describe_own_process(self._url, __version__)
        return write_record(self._folder, server), server

    async def remove(self) -> None:
        """Remove the file."""
        if self._written is None:
            return
        try:
            await asyncio.to_thread(remove_record, *self._written)
        except OSError as error:
            # Harmless: the process id in it will be recognized as one that has ended.
            _log.info("Cannot remove %s: %s", self._written[0], error.strerror)


async def _warm_up(
    bridge: Bridge,
    on_loaded: Callable[[], object],
    on_status: Callable[[BackendStatus], object] | None,
) -> None:
    """Load heavy modules, credentials and the list of models, while the server listens."""
    status = await bridge.selection.get_status()
    _log.info("Backend: %s (%s)", status.active or "none", status.reason)
    if on_status is not None:
        on_status(status)
    elif status.hint:
        _log.warning("%s", status.hint)
    await bridge.selection.warm_active()
    await bridge.catalogue.list_models(await bridge.selection.select_for_listing())
    on_loaded()


async def _report_open_answers(bridge: Bridge) -> None:
    """Print the number of running answers for the tray, whenever it changes."""
    # On stdout, as the server no longer accepts the connections that /health would need.
    reported = 0
    while True:
        if bridge.open_streams != reported:
            reported = bridge.open_streams
            print(f"Finishing {reported}", flush=True)  # noqa: T201 - for the tray
        await asyncio.sleep(0.1)


async def _cancel_task(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@contextmanager
def _handle_signals(bridge: Bridge) -> Iterator[None]:
    """Stop the bridge at SIGINT and SIGTERM; restore the former handlers at the end."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def stop() -> None:
        if bridge.stopping:
            bridge.stop_now.set()
        bridge.request_stop()

    for number in numbers:
        try:
            # A handler set with `signal.signal` alone does not wake the loop up.
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            # Windows has no such method; there the loop wakes up for every signal.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    try:
        yield
    finally:
        for number, handler in before.items():
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, handler)


def _watch_parent(bridge: Bridge) -> None:
    """Stop the bridge when its parent process, the tray, exits."""
    loop = asyncio.get_running_loop()

    def wait_for_end() -> None:
        # stdin is a pipe from the tray. On every system it closes when the tray exits, even if
        # the tray was killed.
        with suppress(OSError):
            while os.read(0, 1024):
                pass
        with suppress(RuntimeError):  # the loop may be closed by then
            loop.call_soon_threadsafe(bridge.request_stop)

    threading.Thread(target=wait_for_end, name="parent-watch", daemon=True).start()

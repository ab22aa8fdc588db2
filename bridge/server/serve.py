"""Runs the server until it is asked to stop, then lets it finish what it is saying."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from aiohttp import web

from bridge.server.app import make_app
from bridge.server.http.header_timeout import add_header_timeout
from bridge.server.http.protocol import QuietHandler
from bridge.server.state import Bridge

_log = logging.getLogger(__name__)

_BACKLOG = 128


async def serve(
    bridge: Bridge,
    sock: socket.socket,
    *,
    stop_with_parent: bool = False,
    loaded: Callable[[], object] = lambda: None,
) -> None:
    """Serves on `sock` until SIGINT, SIGTERM, `/control/stop` or, if asked, the parent's end.

    `loaded` is called when all is there that takes long to load, behind the listening socket.
    Running answers get `drain_seconds`; what runs then, or at a second signal, is cut with an error
    in its stream.
    """
    bridge.url = _url(sock)
    runner = web.AppRunner(
        make_app(bridge),
        access_log=None,
        handler_cancellation=True,
        # By then the answers are drained; this is for a client that does not take its last bytes.
        shutdown_timeout=1.0,
    )
    await runner.setup()
    try:
        with _stopped_by_signals(bridge):
            server = await _listening(runner, sock, bridge.settings.header_seconds)
            print(f"Listening on {bridge.url}", flush=True)  # noqa: T201 - the tray waits for it
            warming = asyncio.create_task(_warm(bridge, loaded))
            if stop_with_parent:
                _watch_parent(bridge)
            await bridge.stop_asked.wait()
            server.close()
            telling = asyncio.create_task(_tell_what_is_finished(bridge))
            await bridge.drain(bridge.settings.drain_seconds)
            await _ended(telling)
        await _ended(warming)
    finally:
        await runner.cleanup()
        await bridge.close()
    _log.info("Stopped.")


async def _listening(
    runner: web.AppRunner, sock: socket.socket, header_seconds: float
) -> asyncio.Server:
    server = runner.server
    assert server is not None  # noqa: S101 - it is set up
    loop = asyncio.get_running_loop()

    # The bridge writes its own access line; aiohttp's type has no word for none.
    none: Any = None

    def make() -> asyncio.Protocol:
        return QuietHandler(server, loop=loop, access_log=none)

    return await loop.create_server(
        add_header_timeout(make, header_seconds), sock=sock, backlog=_BACKLOG
    )


def _url(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _warm(bridge: Bridge, loaded: Callable[[], object]) -> None:
    """Heavy imports, credentials and the list of models, behind the listening socket."""
    status = await bridge.choice.status()
    _log.info("Backend: %s (%s)", status.active or "none", status.reason)
    if status.cure:
        _log.warning("%s", status.cure)
    await bridge.choice.settle()
    await bridge.catalogue.list_models(await bridge.choice.listing())
    loaded()


async def _tell_what_is_finished(bridge: Bridge) -> None:
    """The tray shows it while it waits; nobody can ask a server that no longer listens."""
    told = 0
    while True:
        if bridge.open_streams != told:
            told = bridge.open_streams
            print(f"Finishing {told}", flush=True)  # noqa: T201 - for the tray
        await asyncio.sleep(0.1)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@contextmanager
def _stopped_by_signals(bridge: Bridge) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def stop() -> None:
        if bridge.stopping:
            bridge.hurry.set()
        bridge.stop_asked.set()

    for number in numbers:
        try:
            # A handler of `signal.signal` alone would wait until the loop wakes up by itself.
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            # On Windows, whose loop wakes up for every signal.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    try:
        yield
    finally:
        for number, handler in before.items():
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, handler)


def _watch_parent(bridge: Bridge) -> None:
    """Our stdin is a pipe from the tray: its end is the tray's end, on every system."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        with suppress(OSError):
            while os.read(0, 1024):
                pass
        with suppress(RuntimeError):  # the loop may be closed by then
            loop.call_soon_threadsafe(bridge.stop_asked.set)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()

"""Without free file descriptors, the server reports it once, and goes on when there are some."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from typing import Any

import aiohttp
import pytest

from bridge.compose import make_bridge
from bridge.server.http.accept_errors import AcceptErrors
from bridge.server.http.listen import listen
from bridge.server.serve import serve
from bridge.settings import find_paths, load_settings


class ExhaustedSocket(socket.socket):
    """A listening socket whose process has no free file descriptors for a while."""

    failures = 0

    def accept(self) -> Any:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return super().accept()


async def test_it_is_reported_once_and_the_server_goes_on(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asyncio.constants.ACCEPT_RETRY_DELAY", 0.05)
    bridge = await asyncio.to_thread(
        make_bridge, load_settings(port=0, backend="offline"), find_paths()
    )
    plain = listen("127.0.0.1", 0)
    sock = ExhaustedSocket(plain.family, plain.type, fileno=plain.detach())
    task = asyncio.create_task(serve(bridge, sock))
    while not bridge.url:
        await asyncio.sleep(0.001)
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            caplog.clear()
            # asyncio tries 128 times in a row, then once more after a pause.
            sock.failures = 300
            async with session.get(
                f"{bridge.url}/health", headers={"Connection": "close"}
            ) as answer:
                assert answer.status == 200
            records = [line for line in caplog.records if line.levelno >= logging.WARNING]
            assert [line.message for line in records] == [
                "Cannot accept more connections: Too many open files. New connections wait until "
                "others are closed.",
                "Connections are accepted again.",
            ]
    bridge.stop_requested.set()
    await asyncio.wait_for(task, 10)


async def test_other_errors_are_logged_as_usual(caplog: pytest.LogCaptureFixture) -> None:
    errors = AcceptErrors()
    for error in (ValueError("a"), OSError(errno.EMFILE, "b"), OSError(errno.EPIPE, "c")):
        errors.handle(asyncio.get_running_loop(), {"message": "A task failed", "exception": error})
    assert caplog.text.count("A task failed") == 3

"""Flags calls that would block the script thread: sleep, name look-ups, sockets."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from tests.talon_world.script_thread import ScriptThread

BLOCKING = ("connect", "connect_ex", "recv", "recv_into", "send", "sendall")


@contextlib.contextmanager
def guard_script(script: ScriptThread) -> Iterator[None]:
    """Patch the standard library for scripts: flag blocking calls, use the virtual clock."""
    with contextlib.ExitStack() as stack:
        for name in BLOCKING:
            real = getattr(socket.socket, name)
            stack.enter_context(
                mock.patch.object(socket.socket, name, _flag_when_blocking(script, name, real))
            )
        for owner, name in (
            (time, "sleep"),
            (socket, "getaddrinfo"),
            (socket, "gethostbyname"),
            (socket, "create_connection"),
        ):
            real = getattr(owner, name)
            stack.enter_context(mock.patch.object(owner, name, _flag_when_busy(script, name, real)))
        stack.enter_context(mock.patch.object(time, "monotonic", _clock(script, time.monotonic)))
        yield


def _flag_when_busy(
    script: ScriptThread, name: str, real: Callable[..., Any]
) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        if script.busy:
            script.flag(f"{name} on the script thread")
        return real(*args, **kwargs)

    return call


def _flag_when_blocking(
    script: ScriptThread, name: str, real: Callable[..., Any]
) -> Callable[..., Any]:
    def call(sock: socket.socket, *args: Any) -> Any:
        if script.busy and sock.gettimeout() != 0:
            script.flag(f"a blocking socket's {name} on the script thread")
        return real(sock, *args)

    return call


def _clock(script: ScriptThread, real: Callable[[], float]) -> Callable[[], float]:
    return lambda: script.now if script.busy else real()

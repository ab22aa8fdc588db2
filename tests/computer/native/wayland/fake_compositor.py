"""A compositor of a test's own: it offers what it is told to, and captures one output."""

from __future__ import annotations

import array
import mmap
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bridge.computer.native.wayland import capture, keyboard, pointer, toplevels
from bridge.computer.native.wayland.wire import (
    Argument,
    Request,
    Stream,
    read_arguments,
    write_request,
)

OUTPUT = ("wl_output", 2)
WHOLE = (
    ("wl_compositor", 4),
    ("wl_shm", 1),
    ("wl_seat", 7),
    OUTPUT,
    (capture.EXT, 1),
    (capture.SOURCES, 1),
    (pointer.MANAGER, 2),
    (keyboard.MANAGER, 1),
    (toplevels.MANAGER, 3),
)
_SIGNATURES: Mapping[tuple[str, int], str] = {
    ("wl_display", 0): "n",
    ("wl_display", 1): "n",
    ("wl_registry", 0): "usun",
    ("wl_shm", 0): "ni",
    ("wl_shm_pool", 0): "niiiiu",
    (capture.SOURCES, 0): "no",
    (capture.EXT, 0): "nou",
    ("session", 0): "n",
    ("frame", 3): "",
}


class FakeCompositor:
    """Serves one connection after the other in a thread; draws a picture of one colour."""

    def __init__(self, path: Path, offered: Sequence[tuple[str, int]] = WHOLE) -> None:
        self.offered = offered
        self.size = (4, 2)
        """Pixels that it says it wants to write."""
        self.mode = (4, 2)
        self.transform = 0
        self.fails = False
        self.color = 0x112233
        self.hangs_up_at: tuple[str, int] | None = None
        """The request after which it ends the connection."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        # Closing alone would not wake the thread.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, suppress(OSError):
                    _Client(self, client).serve()


class _Client:
    def __init__(self, compositor: FakeCompositor, client: socket.socket) -> None:
        self._compositor = compositor
        self._client = client
        self._objects = {1: "wl_display"}
        self._descriptors: list[int] = []
        self._memory: mmap.mmap | None = None

    def serve(self) -> None:
        stream = Stream()
        while True:
            data, rights, _, _ = self._client.recvmsg(65536, socket.CMSG_SPACE(16))
            for _, _, content in rights:
                self._descriptors.extend(array.array("i", content))
            if not data:
                return
            for message in stream.feed(data):
                request = (self._objects.get(message.object, ""), message.opcode)
                if request == self._compositor.hangs_up_at:
                    return
                if request in _SIGNATURES:
                    arguments = read_arguments(message.body, _SIGNATURES[request])
                    self._handle(request, message.object, arguments)

    def _send(self, object: int, opcode: int, signature: str = "", *arguments: Argument) -> None:
        self._client.sendall(write_request(object, Request(opcode, signature), *arguments))

    def _handle(self, request: tuple[str, int], object: int, arguments: Sequence[Argument]) -> None:
        new = arguments[0] if arguments else 0
        assert isinstance(new, int)
        made = {
            ("wl_display", 1): "wl_registry",
            ("wl_shm", 0): "wl_shm_pool",
            ("wl_shm_pool", 0): "wl_buffer",
            (capture.SOURCES, 0): "source",
            (capture.EXT, 0): "session",
            ("session", 0): "frame",
        }
        if request in made:
            self._objects[new] = made[request]
        answers: dict[tuple[str, int], Callable[[], None]] = {
            ("wl_display", 0): lambda: self._finish_sync(new),
            ("wl_display", 1): lambda: self._announce(new),
            ("wl_registry", 0): lambda: self._bind(arguments),
            ("wl_shm", 0): lambda: self._map(arguments),
            (capture.EXT, 0): lambda: self._describe_session(new),
            ("frame", 3): lambda: self._capture(object),
        }
        if request in answers:
            answers[request]()

    def _finish_sync(self, callback: int) -> None:
        self._send(callback, 0, "u", 0)
        self._send(1, 1, "u", callback)

    def _announce(self, registry: int) -> None:
        for name, (interface, version) in enumerate(self._compositor.offered):
            self._send(registry, 0, "usu", name, interface, version)

    def _bind(self, arguments: Sequence[Argument]) -> None:
        _, interface, _, object = arguments
        assert isinstance(interface, str)
        assert isinstance(object, int)
        self._objects[object] = interface
        if interface == "wl_output":
            place = (0, 0, 300, 200, 0, "make", "model", self._compositor.transform)
            self._send(object, 0, "iiiiissi", *place)
            self._send(object, 1, "uiii", 1, *self._compositor.mode, 60_000)
            self._send(object, 2)

    def _map(self, arguments: Sequence[Argument]) -> None:
        descriptor = self._descriptors.pop(0)
        self._memory = mmap.mmap(descriptor, int(arguments[1]))
        os.close(descriptor)

    def _describe_session(self, session: int) -> None:
        self._send(session, 0, "uu", *self._compositor.size)
        self._send(session, 1, "u", 0x30335258)
        self._send(session, 1, "u", 1)
        self._send(session, 4)

    def _capture(self, frame: int) -> None:
        if self._compositor.fails:
            self._send(frame, 4, "u", 0)
            return
        assert self._memory is not None
        pixels = len(self._memory) // 4
        self._memory[:] = struct.pack("<I", self._compositor.color) * pixels
        self._send(frame, 0, "u", self._compositor.transform)
        self._send(frame, 3)


@contextmanager
def fake_compositor(folder: Path) -> Iterator[tuple[FakeCompositor, Mapping[str, str]]]:
    """Yield a compositor, and the variables of its session."""
    made = FakeCompositor(folder / "wayland-0")
    try:
        yield made, {"XDG_RUNTIME_DIR": str(folder), "WAYLAND_DISPLAY": "wayland-0"}
    finally:
        made.close()

"""A bridge that plays a script: it reads one request per connection and sends what it was told."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

Step = bytes | Callable[["LoopbackBridge"], Any]
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"  # no length
)
DONE = b"data: [DONE]\n\n"


def chunk(text: str, finish_reason: str | None = None) -> bytes:
    """Return one chat completion chunk as an event."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}
    return f"data: {json.dumps({'choices': [choice]}, ensure_ascii=False)}\n\n".encode()


def chunked(data: bytes) -> bytes:
    """Return `data` as one chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def error_response(status: str, message: str) -> bytes:
    """Return an HTTP error with OpenAI's error object."""
    body = json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class LoopbackBridge:
    """Steps are bytes to send, or functions: `until_released`, `until_hang_up`."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.requests: list[bytes] = []
        self.hung_up = threading.Event()
        self.release = threading.Event()
        self.connection: socket.socket | None = None
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        """The setting that leads here."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.release.set()
        self._closing.set()
        if self.connection is not None:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()

    def body(self, index: int = 0) -> Any:
        """Return the JSON of one request."""
        return json.loads(self.requests[index].partition(b"\r\n\r\n")[2])

    def until_released(self) -> None:
        """Wait for the test."""
        self.release.wait(5)

    def until_hang_up(self) -> None:
        """Wait for the other side to close the connection."""
        assert self.connection is not None
        with contextlib.suppress(OSError):
            while self.connection.recv(4096):
                pass
        self.hung_up.set()

    def _serve(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                self.connection, _ = self._listener.accept()
                with self.connection:
                    self._answer(self.connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests.append(_read_request(connection))
        with contextlib.suppress(OSError):
            for step in self.steps:
                if isinstance(step, bytes):
                    connection.sendall(step)
                    time.sleep(0.004)  # so that the other side reads each step by itself
                else:
                    step(self)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


until_released = LoopbackBridge.until_released
until_hang_up = LoopbackBridge.until_hang_up

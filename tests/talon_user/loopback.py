"""A scripted bridge: it reads one request per connection and sends the given steps."""

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
DONE = b'data: {"type": "response.completed", "response": {"id": "resp_1"}}\n\n'


def build_event(kind: str, **fields: Any) -> bytes:
    """Return one event of a stream."""
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def build_delta(text: str) -> bytes:
    """Return the event that adds `text` to the answer."""
    return build_event("response.output_text.delta", delta=text)


def build_incomplete(reason: str) -> bytes:
    """Return the last event of an incomplete answer."""
    response = {"id": "resp_1", "incomplete_details": {"reason": reason}}
    return build_event("response.incomplete", response=response)


def build_failed(message: str) -> bytes:
    """Return the last event of an answer that failed."""
    return build_event("response.failed", response={"id": "resp_1", "error": {"message": message}})


def build_chunk(data: bytes) -> bytes:
    """Return `data` as one chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def build_error(status: str, message: str, *headers: str) -> bytes:
    """Return an HTTP error with OpenAI's error object."""
    body = json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode()
    more = "".join(f"{header}\r\n" for header in headers)
    head = f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def build_json(body: Any) -> bytes:
    """Return a 200 with JSON."""
    data = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data) + data


class LoopbackBridge:
    """Steps are bytes to send, or functions: `wait_for_release`, `wait_for_hang_up`."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.requests: list[bytes] = []
        self.models = [{"id": "claude-opus-5-5"}, {"id": "claude-sonnet-5-5"}]
        self.client_closed = threading.Event()
        self.release = threading.Event()
        self.connection: socket.socket | None = None
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        """The value of the setting `user.claude_bridge_url`."""
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

    def wait_for_release(self) -> None:
        """Wait until the test sets `release`."""
        self.release.wait(30)

    def wait_for_hang_up(self) -> None:
        """Wait for the other side to close the connection."""
        assert self.connection is not None
        with contextlib.suppress(OSError):
            while self.connection.recv(4096):
                pass
        self.client_closed.set()

    def _serve(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                self.connection, _ = self._listener.accept()
                with self.connection:
                    self._answer(self.connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = _read_request(connection)
        if request.startswith(b"GET /v1/models "):
            connection.sendall(build_json({"data": self.models}))
            return
        self.requests.append(request)
        with contextlib.suppress(OSError):
            for step in self.steps:
                if isinstance(step, bytes):
                    connection.sendall(step)
                    time.sleep(0.004)  # so that the client reads each step separately
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


wait_for_release = LoopbackBridge.wait_for_release
wait_for_hang_up = LoopbackBridge.wait_for_hang_up

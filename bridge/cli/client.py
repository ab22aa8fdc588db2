"""The HTTP client of all commands, for the bridge that runs on this computer.

It uses `http.client`, not httpx2, which would make every command about a tenth slower to start
(`status` needs 0.25 s of CPU time) for features that loopback does not need. `http.client` never
reads a proxy from the environment and never follows a redirect, and its socket can be shut down
from another thread, which cancels a request.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bridge.opening import read_token
from bridge.settings import Settings, find_paths
from bridge.wire.sse import SseDecoder

NOT_RUNNING = 3
"""Exit code of a command that needs a running bridge, the same as that of `systemctl status`."""

_PIECE_BYTES = 65_536
_REFUSED_FROM = 400


class NotRunning(Exception):
    """No bridge answers at the address; the message says how to start it."""


class RequestRefused(Exception):
    """The bridge answered with an error; its message is this exception's."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response."""

    content_type: str
    data: bytes

    def json(self) -> Any:
        """Return the decoded body, as httpx does."""
        return json.loads(self.data)


class BridgeClient:
    """One connection, one request at a time.

    `close` may be called from another thread. It ends the running request and everything that the
    bridge does for it, and no request can be sent afterwards.
    """

    def __init__(self, url: str, token: str = "", *, timeout: float | None = None) -> None:
        """`timeout` in seconds; None waits however long an approval takes."""
        self.url = url
        self._token = token
        address = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            address.hostname or "127.0.0.1", address.port, timeout=timeout
        )
        # Otherwise http.client reconnects after `close`, and sends a request that was cancelled.
        self._connection.auto_open = 0
        self._is_closed = False

    def send(self, method: str, path: str, body: Any = None) -> Response:
        """Send a request and read the whole response. Raises NotRunning and RequestRefused."""
        with self._start(method, path, body) as response:
            try:
                data = response.read()
            except (OSError, http.client.HTTPException) as error:
                raise self._not_running() from error
            return Response(response.headers.get_content_type(), data)

    def stream_events(self, path: str, body: Any) -> Iterator[dict[str, Any]]:
        """POST `body`, yield the server-sent events. Raises NotRunning and RequestRefused."""
        decoder = SseDecoder()
        with self._start("POST", path, body) as response:
            try:
                # `read` would wait for 64 KB; `read1` returns what has arrived.
                while piece := response.read1(_PIECE_BYTES):
                    for data in decoder.feed(piece):
                        yield json.loads(data)
            except (OSError, http.client.HTTPException) as error:
                raise self._not_running() from error

    def close(self) -> None:
        """Disconnect, which cancels the running request."""
        self._is_closed = True
        sock = self._connection.sock
        if sock is not None:
            # A plain close would not wake a thread that reads from the socket.
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _start(self, method: str, path: str, body: Any) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        try:
            self._connect()
            self._connection.request(method, path, content, headers)
            response = self._connection.getresponse()
            if response.status >= _REFUSED_FROM:
                raise _read_refusal(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise self._not_running() from error
        return response

    def _connect(self) -> None:
        if self._connection.sock is None and not self._is_closed:
            self._connection.connect()
        # `close` may have run during `connect`, when there was no socket to shut down yet.
        if self._is_closed:
            raise ConnectionAbortedError("this client was closed")

    def _not_running(self) -> NotRunning:
        return NotRunning(f"No bridge is running at {self.url}. Start it with: claude-bridge")


def format_url(settings: Settings) -> str:
    """Return the address of the bridge that runs with these settings, without a path."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def open_client(settings: Settings, *, timeout: float | None = None) -> BridgeClient:
    """Return a client with the user's control token, for the bridge with these settings."""
    # Empty before the first start of a server; then no bridge is running either.
    token = read_token(find_paths().control_token)
    return BridgeClient(format_url(settings), token, timeout=timeout)


def _read_refusal(status: int, data: bytes) -> RequestRefused:
    try:
        error = json.loads(data)["error"]
        return RequestRefused(str(error["message"]), str(error["code"]))
    # Another program on this port does not answer with an error of ours.
    except (ValueError, KeyError, TypeError):
        return RequestRefused(f"The bridge answered with status {status}.", str(status))

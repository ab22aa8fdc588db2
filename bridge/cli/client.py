"""The HTTP client of all commands, for the bridge that runs on this computer.

It uses `http.client`, not httpx2, which would make every command slower to start, for
features that loopback does not need. `http.client` never
reads a proxy from the environment and never follows a redirect, and its socket can be shut down
from another thread, which cancels a request.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bridge.cli.exit_codes import CommandFailed, ExitCode
from bridge.cli.locate import Target, choose_target
from bridge.errors import SettingsError
from bridge.paths import find_paths
from bridge.private_files import read_file
from bridge.proof import PATH as PROOF_PATH
from bridge.proof import (
    format_address,
    format_netloc,
    is_proof,
    limit_exchange,
    make_nonce,
    remove_scope,
)
from bridge.running import RunningServer, is_alive, to_reachable

if TYPE_CHECKING:
    from bridge.settings import Settings

NOT_RUNNING = ExitCode.NOT_RUNNING
"""Exit code of a command that needs a running bridge, the same as that of `systemctl status`."""

CONNECT_SECONDS = 5.0
"""Seconds to connect and to get the proof, which a server that responds sends at once."""

_NOTICE = "x-bridge-notice"
_MAX_PROOF_BYTES = 1_000
_PIECE_BYTES = 65_536
_REFUSED_FROM = 400


class ClientError(CommandFailed):
    """A request failed; the message names the problem and the fix."""


class NotRunning(ClientError):
    """No bridge answers at the address; the message says how to start it."""

    exit_code = NOT_RUNNING


class NotResponding(ClientError):
    """A server accepts the connection, or runs, but does not answer in time."""


class NotProven(ClientError):
    """A program answers that cannot prove to be the user's bridge; it got nothing secret."""


class RequestRefused(ClientError):
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


class _Connection(http.client.HTTPConnection):
    """A connection to an address that is mostly a number, which needs no lookup."""

    def connect(self) -> None:
        """Connect. Raises OSError."""
        # A name, or an address with a scope such as `%eth0`.
        if self.host == "localhost" or "%" in self.host:
            super().connect()
            return
        # A lookup would load the tables for international names, which takes as long as all the
        # rest of a request.
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect((self.host, self.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class BridgeClient:
    """One connection, one request at a time.

    With a token, the server must prove on the same connection that it has that token, too, before
    anything else is sent to it.

    `close` may be called from another thread. It ends the running request and everything that the
    bridge does for it, and no request can be sent afterwards.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        timeout: float | None = None,
        record: RunningServer | None = None,
    ) -> None:
        """`timeout` in seconds; None waits however long an approval takes."""
        self.url = url
        self._token = token
        self._timeout = timeout
        self._record = record
        address = urlsplit(url)
        host, port = address.hostname or "127.0.0.1", address.port
        self._host_header = format_netloc(remove_scope(host), port or 80)
        self._connection = _Connection(
            host, port, timeout=min(CONNECT_SECONDS, timeout or CONNECT_SECONDS)
        )
        # Otherwise http.client reconnects after `close`, and sends a request that was cancelled.
        self._connection.auto_open = 0
        self._is_closed = False

    def send(self, method: str, path: str, body: Any = None) -> Response:
        """Send a request and read the whole response. Raises ClientError."""
        with self._start(method, path, body) as response:
            try:
                data = response.read()
            except (OSError, http.client.HTTPException) as error:
                raise self._explain(error) from error
            return Response(response.headers.get_content_type(), data)

    def create_redirect_file(self, page: str, snap: str | None) -> str:
        """Have the server write a file that signs a browser in; return its path."""
        body = {"page": page, "snap": snap}
        file: str = self.send("POST", "/control/pages", body).json()["file"]
        return file

    def stream_events(
        self, path: str, body: Any, *, on_notice: Callable[[str], None] | None = None
    ) -> Iterator[dict[str, Any]]:
        """POST `body`, or GET if it is None; yield the server-sent events. Raises ClientError.

        `on_notice` gets what the bridge changed in the request, before the first event.
        """
        # Imported here: its JSON encoder takes longer to load than `status` takes to run.
        from bridge.wire.sse import SseDecoder

        decoder = SseDecoder()
        with self._start("GET" if body is None else "POST", path, body) as response:
            try:
                if on_notice is not None and (notice := response.headers.get(_NOTICE)):
                    on_notice(notice)
                # `read` would wait for 64 KB; `read1` returns what has arrived.
                while piece := response.read1(_PIECE_BYTES):
                    for data in decoder.feed(piece):
                        # The end of a stream of OpenAI's API.
                        if data == b"[DONE]":
                            return
                        yield json.loads(data)
            except (OSError, http.client.HTTPException) as error:
                raise self._explain(error) from error

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
        headers = {"Host": self._host_header}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        try:
            self._connect()
            # Only now: `_connect` has checked who listens there.
            if self._token:
                headers["Authorization"] = f"Bearer {self._token}"
            self._connection.request(method, path, content, headers)
            response = self._connection.getresponse()
            if response.status >= _REFUSED_FROM:
                raise _read_refusal(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise self._explain(error) from error
        return response

    def _connect(self) -> None:
        if self._connection.sock is None and not self._is_closed:
            self._connection.connect()
            if self._token:
                self._check_proof()
            if self._connection.sock is not None:
                self._connection.sock.settimeout(self._timeout)
        # `close` may have run during `connect`, when there was no socket to shut down yet.
        if self._is_closed:
            raise ConnectionAbortedError("this client was closed")

    def _check_proof(self) -> None:
        """Raise NotProven unless the server on this connection has the user's control token."""
        nonce, sock = make_nonce(), self._connection.sock
        address = format_address(sock.getpeername())
        headers = {"Host": self._host_header, "Content-Type": "application/json"}
        with limit_exchange(sock, min(CONNECT_SECONDS, self._timeout or CONNECT_SECONDS)):
            self._connection.request("POST", PROOF_PATH, json.dumps({"nonce": nonce}), headers)
            response = self._connection.getresponse()
            proof = _read_proof(response.read(_MAX_PROOF_BYTES))
        # A connection that ends here would be opened again, perhaps to another program.
        if not is_proof(proof, self._token, nonce, address) or self._connection.sock is None:
            self._connection.close()
            raise NotProven(
                f"The program at {self.url} did not prove that it is your bridge, so no command "
                "was sent to it. It may be another program, another user's bridge, one with "
                "another data folder (CLAUDE_BRIDGE_HOME), or one of an older version, which needs "
                "a restart."
            )

    def _explain(self, error: Exception) -> ClientError:
        who = f"The bridge at {self.url}"
        end = ""
        if self._record is not None:
            who += f" (pid {self._record.pid})"
            end = f" To end it at once: {_format_kill(self._record.pid)}"
        if isinstance(error, TimeoutError):
            return NotResponding(f"{who} does not respond.{end}")
        if self._record is not None and is_alive(self._record):
            return NotResponding(f"{who} is stopping or accepts no connections.{end}")
        return NotRunning(f"No bridge is running at {self.url}. Start it with: claude-bridge")


def open_client(arguments: argparse.Namespace, *, timeout: float | None = None) -> BridgeClient:
    """Return a client with the user's control token, for the server that runs.

    Raises NotRunning if none was ever started, and SettingsError if several run.
    """
    return connect_to(choose_target(arguments), timeout=timeout)


def connect_to(target: Target, *, timeout: float | None = None) -> BridgeClient:
    """Return a client with the user's control token. Raises NotRunning and SettingsError."""
    token = read_control_token()
    if not token and target.record is not None and is_alive(target.record):
        path = find_paths().control_token
        raise SettingsError(
            f"the control token in {path} is gone or empty, so no command can reach the bridge at "
            f"{target.url}. To end it at once: {_format_kill(target.record.pid)}"
        )
    if not token:
        # Without a token nothing can be asked of a server, and none of this user runs.
        raise NotRunning(f"No bridge is running at {target.url}. Start it with: claude-bridge")
    return BridgeClient(target.url, token, timeout=timeout, record=target.record)


def read_control_token() -> str:
    """Return the token; empty before the first start of a server. Raises SettingsError."""
    path = find_paths().control_token
    try:
        return read_file(path).decode("ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read the control token in {path}: {error}") from error


def _read_proof(data: bytes) -> object:
    try:
        return json.loads(data)["proof"]
    # Another program answers with anything.
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _format_kill(pid: int) -> str:
    return f"taskkill /F /PID {pid}" if sys.platform == "win32" else f"kill {pid}"


def format_url(settings: Settings) -> str:
    """Return the address of the bridge that runs with these settings, without a path."""
    return to_reachable(f"http://{format_netloc(settings.host, settings.port)}")


def _read_refusal(status: int, data: bytes) -> RequestRefused:
    try:
        error = json.loads(data)["error"]
        return RequestRefused(str(error["message"]), str(error["code"]))
    # Another program on this port does not answer with an error of ours.
    except (ValueError, KeyError, TypeError, RecursionError):
        return RequestRefused(f"The bridge answered with status {status}.", str(status))

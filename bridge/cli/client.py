"""A small client of the bridge that runs on this machine, for its own commands; no library."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bridge.opening import read_token
from bridge.settings import Settings, find_paths

START_IT = "No bridge answers at {url}. Start it with: claude-bridge"


class NotRunning(Exception):
    """Nobody answers; the message has the cure."""


class Refused(Exception):
    """The bridge said no; the message is its own sentence."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole one."""

    content_type: str
    data: bytes

    def json(self) -> Any:
        return json.loads(self.data)


class LocalBridge:
    """One request at a time; `close` from another thread ends the one that runs, for good."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._token = token
        place = urlsplit(url)
        # No time-out: a person may take their time to say yes. A bridge that ends hangs up.
        self._connection = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port)
        # By itself it would connect again after a `close`, and do what was called off.
        self._connection.auto_open = 0
        self._closed = False

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Raises NotRunning and Refused."""
        with self._begun(method, path, body) as response:
            try:
                data = response.read()
            except (OSError, http.client.HTTPException) as error:
                raise self._gone() from error
            return Answer(response.headers.get_content_type(), data)

    def events(self, path: str, body: Any) -> Iterator[dict[str, Any]]:
        """The server-sent events of an answer, as they come. Raises NotRunning and Refused."""
        with self._begun("POST", path, body) as response:
            try:
                for line in response:
                    if line.startswith(b"data: "):
                        yield json.loads(line[6:])
            except (OSError, http.client.HTTPException) as error:
                raise self._gone() from error

    def close(self) -> None:
        """Hangs up, which ends what is done for this client; nothing is sent after it."""
        self._closed = True
        sock = self._connection.sock
        if sock is not None:
            # It may be closed, or not connected any more.
            with suppress(OSError):
                sock.shutdown(2)
        self._connection.close()

    def _begun(self, method: str, path: str, body: Any) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self._token}"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        try:
            self._connect()
            self._connection.request(method, path, content, headers)
            response = self._connection.getresponse()
            if response.status >= 400:
                raise _refused(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise self._gone() from error
        return response

    def _connect(self) -> None:
        if self._connection.sock is None and not self._closed:
            self._connection.connect()
        # `close` may have come meanwhile, and have found nothing to hang up.
        if self._closed:
            raise ConnectionAbortedError("this client was closed")

    def _gone(self) -> NotRunning:
        return NotRunning(START_IT.format(url=self.url))


def local_bridge(settings: Settings) -> LocalBridge:
    """The one that these settings start, with this person's token."""
    url = f"http://{settings.host}:{settings.port}"
    return LocalBridge(url, read_token(find_paths().control_token))


def _refused(status: int, data: bytes) -> Refused:
    try:
        error = json.loads(data)["error"]
        return Refused(str(error["message"]), str(error["code"]))
    except (ValueError, KeyError, TypeError):
        return Refused(f"The bridge answered with status {status}.", str(status))

"""Asks a running server how it is, and tells it what to change."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from tray.api_types import (
    Batch,
    Connect,
    Health,
    Model,
    Strange,
    Usage,
    read_batches,
    read_connect,
    read_health,
    read_models,
    read_usage,
)

TIMEOUT_SECONDS = 3.0
MODELS_TIMEOUT_SECONDS = 10.0
"""The first list may be fetched from upstream."""

_MAX_ANSWER = 4 * 1024 * 1024

_T = TypeVar("_T")


class NoServer(Exception):
    """Nothing listens there."""


class NotAnswering(Exception):
    """Something listens, but did not answer as a claude-bridge does."""


class ControlClient:
    """Calls block, each for a few seconds at most; `read_token` is asked at every call.

    http.client, because it never reads a proxy from the environment and needs no memory.
    Raises NoServer or NotAnswering.
    """

    def __init__(self, url: str, read_token: Callable[[], str]) -> None:
        self.url = url
        self._read_token = read_token

    def health(self) -> Health:
        """`GET /health`."""
        return _read(read_health, self._call("GET", "/health"))

    def models(self) -> tuple[Model, ...]:
        """Those that can be chosen, in the server's order."""
        answer = self._call("GET", "/v1/models", timeout=MODELS_TIMEOUT_SECONDS)
        return _read(read_models, answer)

    def connect(self) -> Connect:
        """How clients are pointed at this server, with its key."""
        return _read(read_connect, self._call("GET", "/connect"))

    def usage(self) -> Usage:
        """What was asked today."""
        return _read(read_usage, self._call("GET", "/usage?days=0&recent=0"))

    def batches(self) -> tuple[Batch, ...]:
        """Actions on this machine that wait for a yes or no."""
        return _read(read_batches, self._call("GET", "/computer"))

    def ticket(self) -> str:
        """With which a page of the server's gets the token, once."""
        return _read(lambda said: str(said["ticket"]), self._call("POST", "/control/tickets", {}))

    def switch(self, changes: dict[str, Any]) -> None:
        """`POST /control/switches`."""
        self._call("POST", "/control/switches", changes)

    def decide(self, batch: str, *, approved: bool) -> None:
        """Yes or no to a batch; NotAnswering when it does not wait any more."""
        self._call("POST", f"/computer/approvals/{quote(batch, safe='')}", {"approved": approved})

    def stop_computer(self) -> None:
        """Takes Claude's hands off the machine."""
        self._call("POST", "/computer/stop", {})

    def reload(self) -> None:
        """The keys are read anew, and no way to Claude is set aside any more."""
        self._call("POST", "/control/reload", {})

    def stop(self) -> None:
        """The server ends when its answers are finished."""
        self._call("POST", "/control/stop", {})

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Any:
        address = urlsplit(self.url)
        link = http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout)
        headers = {
            "Content-Type": "application/json",
            "Connection": "close",
            "Authorization": f"Bearer {self._read_token()}",
        }
        with closing(link):
            try:
                link.request(method, path, _encode(body), headers)
                return _said(link.getresponse(), path)
            except ConnectionRefusedError as error:
                raise NoServer(f"Nothing listens at {self.url}") from error
            except (OSError, http.client.HTTPException) as error:
                raise NotAnswering(f"{self.url} does not answer: {error}") from error


def _encode(body: dict[str, Any] | None) -> bytes | None:
    return None if body is None else json.dumps(body).encode()


def _said(answer: http.client.HTTPResponse, path: str) -> Any:
    body = answer.read(_MAX_ANSWER)
    try:
        said = json.loads(body)
    except ValueError as error:
        raise NotAnswering(f"{path} answered {answer.status}, and no JSON") from error
    if not isinstance(said, dict):
        raise NotAnswering("This is not a claude-bridge: no object came")
    if answer.status >= 400:
        complaint = said.get("error")
        words = complaint.get("message") if isinstance(complaint, dict) else None
        raise NotAnswering(str(words or f"{path} answered {answer.status}"))
    return said


def _read(read: Callable[[Any], _T], said: Any) -> _T:
    try:
        return read(said)
    except Strange as error:
        raise NotAnswering(str(error)) from error

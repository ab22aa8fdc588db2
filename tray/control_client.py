"""Asks a running server how it is, and tells it what to change."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from bridge.wire.control import Health, StopAccepted, Switches, SwitchesPatch

TIMEOUT_SECONDS = 3.0
MODELS_TIMEOUT_SECONDS = 10.0
"""The first list may be fetched from upstream."""

_MAX_ANSWER = 4 * 1024 * 1024

_T = TypeVar("_T", bound=BaseModel)


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
        return _parse(Health, self._call("GET", "/health"))

    def models(self) -> tuple[str, ...]:
        """The names of `GET /v1/models`, in the server's order."""
        body = self._call("GET", "/v1/models", token="tray", timeout=MODELS_TIMEOUT_SECONDS)  # noqa: S106 - any key will do there
        return tuple(model.id for model in _parse(_Models, body).data)

    def switch(self, patch: SwitchesPatch) -> Switches:
        """`POST /control/switches`."""
        body = patch.model_dump(exclude_none=True)
        return _parse(Switches, self._call("POST", "/control/switches", body, self._read_token()))

    def stop(self) -> StopAccepted:
        """`POST /control/stop`; the server ends when its answers are finished."""
        return _parse(StopAccepted, self._call("POST", "/control/stop", {}, self._read_token()))

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        token: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> bytes:
        address = urlsplit(self.url)
        link = http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout)
        with closing(link):
            try:
                link.request(method, path, _encode(body), _headers(token))
                return _read(link.getresponse(), path)
            except ConnectionRefusedError as error:
                raise NoServer(f"Nothing listens at {self.url}") from error
            except (OSError, http.client.HTTPException) as error:
                raise NotAnswering(f"{self.url} does not answer: {error}") from error


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Model]


class _Complaint(BaseModel):
    message: str


class _Error(BaseModel):
    error: _Complaint


def _encode(body: dict[str, Any] | None) -> bytes | None:
    return None if body is None else json.dumps(body).encode()


def _headers(token: str | None) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Connection": "close"}
    return headers if token is None else {**headers, "Authorization": f"Bearer {token}"}


def _read(answer: http.client.HTTPResponse, path: str) -> bytes:
    body = answer.read(_MAX_ANSWER)
    if answer.status >= 400:
        raise NotAnswering(_complaint(body) or f"{path} answered {answer.status}")
    return body


def _complaint(body: bytes) -> str | None:
    try:
        return _Error.model_validate_json(body).error.message
    except ValidationError:
        return None


def _parse(shape: type[_T], body: bytes) -> _T:
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        raise NotAnswering(f"This is not a claude-bridge: {error.error_count()} faults") from error

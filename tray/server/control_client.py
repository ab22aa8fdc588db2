"""HTTP client for the server's status and control endpoints."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from bridge.wire.computer_status import ComputerStatus, WaitingBatch
from bridge.wire.connect import Connections
from bridge.wire.health import Health
from bridge.wire.models import Model, ModelList
from bridge.wire.ticket import IssuedTicket
from bridge.wire.usage import UsageTotals
from tray.models import is_selectable
from tray.server.response_reader import UnexpectedResponse, read_response

TIMEOUT_SECONDS = 3.0
MODELS_TIMEOUT_SECONDS = 10.0
"""Longer, because the server may have to fetch the first list from Anthropic."""

_MAX_RESPONSE_BYTES = 4 * 1024 * 1024

_T = TypeVar("_T")


class NoServer(Exception):
    """Nothing listens at the server's address."""


class NotAnswering(Exception):
    """The server did not respond in time, refused the request, or is not a claude-bridge."""


class ControlClient:
    """Requests to one server; each blocks for a few seconds at most.

    `read_token` is called for every request, because a restarted server has a new token.
    All methods raise NoServer or NotAnswering.
    """

    # http.client and not a larger library: it needs no extra memory, and it never sends requests
    # for localhost to a proxy from the environment.

    def __init__(self, url: str, read_token: Callable[[], str]) -> None:
        self.url = url
        self._read_token = read_token

    def fetch_health(self) -> Health:
        """Send `GET /health`."""
        return self._fetch(Health, "/health")

    def list_models(self) -> list[Model]:
        """Return the models that a user can choose, in the server's order."""
        models = self._fetch(ModelList, "/v1/models", timeout=MODELS_TIMEOUT_SECONDS)
        return [model for model in models["data"] if is_selectable(model)]

    def fetch_connections(self) -> Connections:
        """Return the base URL, the access key and the example for each known client."""
        return self._fetch(Connections, "/connect")

    def fetch_usage_today(self) -> UsageTotals:
        """Return today's totals; the rest of the usage report is not read."""
        path = "/usage?days=0&recent=0"
        report = self._call("GET", path)
        return _read(UsageTotals, report.get("today"), path)

    def list_waiting_batches(self) -> list[WaitingBatch]:
        """Return the computer actions that wait for the user's approval."""
        return self._fetch(ComputerStatus, "/computer").waiting

    def issue_ticket(self) -> str:
        """Return a one-time ticket that gives a page of the server the control token."""
        path = "/control/tickets"
        return _read(IssuedTicket, self._call("POST", path, {}), path).ticket

    def switch(self, changes: dict[str, Any]) -> None:
        """Send `POST /control/switches`."""
        self._call("POST", "/control/switches", changes)

    def decide(self, batch: str, *, approved: bool) -> None:
        """Approve or deny a batch; raises NotAnswering if it no longer waits."""
        self._call("POST", f"/computer/approvals/{quote(batch, safe='')}", {"approved": approved})

    def stop_computer(self) -> None:
        """Stop computer use and turn it off."""
        self._call("POST", "/computer/stop", {})

    def reload(self) -> None:
        """Make the server read its keys again and retry every route to Claude."""
        self._call("POST", "/control/reload", {})

    def stop(self) -> None:
        """Make the server finish its active requests and exit."""
        self._call("POST", "/control/stop", {})

    def _fetch(self, shape: type[_T], path: str, timeout: float = TIMEOUT_SECONDS) -> _T:
        return _read(shape, self._call("GET", path, timeout=timeout), path)

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> dict[str, Any]:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=timeout
        )
        headers = {
            "Content-Type": "application/json",
            "Connection": "close",
            "Authorization": f"Bearer {self._read_token()}",
        }
        with closing(connection):
            try:
                connection.request(method, path, _encode_body(body), headers)
                return _decode_response(connection.getresponse(), path)
            except ConnectionRefusedError as error:
                raise NoServer(f"No server is running at {self.url}") from error
            except (OSError, http.client.HTTPException) as error:
                raise NotAnswering(f"{self.url} is not responding: {error}") from error


def _encode_body(body: dict[str, Any] | None) -> bytes | None:
    return None if body is None else json.dumps(body).encode()


def _decode_response(response: http.client.HTTPResponse, path: str) -> dict[str, Any]:
    try:
        payload = json.loads(response.read(_MAX_RESPONSE_BYTES))
    except ValueError as error:
        raise NotAnswering(f"{path} returned status {response.status} without JSON") from error
    if not isinstance(payload, dict):
        raise NotAnswering(f"{path} is not from a claude-bridge server: it is not a JSON object")
    if response.status >= 400:
        error_object = payload.get("error")
        message = error_object.get("message") if isinstance(error_object, dict) else None
        raise NotAnswering(str(message or f"{path} returned status {response.status}"))
    return payload


def _read(shape: type[_T], payload: object, path: str) -> _T:
    try:
        return read_response(shape, payload, path)
    except UnexpectedResponse as error:
        raise NotAnswering(str(error)) from error

"""HTTP client for the server's status and control endpoints."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from bridge.proof import PATH as PROOF_PATH
from bridge.proof import (
    format_address,
    format_netloc,
    is_proof,
    limit_exchange,
    make_nonce,
    remove_scope,
)
from bridge.wire.access import IssuedCode, Proof, RedirectFile
from bridge.wire.computer_status import ComputerStatus, WaitingBatch
from bridge.wire.connect import Connections, Program, Programs
from bridge.wire.health import Health
from bridge.wire.models import Model, ModelList
from bridge.wire.usage import Agreement, PlanReport, UsageTotals
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


@dataclass(frozen=True, kw_only=True)
class UsageToday:
    """The part of `GET /usage` that the tray shows; the rest is not read."""

    today: UsageTotals
    plans: list[PlanReport] = field(default_factory=list)
    """Servers of the previous version report none."""


class ControlClient:
    """Requests to one server; each blocks for a few seconds at most.

    `read_token` is called for every request, because a restarted server has a new token. The server
    must prove on the same connection that it has this token before the token is sent.
    All methods raise NoServer or NotAnswering.
    """

    # http.client and not a larger library: it needs no extra memory, and it never sends requests
    # for localhost to a proxy from the environment.

    def __init__(self, url: str, read_token: Callable[[], str]) -> None:
        self.url = url
        self._read_token = read_token

    def fetch_health(self) -> Health:
        """Send `GET /health`, to this user's server only."""
        return self._fetch(Health, "/health")

    def list_models(self) -> list[Model]:
        """Return the models that a user can choose, in the server's order."""
        models = self._fetch(ModelList, "/v1/models", timeout=MODELS_TIMEOUT_SECONDS)
        return [model for model in models["data"] if is_selectable(model)]

    def fetch_connections(self) -> Connections:
        """Return the base URL, the access key and the example for each known client."""
        return self._fetch(Connections, "/connect")

    def list_programs(self) -> list[Program]:
        """Return the programs that can be connected; empty for a server of an older version."""
        try:
            return self._fetch(Programs, "/control/connections").programs
        except NotAnswering:
            return []

    def connect_program(self, name: str, *, undo: bool) -> Program:
        """Write the bridge into a program's settings, or undo it. Raises NotAnswering."""
        body = {"program": name, "undo": undo}
        path = "/control/connections"
        return _read(Program, self._call("POST", path, body), path)

    def fetch_usage(self) -> UsageToday:
        """Return today's totals and what is left of each plan."""
        return self._fetch(UsageToday, "/usage?days=0&recent=0")

    def list_waiting_batches(self) -> list[WaitingBatch]:
        """Return the computer actions that wait for the user's approval."""
        return self._fetch(ComputerStatus, "/computer").waiting

    def create_redirect_file(self, page: str, snap: str | None) -> str:
        """Have the server write a file that signs a browser in; return its path."""
        path = "/control/pages"
        return _read(
            RedirectFile, self._call("POST", path, {"page": page, "snap": snap}), path
        ).file

    def create_code(self) -> IssuedCode:
        """Get a one-time code that unlocks an open page."""
        return _read(IssuedCode, self._call("POST", "/control/codes", {}), "/control/codes")

    def switch(self, changes: dict[str, Any]) -> None:
        """Send `POST /control/switches`."""
        self._call("POST", "/control/switches", changes)

    def decide(self, batch: str, *, approved: bool, digest: str = "") -> None:
        """Approve or deny a batch; raises NotAnswering if it no longer waits or has changed."""
        body: dict[str, Any] = {"approved": approved}
        # A server of the previous version sends none, and takes none.
        if digest:
            body["digest"] = digest
        self._call("POST", f"/computer/approvals/{quote(batch, safe='')}", body)

    def allow_extra_usage(self, agreement: Agreement, account: str) -> None:
        """Agree to use that costs money beyond an account's plan, or to no more of it."""
        choice = {"agreement": agreement, "account": account}
        self._call("POST", "/control/extra-usage", choice)

    def record_requests(self, on: bool) -> None:
        """Record requests with their content for a while, or stop and drop them."""
        self._call("POST", "/inspect", {"on": on})

    def stop_computer(self) -> None:
        """Stop computer use and turn it off."""
        self._call("POST", "/computer/stop", {})

    def resume_computer(self) -> None:
        """Continue what is paused; raises NotAnswering if nothing is."""
        self._call("POST", "/computer/resume", {})

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
        # Otherwise http.client would connect again, perhaps to another program, after the proof.
        connection.auto_open = 0
        host = format_netloc(remove_scope(connection.host), connection.port)
        headers = {"Content-Type": "application/json", "Host": host, "Connection": "close"}
        with closing(connection):
            try:
                connection.connect()
                with limit_exchange(connection.sock, TIMEOUT_SECONDS):
                    token = self._check_proof(connection, host)
                headers["Authorization"] = f"Bearer {token}"
                connection.request(method, path, _encode_body(body), headers)
                return _decode_response(connection.getresponse(), path)
            except ConnectionRefusedError as error:
                raise NoServer(f"No server is running at {self.url}") from error
            except (OSError, http.client.HTTPException) as error:
                raise NotAnswering(f"{self.url} is not responding: {error}") from error

    def _check_proof(self, connection: http.client.HTTPConnection, host: str) -> str:
        """Return the control token, once the server on this connection proved that it has it."""
        token, nonce = self._read_token(), make_nonce()
        address = format_address(connection.sock.getpeername())
        headers = {"Content-Type": "application/json", "Host": host}
        connection.request("POST", PROOF_PATH, _encode_body({"nonce": nonce}), headers)
        payload = _decode_response(connection.getresponse(), PROOF_PATH)
        proof = _read(Proof, payload, PROOF_PATH).proof
        if not is_proof(proof, token, nonce, address):
            raise NotAnswering(f"The program at {self.url} did not prove that it is your bridge")
        return token


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

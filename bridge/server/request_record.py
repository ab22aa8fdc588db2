"""The record of one request, for log, ledger and metrics; it never contains the content."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from bridge.errors import UPSTREAM_ID
from bridge.store.ledger import parse_client_name
from bridge.translate.stream.usage import TokenCounts, list_counts
from bridge.wire.messages import Usage

_log = logging.getLogger("bridge.access")


def make_hex_id() -> str:
    """Make a unique id of 128 bits; it is not secret."""
    return f"{random.getrandbits(128):032x}"


_POLLED = ("/health", "/proof", "/control/log")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, as far as the bridge knows."""

    client: str = "a program"
    """Name of the client program, from its User-Agent."""
    key: str = ""
    """Name of the access key that it sent; empty if it sent none that the bridge has."""
    sign_in: str = ""
    """The sign-in of Claude Code that it asks for; empty for the one in use."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the body of a request for an answer asks for."""

    model: str
    stream: bool
    tools: int
    """How many tools it offers."""


@dataclass
class RequestRecord:
    """Facts about a request, filled in while it runs and recorded when it has ended."""

    id: str = field(default_factory=lambda: f"req_{make_hex_id()}")
    caller: Caller = field(default_factory=Caller)
    is_own: bool = False
    """Whether the tray, a page of ours or a command sent it: it has the control token."""
    asked: Asked | None = None
    model: str = "-"
    backend: str = "-"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    started: float = field(default_factory=time.perf_counter)
    """When the request came, by `perf_counter`."""
    first_chunk_seconds: float | None = None
    """From the request until the first part of its answer."""
    outcome: str = "-"
    """The finish_reason, the code of the error, or `cut` if the client left."""
    failed: bool = False
    """Whether an error was reported to the client."""
    upstream_id: str = "-"
    """Upstream's id of the request that it answered, or rejected."""
    upstream_headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of upstream's answer for the client, as Claude's API names them."""
    usages: Sequence[Usage] = ()
    """What upstream reports of its tokens, once for each answer that began."""
    counts: Sequence[TokenCounts] = ()
    """The tokens of `usages`."""

    def note_answer(self, backend: str, headers: Mapping[str, str], model: str = "") -> None:
        """Note which backend answers, upstream's headers, and the model if one answers."""
        # Not the requested model if that failed, or a budget is used up: prices differ.
        self.model = model or self.model
        self.backend = backend
        self.upstream_headers = headers
        self.upstream_id = headers.get(UPSTREAM_ID, "-")

    def note_first_chunk(self) -> None:
        """Note the time, if this is the first part of the answer."""
        if self.first_chunk_seconds is None:
            self.first_chunk_seconds = time.perf_counter() - self.started

    def set_usages(self, usages: Sequence[Usage]) -> None:
        """Set upstream's reports, one for each answer; empty ones have not begun."""
        self.usages = [usage for usage in usages if usage]
        self.counts = [list_counts(usage) for usage in self.usages]
        if self.counts:
            self.prompt_tokens = sum(
                [new + written + read for new, written, read, _ in self.counts]
            )
            self.completion_tokens = sum([output for *_, output in self.counts])

    def _is_poll(self, request: web.Request) -> bool:
        """Return whether the tray, a page of ours or a command looks at the state again.

        Such requests would bury those of the user's clients.
        """
        if request.path in _POLLED:
            return True
        return request.method == "GET" and (self.is_own or _is_from_own_page(request))

    def log(self, request: web.Request, status: int | str, seconds: float) -> None:
        """Write the access line."""
        level = logging.DEBUG if self._is_poll(request) else logging.INFO
        if not _log.isEnabledFor(level):
            return
        _log.log(
            level,
            "%s %s %s -> %s %s model=%s backend=%s tokens=%s+%s upstream=%s %.0fms",
            self.id,
            request.method,
            # A path may contain line breaks and terminal codes.
            ascii(request.path[:200])[1:-1],
            status,
            self.outcome,
            self.model,
            self.backend,
            _format_count(self.prompt_tokens),
            _format_count(self.completion_tokens),
            self.upstream_id,
            seconds * 1000,
        )


def _is_from_own_page(request: web.Request) -> bool:
    # Only browsers can send this header, and pages of other sites get another value.
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


SIGN_IN_HEADER = "x-bridge-sign-in"


def read_caller(request: web.Request) -> Caller:
    """Return what the headers tell; the access key is added when it has been checked."""
    sign_in = request.headers.get(SIGN_IN_HEADER, "").strip()
    return Caller(read_client_name(request), sign_in=sign_in)


def read_client_name(request: web.Request) -> str:
    """Return the name of the client program, from its User-Agent."""
    return parse_client_name(request.headers.get("User-Agent", ""))


def _format_count(tokens: int | None) -> str:
    return "-" if tokens is None else str(tokens)


RECORD = web.RequestKey("record", RequestRecord)


def get_record(request: web.Request) -> RequestRecord:
    """Return the record of this request."""
    return request[RECORD]


def get_route_path(request: web.Request) -> str:
    """Return the path of the endpoint, such as `/v1/models/{id}`.

    Unlike the path that the client sent, it takes few values and contains no user data.
    """
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "(none)"

"""The access line: what a request was and what became of it, never what it said."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from bridge.store.ledger import client_name
from bridge.translate.stream.usage import to_completion_usage
from bridge.wire.messages import Usage

_log = logging.getLogger("bridge.access")


def new_hex() -> str:
    """128 bits that no other id has; they are no secret."""
    return f"{random.getrandbits(128):032x}"


@dataclass
class Access:
    """Filled in on the way; the middleware writes it when the request is over."""

    id: str = field(default_factory=lambda: f"req_{new_hex()}")
    client: str = "a program"
    """By its User-Agent."""
    model: str = "-"
    backend: str = "-"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    first_chunk_seconds: float | None = None
    outcome: str = "-"
    """The finish_reason, the code of the error, or `cut` when the client left."""
    upstream_id: str = "-"
    """What upstream calls a request that it refused."""
    usages: Sequence[Usage] = ()
    """Upstream's own count for each answer that began."""

    def count(self, usage: Usage) -> None:
        """Upstream's own count of the one answer there is; empty before it began."""
        self.usages = [usage]
        if usage:
            told = to_completion_usage(usage)
            self.prompt_tokens = told["prompt_tokens"]
            self.completion_tokens = told["completion_tokens"]

    def log(self, request: web.Request, status: int | str, seconds: float) -> None:
        # Trays and dashboards look at /health all the time.
        level = logging.DEBUG if request.path == "/health" else logging.INFO
        if not _log.isEnabledFor(level):
            return
        _log.log(
            level,
            "%s %s %s -> %s %s model=%s backend=%s tokens=%s+%s upstream=%s %.0fms",
            self.id,
            request.method,
            # A path may hold line breaks and terminal codes.
            ascii(request.path[:200])[1:-1],
            status,
            self.outcome,
            self.model,
            self.backend,
            _count(self.prompt_tokens),
            _count(self.completion_tokens),
            self.upstream_id,
            seconds * 1000,
        )


def client_of(request: web.Request) -> str:
    """The program that asks, by its User-Agent."""
    return client_name(request.headers.get("User-Agent", ""))


def _count(tokens: int | None) -> str:
    return "-" if tokens is None else str(tokens)


ACCESS = web.RequestKey("access", Access)


def access_of(request: web.Request) -> Access:
    """The access line of this request."""
    return request[ACCESS]


def path_of(request: web.Request) -> str:
    """The endpoint's, not the client's: there are few of them, and they hold nobody's words."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "(none)"

"""A row of the endpoint table, and how to find the row of a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from bridge.errors import UPSTREAM_ID
from bridge.server.http.dialect import OPENAI, Dialect

Access = Literal["open", "key", "token"]
"""Who may call an endpoint, once the caller checks have passed.

`open`: every program on this computer. `key`: callers with one of the bridge's access keys, if it
has any, or with the control token. `token`: callers with the control token. Wherever the token is
accepted, so is the session of a page that the user has opened with a ticket.
"""


_NOTICE = ("x-bridge-notice", UPSTREAM_ID)
_KINDS = ("requests", "tokens")
_PARTS = ("limit", "remaining", "reset")

_WINDOWS = ("5h", "7d")
"""Of Claude's plans; there may be more, for some of the models."""

OPENAI_HEADERS = (
    *_NOTICE,
    *(f"x-ratelimit-{part}-{kind}" for kind in (*_KINDS, *_WINDOWS) for part in _PARTS),
)
ANTHROPIC_HEADERS = (
    *_NOTICE,
    *(f"anthropic-ratelimit-{kind}-{part}" for kind in _KINDS for part in _PARTS),
    *(
        f"anthropic-ratelimit-unified-{w}-{part}"
        for w in _WINDOWS
        for part in ("utilization", "reset")
    ),
)
"""Headers of an answer of Claude's, for clients of each API."""

CLAUDE_FAILURES = (401, 402, 403, 404, 429, 502, 504)
"""Statuses of an endpoint that sends a request to Claude."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The successful response of an endpoint, as the OpenAPI document describes it."""

    summary: str
    shape: Any = None
    """A pydantic model or TypedDict, if the response is JSON."""
    example: Any = None
    status: int = 200
    text: tuple[str, ...] = ()
    """Media types that the response may have in addition to JSON, or instead of it."""
    events: Any = None
    """The model of `data` in each server-sent event, if the response can be streamed."""
    headers: tuple[str, ...] = ()
    """Headers of `openapi.HEADERS` that the response may have, besides x-request-id."""


# Without `eq`, rows are hashed by identity; by value they could not be, as examples are dicts.
@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """One row: routing, access, parsing, error format and the OpenAPI document follow from it."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    handler: Handler
    tag: str
    summary: str
    answer: Answer
    # No default, so that an endpoint cannot be left open by an omission.
    access: Access = field(kw_only=True)
    dialect: Dialect | None = None
    """None for endpoints that clients of both APIs call: `anthropic-version` decides there."""
    query: type[BaseModel] | None = None
    """The model of the query parameters, for `read_query`."""
    body: type[BaseModel] | None = None
    """The model of a POST's JSON body, for `read_body`."""
    example: Any = None
    """A valid body; the tests send it."""
    linkable: bool = False
    """Whether a browser may come here from a file or from another site's link.

    Only for a page without content, which does nothing by itself.
    """
    is_recorded: bool = False
    """Whether `/inspect` records its requests, while the user has that on."""
    failures: tuple[int, ...] = ()
    """Statuses with an error object, besides those that every call may get."""
    has_slashes: bool = False
    """Whether the last parameter of the path may contain slashes, as `anthropic/claude-…` does."""

    @property
    def pattern(self) -> str:
        """The path as aiohttp's router takes it."""
        return f"{self.path[:-1]}:.+}}" if self.has_slashes else self.path

    @property
    def error_schema(self) -> Any:
        """The TypedDict of the error object."""
        return (self.dialect or OPENAI).error_schema


ENDPOINTS_BY_ROUTE = web.AppKey("endpoints_by_route", dict[web.AbstractRoute, Endpoint])
"""The row that each route of the application was made from."""


def find_endpoint(request: web.Request) -> Endpoint | None:
    """Return the row of the request's route, or None for an unknown path or a wrong method."""
    return request.app[ENDPOINTS_BY_ROUTE].get(request.match_info.route)

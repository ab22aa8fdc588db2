"""One row of the endpoint table: what is called how, what it takes and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge.wire.errors import ErrorBody

Access = Literal["open", "key", "token"]
"""Who may call: anybody on this machine; with the bridge's key, if it has one; with the token."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of the query."""

    name: str
    summary: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes when all goes well."""

    summary: str
    shape: Any = None
    """A pydantic model or TypedDict when it is JSON."""
    example: Any = None
    status: int = 200
    text: tuple[str, ...] = ()
    """Media types besides, or in place of, JSON."""
    events: Any = None
    """What the `data` of a server-sent event holds, where the answer may be streamed."""
    headers: tuple[str, ...] = ()
    """Those of `openapi.HEADERS` that it may carry, besides x-request-id."""


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """A row; routing, the OpenAPI document and its page follow from it."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    handler: Handler
    tag: str
    summary: str
    answer: Answer
    access: Access = "open"
    body: Any = None
    """The pydantic model of the body of a POST."""
    example: Any = None
    """A body that works."""
    query: tuple[Parameter, ...] = ()
    failures: tuple[int, ...] = ()
    """The statuses with an error object, besides those that any call may get."""
    error: Any = ErrorBody
    """That object, in the endpoint's dialect."""


TABLE = web.AppKey("table", tuple[Endpoint, ...])

"""Read the paths that clients make of their base URL, before anything else looks at them.

A request's path is replaced as soon as its head is parsed, so that the checks, the routes and the
log all see the same one: a spelling that only the routes understood could go around a check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from aiohttp.http_parser import RawRequestMessage
from yarl import URL

DEPLOYMENT = web.RequestKey("deployment", str)
"""The model in the path of Azure's clients, whose bodies may have none."""

MakeRequest = Callable[..., web.BaseRequest]

_API = "chat/completions|completions|responses|embeddings|messages|models"
_OTHERS = "images|audio|moderations|files|fine_tuning|batches|assistants|threads|vector_stores"
_MOST_KNOWN = 256
_SLASHES = re.compile(r"/{2,}")
_AZURE = re.compile(
    rf"^/openai/deployments/(?P<model>[^/]+)(?P<rest>/(?:{_API}|{_OTHERS})(?:/.*)?)$"
)
_AZURE_V1 = re.compile(rf"^/openai(?=/(?:v1/)?(?:{_API}|{_OTHERS})(?:/|$))")
_REPEATED_V1 = re.compile(r"^(?:/v1)+(?=/|$)")
_WITHOUT_V1 = re.compile(rf"^/(?:{_API}|{_OTHERS})(?=/|$)")

_PROBES = {"/v1": "/v1/models", "/api/hello": "/health"}
"""Paths by which clients only test whether a server is there; the second one is Claude Code's."""

NOT_OFFERED: Mapping[str, str] = {
    "/v1/images": "Claude does not create images.",
    "/v1/audio": "Claude neither speaks nor transcribes.",
    "/v1/moderations": "Claude has no moderation endpoint; ask it in a chat.",
    "/v1/files": "The bridge stores no files; send them in the message.",
    "/v1/uploads": "The bridge stores no files; send them in the message.",
    "/v1/fine_tuning": "Claude cannot be fine-tuned here.",
    "/v1/batches": "The bridge has no batches; send the requests one by one.",
    "/v1/assistants": "The bridge has no assistants; use /v1/responses.",
    "/v1/threads": "The bridge has no threads; use /v1/responses.",
    "/v1/vector_stores": "The bridge stores no files; send them in the message.",
    "/v1/conversations": "The bridge has no conversations; use previous_response_id.",
    "/v1/realtime": "The bridge has no realtime sessions.",
}
"""OpenAI's endpoints that the bridge does not have, each with a sentence that says so."""


def normalize_path(path: str) -> tuple[str, str | None]:
    """Return the plain path of a raw one without its query, and the model in an Azure path."""
    # With two slashes at the start, a host follows: the check of the host refuses that.
    if path.startswith("//") or not path.startswith("/"):
        return path, None
    plain = _SLASHES.sub("/", path)
    if len(plain) > 1:
        plain = plain.rstrip("/")
    model = None
    azure = _AZURE.match(plain)
    if azure is not None:
        model, plain = unquote(azure["model"]), azure["rest"]
    plain = _AZURE_V1.sub("", plain)
    plain = _REPEATED_V1.sub("/v1", plain)
    if _WITHOUT_V1.match(plain):
        plain = f"/v1{plain}"
    return _PROBES.get(plain, plain), model


def find_reason(path: str) -> str | None:
    """Return why an endpoint of OpenAI's is not offered; None for an unknown path."""
    return NOT_OFFERED.get("/".join(path.split("/", 3)[:3]))


def read_paths(make_request: MakeRequest) -> MakeRequest:
    """Wrap the server's request factory, so that all requests have plain paths."""
    known: set[str] = set()
    """Paths that are plain; bounded, because clients choose them."""

    def make(message: RawRequestMessage, *args: Any) -> web.BaseRequest:
        raw, mark, query = message.path.partition("?")
        if raw in known:
            return make_request(message, *args)
        plain, model = normalize_path(raw)
        if plain == raw:
            if len(known) < _MOST_KNOWN:
                known.add(raw)
            return make_request(message, *args)
        target = plain + mark + query
        url = URL(target, encoded=True)
        request = make_request(message._replace(path=target, url=url), *args)
        if model is not None:
            request[DEPLOYMENT] = model
        return request

    return make

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
_MOST_KNOWN = 256
_SLASHES = re.compile(r"/{2,}")

_PROBES = {"/v1": "/v1/models", "/api/hello": "/health"}
"""Paths by which clients only test whether a server is there; the second one is Claude Code's."""

_NO_FILES = "The bridge stores no files; send them in the message."
_NO_BATCHES = "The bridge has no batches; send the requests one by one."

NOT_OFFERED: Mapping[str, str] = {
    "/v1/images": "Claude does not create images.",
    "/v1/videos": "Claude does not create videos.",
    "/v1/audio": "Claude neither speaks nor transcribes.",
    "/v1/moderations": "Claude has no moderation endpoint; ask it in a chat.",
    "/v1/files": _NO_FILES,
    "/v1/uploads": _NO_FILES,
    "/v1/containers": _NO_FILES,
    "/v1/vector_stores": _NO_FILES,
    "/v1/fine_tuning": "Claude cannot be fine-tuned here.",
    "/v1/batches": _NO_BATCHES,
    "/v1/messages/batches": _NO_BATCHES,
    "/v1/assistants": "The bridge has no assistants; use /v1/responses.",
    "/v1/threads": "The bridge has no threads; use /v1/responses.",
    "/v1/conversations": "The bridge has no conversations; use previous_response_id.",
    "/v1/realtime": "The bridge has no realtime sessions.",
    "/v1/evals": "The bridge has no evals.",
    "/v1/skills": "The bridge has no skills.",
    "/v1/chatkit": "The bridge has no ChatKit sessions.",
    "/v1/organization": "The bridge has no organizations; its own usage is at /usage.",
}
"""Endpoints of OpenAI's and Anthropic's that the bridge does not have, each with the reason."""

_OTHERS = "|".join(path.removeprefix("/v1/") for path in NOT_OFFERED)
_KNOWN = rf"(?:{_API}|{_OTHERS})"
# A client of Azure's may have a base URL that ends in /v1, and then adds its own path.
_AZURE = re.compile(
    rf"^(?:(?:/v1)*/openai)+/deployments/(?P<model>[^/]+)(?:/v1)*(?P<rest>/{_KNOWN}(?:/.*)?)$"
)
_AZURE_V1 = re.compile(rf"^(?:(?:/v1)*/openai)+(?=/v1(?:/|$)|/{_KNOWN}(?:/|$))")
_REPEATED_V1 = re.compile(r"^(?:/v1)+(?=/|$)")
_WITHOUT_V1 = re.compile(rf"^/{_KNOWN}(?=/|$)")
_BEHIND_ENDPOINT = re.compile(rf"^/v1/(?:{_API})(?:/v1)*/(?:{_API})(?:/|$)")


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
    """Return why an endpoint is not offered; None for an unknown path."""
    parts = path.split("/")
    by_length = (NOT_OFFERED.get("/".join(parts[:count])) for count in (4, 3))
    return next((reason for reason in by_length if reason is not None), None)


def suggest_base_url(path: str) -> str:
    """Return a hint for an unknown path that a wrong base URL explains, else an empty text."""
    # Also if the base URL is an endpoint's address: /v1/chat/completions/chat/completions.
    if path.startswith("/v1/") and not _BEHIND_ENDPOINT.match(path):
        return ""
    return " Should your base URL end in /v1?"


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

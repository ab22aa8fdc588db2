"""Who may call: programs on this machine, not web pages.

A page the person happens to visit can reach a server on localhost. What stops it, in this order:
the Host must be ours (a rebound name is not), a page's Origin must be ours or allowed by name, the
browser's own Sec-Fetch-Site must not say cross-site, and a POST must be JSON (a form or text/plain
needs no preflight). Measured in ../shared/DESKTOP.md; precedents are Ollama's CVE-2024-28224 and
the MCP SDKs' CVE-2025-66414.
"""

from __future__ import annotations

import fnmatch
import functools
import hmac
import ipaddress
import re
from collections.abc import Mapping

from aiohttp import web

from bridge.errors import Forbidden, KeyRejected, UnsupportedMedia
from bridge.server.state import BRIDGE
from bridge.settings import Settings, listed

_OWN_SITES = ("none", "same-origin")
_HOST = re.compile(
    r"(?:(?P<name>[A-Za-z0-9._-]+)|\[(?P<six>[0-9A-Fa-f:.]+)\])(?::(?P<port>\d{1,5}))?"
)
_FOR_THE_PERSON = ("/usage", "/metrics", "/v1/models")
_KEY_HEADERS = ("Authorization", "x-api-key", "api-key")


def check_caller(request: web.Request) -> None:
    """Raises Forbidden or UnsupportedMedia for a call that may come from a web page."""
    settings = request.app[BRIDGE].settings
    headers = request.headers
    for name in ("Host", "Origin", "Sec-Fetch-Site"):
        if name in headers and len(headers.getall(name)) > 1:
            raise Forbidden(f"The {name} header is there more than once.")
    # aiohttp cannot make a URL of every Host: the header is looked at first.
    if not _is_own_host(request.headers.get("Host", ""), settings) or not (
        _is_path(request.raw_path) or _is_own_host(request.url.authority, settings)
    ):
        raise Forbidden("The Host header must name this machine (127.0.0.1 or localhost).")
    origin = request.headers.get("Origin")
    allowed = origin is not None and is_allowed_origin(origin, settings)
    if origin is not None and not allowed and not _is_own_origin(origin, request.host, settings):
        raise Forbidden(
            f"Requests from pages of {origin[:200]} are not allowed (setting allowed_origins)."
        )
    if not allowed and request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
        raise Forbidden("Requests from other sites are not allowed.")
    known = request.match_info.http_exception is None
    if known and request.method == "POST" and request.content_type != "application/json":
        raise UnsupportedMedia("Send the body as Content-Type: application/json.")


def _is_path(target: str) -> bool:
    """Whether the request line says nothing of a machine, which would win over the header."""
    return target.startswith("/") and not target.startswith("//")


def is_allowed_origin(origin: str, settings: Settings) -> bool:
    """Whether the person has allowed pages of that origin, such as `vscode-webview://*`."""
    return any(fnmatch.fnmatchcase(origin, pattern) for pattern in listed(settings.allowed_origins))


def cors_headers(request: web.Request) -> Mapping[str, str]:
    """What lets a page of an allowed origin read the answer; nothing for anybody else."""
    origin = request.headers.get("Origin")
    if origin is None or not is_allowed_origin(origin, request.app[BRIDGE].settings):
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "x-request-id, x-bridge-notice, retry-after, request-id",
        "Vary": "Origin",
    }


def preflight(request: web.Request) -> web.Response:
    """The answer to a browser that asks for leave. Raises Forbidden where there is none."""
    headers = cors_headers(request)
    if not headers:
        raise Forbidden("Pages of that origin are not allowed (setting allowed_origins).")
    asked = request.headers.get("Access-Control-Request-Headers", "")
    granted = {
        **headers,
        "Access-Control-Allow-Methods": "GET, POST, DELETE",
        "Access-Control-Allow-Headers": asked if asked.isprintable() else "",
        "Access-Control-Max-Age": "600",
    }
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        granted["Access-Control-Allow-Private-Network"] = "true"
    return web.Response(status=204, headers=granted)


async def check_key(request: web.Request) -> None:
    """Raises KeyRejected when the bridge has keys of its own and the caller has none of them.

    What was asked and what it cost, and the models there are, are for those who may ask, and for
    who holds the control token.
    """
    if not request.path.startswith("/v1/") and request.path not in _FOR_THE_PERSON:
        return
    given = next((request.headers[name] for name in _KEY_HEADERS if name in request.headers), "")
    if request.path in _FOR_THE_PERSON and is_control_token(request, given):
        return
    if not await request.app[BRIDGE].keys.admits(given.removeprefix("Bearer ").strip()):
        raise KeyRejected("This bridge has a key of its own; send it as the API key.")


def check_control_token(request: web.Request) -> None:
    """Raises Forbidden unless the call bears the token of the person who runs the bridge."""
    if not is_control_token(request, request.headers.get("Authorization", "")):
        raise Forbidden("This needs the control token from the bridge's data folder.")


def is_control_token(request: web.Request, given: str) -> bool:
    """Whether that is the token of the person who runs the bridge, with or without `Bearer`."""
    # A header may hold bytes that are no text.
    said = given.removeprefix("Bearer ").encode("utf-8", "surrogateescape")
    return hmac.compare_digest(said, request.app[BRIDGE].control_token.encode())


def _is_own_origin(origin: str, host: str, settings: Settings) -> bool:
    """Our own page, by any of our names; a page on another port is somebody else's."""
    scheme, _, own = origin.partition("://")
    ours = scheme == "http" and _is_own_host(own, settings)
    return ours and own.rpartition(":")[2] == host.rpartition(":")[2]


def _is_own_host(host: str, settings: Settings) -> bool:
    """A name of this machine, the address it listens on, or one the person has allowed."""
    return _is_one_of(host, settings.host, settings.allowed_hosts)


@functools.lru_cache(256)
def _is_one_of(host: str, own_host: str, allowed_hosts: str) -> bool:
    match = _HOST.fullmatch(host)
    if match is None or int(match["port"] or 0) > 65535:
        return False
    name = (match["name"] or match["six"]).lower()
    own = {"localhost", own_host, *(allowed.lower() for allowed in listed(allowed_hosts))}
    return name in own or _is_loopback_address(name)


def _is_loopback_address(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False

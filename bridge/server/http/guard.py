"""Check the caller: programs on this computer are allowed, web pages are not.

Any page that the user visits can send requests to a server on localhost. Four checks prevent that,
in this order: the Host must be ours (a rebound DNS name is not), a page's Origin must be ours or in
`allowed_origins`, the browser's Sec-Fetch-Site must not be cross-site, and a POST must be JSON
(browsers send a form or text/plain without a preflight). Without them, other servers had Ollama's
CVE-2024-28224 and the MCP SDKs' CVE-2025-66414.
"""

from __future__ import annotations

import fnmatch
import functools
import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from bridge.errors import UPSTREAM_ID, Forbidden, KeyRejected, UnsupportedMedia
from bridge.proof import remove_scope
from bridge.server.http.endpoint import Endpoint, find_endpoint
from bridge.server.request_record import get_record
from bridge.server.state import BRIDGE, Bridge
from bridge.settings import Settings

_OWN_SITES = ("none", "same-origin")
_HOST = re.compile(
    r"(?:(?P<name>[A-Za-z0-9._-]+)|\[(?P<six>[0-9A-Fa-f:.]+)\])(?::(?P<port>\d{1,5}))?"
)
_KEY_HEADERS = ("Authorization", "x-api-key", "api-key")
"""Where OpenAI's, Anthropic's and Azure's clients send their key; the first one counts."""

_EXPOSED = (
    "x-request-id",
    "x-bridge-notice",
    "x-bridge-hint",
    "retry-after",
    "request-id",
    UPSTREAM_ID,
)
_EXPOSED_PREFIXES = ("anthropic-", "x-ratelimit-")
"""Headers that pages of an allowed origin may read, besides those that all pages may."""


def check_caller(request: web.Request) -> None:
    """Raise Forbidden or UnsupportedMedia for a request that may come from a web page."""
    settings = request.app[BRIDGE].settings
    headers = request.headers
    for name in ("Host", "Origin", "Sec-Fetch-Site"):
        if name in headers and len(headers.getall(name)) > 1:
            raise Forbidden(f"The {name} header occurs more than once.")
    # aiohttp cannot make a URL of every Host, so the header is checked before `request.url`.
    if not _is_own_host(request.headers.get("Host", ""), settings) or not (
        _is_path(request.raw_path) or _is_own_host(request.url.authority, settings)
    ):
        raise Forbidden(
            "The Host header must name this computer (127.0.0.1 or localhost), or a name in the "
            "setting allowed_hosts."
        )
    # Programs send no Origin; browsers send it with every POST and every `fetch` of another site.
    origin = request.headers.get("Origin")
    allowed = origin is not None and is_allowed_origin(origin, settings)
    if origin is not None and not allowed and not _is_own_origin(origin, request.host, settings):
        raise Forbidden(
            f"Requests from pages of {origin[:200]} are not allowed (setting allowed_origins)."
        )
    # Requests for links and pictures have no Origin, but browsers add Sec-Fetch-Site to them.
    is_own = request.headers.get("Sec-Fetch-Site", "none") in _OWN_SITES
    if not allowed and not is_own and not _is_followed_link(request):
        raise Forbidden("Requests from other sites are not allowed.")
    # An unknown path or a wrong method gets its own error, whatever the type of its body.
    is_known = request.match_info.http_exception is None
    if is_known and request.method == "POST" and request.content_type != "application/json":
        raise UnsupportedMedia("Send the body as Content-Type: application/json.")


def _is_followed_link(request: web.Request) -> bool:
    """Return whether a browser opens a `linkable` page in a tab, not in a frame.

    The file that the browser is started with is another site to it.
    """
    endpoint = find_endpoint(request)
    headers = request.headers
    return (
        endpoint is not None
        and endpoint.linkable
        and headers.getall("Sec-Fetch-Mode", []) == ["navigate"]
        and headers.getall("Sec-Fetch-Dest", []) == ["document"]
    )


def _is_path(target: str) -> bool:
    """Return whether the request line has no host, which would take precedence over `Host`."""
    return target.startswith("/") and not target.startswith("//")


def is_allowed_origin(origin: str, settings: Settings) -> bool:
    """Return whether a pattern in `allowed_origins` matches, such as `vscode-webview://*`."""
    return any(fnmatch.fnmatchcase(origin, pattern) for pattern in settings.allowed_origins)


def build_cors_headers(request: web.Request) -> Mapping[str, str]:
    """Build the headers that let a page of an allowed origin read the answer; none for others."""
    origin = request.headers.get("Origin")
    if origin is None or not is_allowed_origin(origin, request.app[BRIDGE].settings):
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": ", ".join(_EXPOSED),
        "Vary": "Origin",
    }


def expose_headers(response: web.StreamResponse) -> None:
    """Let a page that may read the answer read upstream's headers, too, which differ each time."""
    if (exposed := response.headers.get("Access-Control-Expose-Headers")) is None:
        return
    more = [name for name in response.headers if name.lower().startswith(_EXPOSED_PREFIXES)]
    response.headers["Access-Control-Expose-Headers"] = ", ".join([exposed, *more])


def answer_preflight(request: web.Request) -> web.Response:
    """Answer a browser's CORS preflight. Raises Forbidden for an origin that is not allowed."""
    if "Origin" not in request.headers:
        # A program that asks which methods there are.
        return web.Response(status=204, headers={"Allow": "GET, HEAD, POST, DELETE, OPTIONS"})
    headers = build_cors_headers(request)
    if not headers:
        raise Forbidden("Pages of that origin are not allowed (setting allowed_origins).")
    requested = request.headers.get("Access-Control-Request-Headers", "")
    allowed = {
        **headers,
        "Access-Control-Allow-Methods": "GET, POST, DELETE",
        "Access-Control-Allow-Headers": requested if requested.isprintable() else "",
        # Ten minutes without another preflight; more would outlive a changed setting.
        "Access-Control-Max-Age": "600",
    }
    # Chrome requires this before a public page may call a private address.
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        allowed["Access-Control-Allow-Private-Network"] = "true"
    return web.Response(status=204, headers=allowed)


async def check_access(request: web.Request, endpoint: Endpoint) -> None:
    """Check that the caller has the credential that the endpoint's row requires.

    Raises KeyRejected without one of the bridge's access keys (if it has any), and Forbidden
    without the control token or a page's session. These are accepted instead of a key, too: only
    the user who runs the bridge has them, which the request's record notes. The name of an access
    key becomes part of the caller.
    """
    credential, bridge = read_credential(request), request.app[BRIDGE]
    if _is_control(credential, bridge):
        get_record(request).is_own = True
        return
    if endpoint.access == "open":
        return
    if endpoint.access == "token":
        raise Forbidden("This needs the control token from the bridge's data folder.")
    key = await bridge.keys.find_access(credential)
    if key is None:
        raise KeyRejected("This bridge requires an access key. Send it as the API key.")
    if key:
        record = get_record(request)
        record.caller = replace(record.caller, key=key)


def has_control(request: web.Request) -> bool:
    """Return whether the request has the control token, or the session of a signed-in page."""
    return _is_control(read_credential(request), request.app[BRIDGE])


def has_session(request: web.Request) -> bool:
    """Return whether the request has the session that a page got for a ticket."""
    return request.app[BRIDGE].page_sessions.accepts(read_credential(request))


def has_control_token(request: web.Request) -> bool:
    """Return whether the request has the control token of the user who runs the bridge."""
    return _is_control_token(read_credential(request), request.app[BRIDGE])


def _is_control(credential: str, bridge: Bridge) -> bool:
    return _is_control_token(credential, bridge) or bridge.page_sessions.accepts(credential)


def _is_control_token(credential: str, bridge: Bridge) -> bool:
    # A header may contain bytes that are not text.
    sent = credential.encode("utf-8", "surrogateescape")
    # In constant time, so that a caller cannot guess the token piece by piece.
    return hmac.compare_digest(sent, bridge.control_token.encode())


def read_credential(request: web.Request) -> str:
    """Return the first key header's value without `Bearer`, or "" if there is none."""
    headers = request.headers
    for name in _KEY_HEADERS:
        credential = headers.get(name)
        if credential is not None:
            return credential.removeprefix("Bearer ").strip()
    return ""


def _is_own_origin(origin: str, host: str, settings: Settings) -> bool:
    """Return whether a page is the bridge's own; a page on another port is not."""
    scheme, _, netloc = origin.partition("://")
    if scheme != "http" or not _is_own_host(netloc, settings):
        return False
    return netloc.rpartition(":")[2] == host.rpartition(":")[2]


def _is_own_host(host: str, settings: Settings) -> bool:
    """Return whether a host is this computer, by its usual names or by the settings."""
    return _is_host_of(host, settings.host, settings.allowed_hosts)


# Cached, because every request has one of the same few names.
@functools.lru_cache(256)
def _is_host_of(host: str, own_host: str, allowed_hosts: tuple[str, ...]) -> bool:
    match = _HOST.fullmatch(host)
    # A port that cannot exist is a sign of a forged header.
    if match is None or int(match["port"] or 0) > 65535:
        return False
    name = (match["name"] or match["six"]).lower()
    # `own_host` is the address that the bridge listens on, which may be one of the local network.
    # Clients leave out the scope of a link-local address, such as `%eth0`.
    own = {"localhost", remove_scope(own_host), *(allowed.lower() for allowed in allowed_hosts)}
    return name in own or _is_loopback_address(name)


def _is_loopback_address(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False

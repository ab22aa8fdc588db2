"""Who may call: programs on this machine, not web pages.

A page the person happens to visit can reach a server on localhost. What stops it, in this order:
the Host must be ours (a rebound name is not), a page's Origin must be ours, the browser's own
Sec-Fetch-Site must not say cross-site, and a POST must be JSON (a form or text/plain needs no
preflight). Measured in ../shared/DESKTOP.md; precedents are Ollama's CVE-2024-28224 and the MCP
SDKs' CVE-2025-66414.
"""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

from aiohttp import web

from bridge.errors import Forbidden, UnsupportedMedia
from bridge.server.state import BRIDGE

_OWN_SITES = ("none", "same-origin")


def check_caller(request: web.Request) -> None:
    """Raises Forbidden or UnsupportedMedia for a call that may come from a web page."""
    if not _is_own(f"//{request.headers.get('Host', '')}"):
        raise Forbidden("The Host header must name this machine (127.0.0.1 or localhost).")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_own(origin):
        raise Forbidden(f"Requests from pages of {origin[:200]} are not allowed.")
    if request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
        raise Forbidden("Requests from other sites are not allowed.")
    if request.method == "POST" and request.content_type != "application/json":
        raise UnsupportedMedia("Send the body as Content-Type: application/json.")


def check_control_token(request: web.Request) -> None:
    """Raises Forbidden unless the call bears the token of the person who runs the bridge."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    if not hmac.compare_digest(given, request.app[BRIDGE].control_token.encode()):
        raise Forbidden("This needs the control token from the bridge's data folder.")


def _is_this_machine(name: str) -> bool:
    return name == "localhost" or ipaddress.ip_address(name).is_loopback


def _is_own(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("", "http") and _is_this_machine(parts.hostname or "")
    except ValueError:
        return False

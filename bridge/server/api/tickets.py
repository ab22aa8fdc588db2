"""`/control/tickets`, `/control/pages`, `/control/sign-out`: access of pages to the controls."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from bridge.errors import Forbidden, InternalError, InvalidRequest
from bridge.proof import format_address, remove_scope
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.guard import has_control_token, read_credential
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE, Bridge
from bridge.store.redirect_files import find_snap_folder
from bridge.wire.access import IssuedTicket, RedirectFile, SignedOut
from bridge.wire.control import NewRedirectFile, NewTicket, Redeemed, Ticket


async def create_ticket(request: web.Request) -> web.Response:
    """Create a ticket for a page, for the fragment (`#`) of an address that the user opens.

    Raises Forbidden for a page, whose access would not end when it signs out.
    """
    _require_control_token(request)
    body = await read_body(request, NewTicket)
    ticket = request.app[BRIDGE].tickets.issue(urlsplit(body.page).path)
    return web.json_response(asdict(IssuedTicket(ticket=ticket)))


async def create_redirect_file(request: web.Request) -> web.Response:
    """Write a file that opens a page with a ticket.

    Raises InvalidRequest for an unknown snap, InternalError if the file cannot be written, and
    Forbidden as `create_ticket`.
    """
    _require_control_token(request)
    bridge = request.app[BRIDGE]
    body = await read_body(request, NewRedirectFile)
    folder = await asyncio.to_thread(_find_folder, bridge, body.snap)
    ticket = bridge.tickets.issue(urlsplit(body.page).path)
    # The address that the caller has reached: the browser on the same computer reaches it, too.
    name = request.get_extra_info("sockname")
    if ip_address(remove_scope(name[0])).is_link_local:
        raise InvalidRequest(
            "Browsers cannot open link-local addresses. Let the bridge listen on another one "
            "(setting host)."
        )
    address = format_address(name)
    fragment = urlencode({"ticket": ticket, "page": body.page})
    url = f"http://{address}/open#{fragment}"
    try:
        file = await bridge.redirect_files.create(folder, url, ticket)
    except OSError as error:
        raise InternalError(
            f"Cannot write a file in {folder}: {error.strerror}. To open the page by hand, run: "
            "claude-bridge dashboard --url"
        ) from error
    return web.json_response(asdict(RedirectFile(file=str(file))))


async def redeem_ticket(request: web.Request) -> web.Response:
    """Start a session for a ticket. Raises Forbidden for a used, old or unknown one."""
    bridge = request.app[BRIDGE]
    body = await read_body(request, Ticket)
    # Whatever comes of it, the ticket is used up now, and so is the file with it.
    bridge.redirect_files.remove(body.ticket)
    if not bridge.tickets.redeem(body.ticket, body.page):
        raise Forbidden(
            "This link has been used, or is over a minute old. Open the page from the tray menu, "
            "or with: claude-bridge dashboard"
        )
    return web.json_response(Redeemed(token=bridge.page_sessions.open()).model_dump())


async def sign_out(request: web.Request) -> web.Response:
    """End the session that the request has; with the control token, all of them."""
    sessions = request.app[BRIDGE].page_sessions
    if has_control_token(request):
        ended = sessions.end_all()
    else:
        ended = int(sessions.end(read_credential(request)))
    return web.json_response(asdict(SignedOut(sessions=ended)))


def _require_control_token(request: web.Request) -> None:
    if not has_control_token(request):
        raise Forbidden("A page cannot open others. Run: claude-bridge dashboard")


def _find_folder(bridge: Bridge, snap: str | None) -> Path:
    if snap is None:
        return bridge.paths.pages
    folder = find_snap_folder(snap, Path.home())
    if folder is None:
        raise InvalidRequest(f"There is no snap {snap} in this user's home.", param="snap")
    return folder


_TICKET_EXAMPLE: dict[str, Any] = {"ticket": "a-ticket-that-was-taken"}
_PAGE_EXAMPLE: dict[str, Any] = {"page": "/setup"}
_FILE_EXAMPLE: dict[str, Any] = {
    "file": "/home/me/.local/share/claude-bridge/pages/open-0123456789abcdef.html"
}

ROUTES = (
    Endpoint(
        "POST",
        "/control/tickets",
        create_ticket,
        "Control",
        "Create a ticket that a page can exchange for a session, once",
        Answer("Valid for one minute.", IssuedTicket, _TICKET_EXAMPLE),
        access="token",
        body=NewTicket,
        example=_PAGE_EXAMPLE,
    ),
    Endpoint(
        "POST",
        "/control/pages",
        create_redirect_file,
        "Control",
        "Write a file that opens a page with a ticket, for a browser's command line",
        Answer("Removed after use, or in a minute.", RedirectFile, _FILE_EXAMPLE),
        access="token",
        body=NewRedirectFile,
        example=_PAGE_EXAMPLE,
        failures=(400,),
    ),
    Endpoint(
        "POST",
        "/control/tickets/redeem",
        redeem_ticket,
        "Control",
        "Exchange a ticket for a session",
        Answer("The session, for the page that was opened with the ticket.", Redeemed),
        access="open",
        body=Ticket,
        example=_TICKET_EXAMPLE,
    ),
    Endpoint(
        "POST",
        "/control/sign-out",
        sign_out,
        "Control",
        "End the page's session; with the control token, all of them",
        Answer("How many were ended.", SignedOut, {"sessions": 1}),
        access="token",
    ),
)

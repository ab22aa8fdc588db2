"""`/control/codes`: unlock a page that is open already, with a code that the user types."""

from __future__ import annotations

from dataclasses import asdict
from ipaddress import IPv6Address, ip_address
from typing import Any

from aiohttp import web

from bridge.errors import Forbidden
from bridge.proof import remove_scope
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.guard import has_control_token
from bridge.server.http.peer.find import find_peer
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE
from bridge.store.unlock_codes import SECONDS
from bridge.wire.access import IssuedCode
from bridge.wire.control import NewCode, Redeemed, UnlockCode

_ROOT = "0"
_HINT = "Get a new one from the tray menu, or with: claude-bridge dashboard"


async def create_code(request: web.Request) -> web.Response:
    """Create a code; the one before is invalid then.

    Raises Forbidden for a page, whose access would not end when it signs out.
    """
    if not has_control_token(request):
        raise Forbidden("A page cannot unlock others. Run: claude-bridge dashboard")
    await read_body(request, NewCode)
    code = request.app[BRIDGE].unlock_codes.issue()
    return web.json_response(asdict(IssuedCode(code=code, seconds=SECONDS)))


async def redeem_code(request: web.Request) -> web.Response:
    """Start a session for a code.

    Raises Forbidden for a wrong, used or old one, and for other computers and users: a code is
    short, so only programs of the user may try one. Another user's program could use up all the
    attempts, or show a page on the same port of `::1` that asks for the code and passes it on.
    A ticket unlocks a page on another computer.
    """
    bridge = request.app[BRIDGE]
    body = await read_body(request, UnlockCode)
    if not _is_on_this_computer(request):
        raise Forbidden(
            "A code unlocks pages on the bridge's own computer only. On another one, open the link "
            "of: claude-bridge dashboard --url"
        )
    # The system is asked only while there is something to try: that takes a thread, and any program
    # may send requests.
    if bridge.unlock_codes.has_valid() and not await _is_of_this_user(request):
        raise Forbidden(
            "A code works only in a browser of the user who runs the bridge. In another one, open "
            "the link of: claude-bridge dashboard --url"
        )
    if not bridge.unlock_codes.redeem(body.code):
        raise Forbidden(f"This code is wrong, used or more than 5 minutes old. {_HINT}")
    return web.json_response(Redeemed(token=bridge.page_sessions.open()).model_dump())


def _is_on_this_computer(request: web.Request) -> bool:
    peer = request.get_extra_info("peername")
    if not peer:
        return False
    address = ip_address(remove_scope(peer[0]))
    # A socket for both versions of IP names an IPv4 address as `::ffff:127.0.0.1`.
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


async def _is_of_this_user(request: web.Request) -> bool:
    peer = await find_peer(request)
    # The administrator can read the control token anyway. A browser of Windows reaches a bridge in
    # WSL through a program of root.
    return peer is not None and (peer.is_own_user or peer.user == _ROOT)


_CODE_EXAMPLE: dict[str, Any] = {"code": "K7QM-2XDR", "seconds": 300}
_TYPED_EXAMPLE: dict[str, Any] = {"code": "K7QM-2XDR"}
_NEW_CODE_EXAMPLE: dict[str, Any] = {}

ROUTES = (
    Endpoint(
        "POST",
        "/control/codes",
        create_code,
        "Control",
        "Create a code that unlocks an open page, once",
        Answer(
            "Valid for five minutes, and until the next one is created.", IssuedCode, _CODE_EXAMPLE
        ),
        access="token",
        body=NewCode,
        example=_NEW_CODE_EXAMPLE,
    ),
    Endpoint(
        "POST",
        "/control/codes/redeem",
        redeem_code,
        "Control",
        "Exchange a code for a session",
        Answer("The session, for the page that the code was typed into.", Redeemed),
        access="open",
        body=UnlockCode,
        example=_TYPED_EXAMPLE,
    ),
)

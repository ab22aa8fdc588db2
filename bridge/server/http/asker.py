"""Find who asks for computer use: by the credential, or by the program that sent the request."""

from __future__ import annotations

from aiohttp import web

from bridge.computer.approval.asker import Asker, build_asker
from bridge.errors import Forbidden
from bridge.server.http.guard import has_control_token, has_session, read_credential
from bridge.server.http.peer.base import Peer
from bridge.server.http.peer.find import find_peer, is_on_this_computer
from bridge.server.state import BRIDGE

CREDENTIAL_HINT = (
    "Send the control token, or an access key for computer use; create one with: "
    "claude-bridge key set bridge --name computer --generate --computer-use"
)


async def identify_asker(request: web.Request, claim: str) -> Asker:
    """Return who sent this request; `claim` is what it says of itself.

    A program of this user without a credential is not trusted: the user is asked. Raises Forbidden
    for another user's program, for another computer, and if the system does not tell.
    """
    credential = await _find_credential(request)
    peer = await find_peer(request)
    if peer is None or not peer.is_own_user:
        if not credential:
            raise Forbidden(_explain_refusal(request, peer))
        return build_asker((), "", claim=claim, credential=credential)
    return build_asker(
        [(process.program, process.pid) for process in peer.processes],
        peer.user,
        claim=claim,
        origin=request.headers.get("Origin", ""),
        credential=credential,
    )


async def _find_credential(request: web.Request) -> str:
    """Return the name of a credential for computer use, or "" without one."""
    if has_control_token(request):
        return "the control token"
    if has_session(request):
        return "a session of the dashboard"
    key = await request.app[BRIDGE].keys.find_key(read_credential(request))
    return f"the access key “{key.name}”" if key is not None and key.computer else ""


def _explain_refusal(request: web.Request, peer: Peer | None) -> str:
    if peer is not None:
        return f"Computer use is only for the user who runs the bridge. {CREDENTIAL_HINT}"
    if is_on_this_computer(request):
        return f"The system did not say which program sent the request. {CREDENTIAL_HINT}"
    return f"Computer use is not for programs on other computers. {CREDENTIAL_HINT}"

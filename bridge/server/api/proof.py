"""`POST /proof`: prove to a command that this server has the user's control token."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from bridge.proof import compute_proof, format_address
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.request_body import read_body
from bridge.server.state import BRIDGE
from bridge.wire.access import Proof
from bridge.wire.control import Challenge


async def prove_identity(request: web.Request) -> web.Response:
    """Return the proof for this nonce and the address that the request has reached."""
    body = await read_body(request, Challenge)
    # Not the address in the settings, which may be 0.0.0.0, nor the Host header, which is the
    # caller's word: a program on another port could forward the nonce to this server.
    name = request.get_extra_info("sockname")
    address = format_address(name)
    proof = compute_proof(request.app[BRIDGE].control_token, body.nonce, address)
    return web.json_response(asdict(Proof(proof=proof)), headers={"Cache-Control": "no-store"})


_CHALLENGE_EXAMPLE: dict[str, Any] = {"nonce": "a-nonce-that-is-used-only-once"}
_EXAMPLE: dict[str, Any] = {"proof": "0123456789abcdef" * 4}

ROUTES = (
    Endpoint(
        "POST",
        "/proof",
        prove_identity,
        "Control",
        "Prove that the server has the control token",
        Answer("The proof, which is worthless for another nonce or address.", Proof, _EXAMPLE),
        access="open",
        body=Challenge,
        example=_CHALLENGE_EXAMPLE,
        failures=(400,),
    ),
)

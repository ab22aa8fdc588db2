"""Have the bridge prove that it has the control token, before the token is sent to it."""

import hashlib
import hmac
import json
import secrets
from ipaddress import IPv6Address, ip_address
from typing import Any

from .answer import AnswerFailed
from .request import Address, build_request

PATH = "/proof"
BODY_LIMIT = 1000
# The same as in `bridge.proof`, which cannot be imported inside Talon.
PURPOSE = "claude-bridge control"


class Challenge:
    """A question that only a server with the control token can answer, once."""

    def __init__(self, token: str) -> None:
        """Choose a nonce."""
        self._token = token
        self._nonce = secrets.token_urlsafe(24)

    def build_request(self, address: Address) -> bytes:
        """Return the request to send first on a connection."""
        return build_request(address, "POST", PATH, "", {"nonce": self._nonce}, keep_alive=True)

    def check(self, body: bytes, peer: Any) -> None:
        """Raise AnswerFailed unless the response proves it; `peer` is the socket's peer name."""
        message = f"{PURPOSE}|{self._nonce}|{format_peer(peer)}"
        expected = hmac.new(self._token.encode(), message.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(_read_proof(body), expected.encode()):
            raise AnswerFailed(
                "The program at the bridge's address did not prove that it is your bridge. "
                "If it is one of an older version, restart it."
            )


def format_peer(peer: Any) -> str:
    """Return host and port of the other end of a connection, as the bridge writes them."""
    address = ip_address(str(peer[0]).partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    host = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    return f"{host}:{peer[1]}"


def _read_proof(body: bytes) -> bytes:
    try:
        proof = json.loads(body[:BODY_LIMIT])["proof"]
    # Another program answers with anything.
    except (ValueError, KeyError, TypeError, RecursionError):
        return b""
    return str(proof).encode("utf-8", "surrogatepass")

"""Prove that a server has the control token, without sending the token.

Before a command sends the control token, it sends a random nonce. The server answers with
HMAC-SHA256(token, "purpose|nonce|address"). The address is the one that the server was reached on,
and the client compares it with the one it has connected to. So another program on that port cannot
pass on the proof of the real server, which listens at another address.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

PURPOSE = "claude-bridge control"
"""What the proof is for; another use of the token as a key needs another purpose."""

PATH = "/proof"


def make_nonce() -> str:
    """Return a nonce that was never used before: ASCII letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(24)


def compute_proof(token: str, nonce: str, address: str) -> str:
    """Return the proof as hexadecimal digits; `address` is from `format_address`."""
    message = f"{PURPOSE}|{nonce}|{address}"
    return hmac.new(token.encode(), message.encode(), hashlib.sha256).hexdigest()


def is_proof(proof: object, token: str, nonce: str, address: str) -> bool:
    """Return whether a server's answer proves that it has the token; empty tokens prove nothing."""
    expected = compute_proof(token, nonce, address)
    return bool(token) and hmac.compare_digest(
        str(proof).encode("utf-8", "surrogatepass"), expected.encode()
    )


@contextmanager
def limit_exchange(sock: socket.socket, seconds: float) -> Iterator[None]:
    """Shut the socket down if the block has not ended after `seconds`.

    The socket's own timeout is for each read: a hostile program that sends a byte a second, or
    `100 Continue` without end, would keep the caller for ever. Raises TimeoutError.
    """
    # Imported here: few of the programs that import this module exchange a proof.
    import threading

    has_ended = threading.Event()

    def end() -> None:
        has_ended.set()
        # It may be closed already.
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    cause: Exception | None = None
    try:
        yield
    except Exception as error:
        # The shutdown ends the data, at any place in it.
        if not has_ended.is_set():
            raise
        cause = error
    finally:
        timer.cancel()
    if has_ended.is_set():
        raise TimeoutError("the proof took too long") from cause


def format_address(name: tuple[object, ...]) -> str:
    """Return `host:port` of a socket's name, the same on both ends of a connection."""
    host = remove_scope(str(name[0]))
    address = ipaddress.ip_address(host)
    # A socket for both IP versions shows IPv4 peers as ::ffff:127.0.0.1.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return format_netloc(str(mapped or address), int(str(name[1])))


def resolve_address(host: str, port: int) -> tuple[Any, ...]:
    """Return the name for `socket.bind`; unlike a pair, it has the scope of a link-local address.

    Raises OSError for an address with an unknown scope.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0][4]


def format_netloc(host: str, port: int) -> str:
    """Return host and port as in a URL, an IPv6 address in brackets."""
    host = remove_brackets(host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def remove_brackets(host: str) -> str:
    """Return an IPv6 address without the brackets that it has in a URL."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def remove_scope(host: str) -> str:
    """Return an address without its scope, such as `%eth0`, which means something locally only."""
    return host.partition("%")[0]

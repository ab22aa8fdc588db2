"""A server for one connection, which answers with bytes that a test has written."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from time import sleep

from bridge.proof import compute_proof, format_address

_MOST_BYTES = 65_536
_SECONDS = 5.0


@contextmanager
def answer_with(response: bytes, token: str = "") -> Iterator[tuple[str, list[bytes]]]:
    """Yield the address of a server that sends `response`, and all that it has read, as one entry.

    With a token, it proves first that it has it.
    """
    requests: list[bytes] = []

    def answer() -> None:
        client, _ = listening.accept()
        with client:
            if token:
                challenge = b""
                while not challenge.endswith(b"}"):
                    challenge += client.recv(_MOST_BYTES)
                client.sendall(write_proof(challenge, token, client.getsockname()))
            requests.append(client.recv(_MOST_BYTES))
            with suppress(OSError):
                client.sendall(response)
                # The client sees the end, but what it sends in spite of it is still read.
                client.shutdown(socket.SHUT_WR)
                client.settimeout(_SECONDS)
                while more := client.recv(_MOST_BYTES):
                    requests[-1] += more

    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = Thread(target=answer)
        answering.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", requests
        answering.join()


ENDLESS = {
    "a byte, then another": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    "a body that goes on": (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}
"""What keeps a client that only limits the time of each read: the beginning, and what follows."""


@contextmanager
def answer_endlessly(begin: bytes, piece: bytes) -> Iterator[str]:
    """Yield the address of a server that goes on to send `piece` until the client leaves."""

    def answer() -> None:
        client, _ = listening.accept()
        # The client leaves with data that it has not read, or does not come at all.
        with client, suppress(OSError):
            client.recv(_MOST_BYTES)
            client.sendall(begin)
            while True:
                client.sendall(piece)
                sleep(0.02)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = Thread(target=answer)
        answering.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        answering.join()


def write_proof(request: bytes, token: str, name: tuple[object, ...]) -> bytes:
    """Return the response of a server with this token to `POST /proof`."""
    assert request.startswith(b"POST /proof ")
    match = re.search(rb'{"nonce": "([\w-]+)"}$', request)
    assert match is not None, request
    proof = compute_proof(token, match[1].decode(), format_address(name))
    body = f'{{"proof": "{proof}"}}'.encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

"""Find the program that sent a request, while its connection is open."""

from __future__ import annotations

import asyncio
import functools
import sys

from aiohttp import web

from bridge.server.http.peer.base import Peer, PeerFinder, normalize_address


async def find_peer(request: web.Request) -> Peer | None:
    """Find who has the other end of the request's connection now.

    None for another computer, and if this system does not tell. Found again for each request: a
    connection may be handed to another process.
    """
    ends = _read_ends(request)
    if ends is None:
        return None
    # In a thread: the system's tables are long.
    return await asyncio.to_thread(_open_finder().find, *ends)


def is_on_this_computer(request: web.Request) -> bool:
    """Return whether both ends of the connection are on this computer."""
    ends = _read_ends(request)
    if ends is None:
        return False
    (server, _), (client, _) = map(normalize_address, ends)
    # A program that connects to this computer's own address in the network uses that address.
    return client == server or client.startswith("127.") or client == "::1"


def _read_ends(request: web.Request) -> tuple[tuple[str, int], tuple[str, int]] | None:
    # Without a transport the client has left.
    transport = request.transport
    names = [transport and transport.get_extra_info(name) for name in ("sockname", "peername")]
    server, client = (name[:2] if isinstance(name, tuple) else None for name in names)
    return None if server is None or client is None else (server, client)


@functools.cache
def _open_finder() -> PeerFinder:
    if sys.platform == "linux":
        from bridge.server.http.peer.linux import LinuxPeers

        return LinuxPeers()
    from bridge.server.http.peer.process_table import open_process_table

    return open_process_table()

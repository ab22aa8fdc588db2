"""The other end of a connection, as Windows and macOS tell it."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

import pytest

from bridge.server.http.peer.base import Peer, Process
from bridge.server.http.peer.process_table import (
    Connection,
    Owner,
    ProcessTablePeers,
    open_process_table,
)

BRIDGE, CLIENT = ("127.0.0.1", 8000), ("127.0.0.1", 49153)
TABLE = [
    Connection(BRIDGE, CLIENT, 10),
    Connection(CLIENT, BRIDGE, 41),
    Connection(("127.0.0.1", 49154), BRIDGE, 42),
]
CURL = r"C:\Windows\System32\curl.exe"


def find(owners: Mapping[int, Owner], table: list[Connection] = TABLE) -> Peer | None:
    peers = ProcessTablePeers(lambda: table, lambda pid: owners[pid], r"PC\anna")
    return peers.find(BRIDGE, CLIENT)


def test_the_program_of_a_connection_is_found() -> None:
    assert find({41: Owner(CURL, r"PC\anna")}) == Peer(r"PC\anna", True, (Process(41, CURL),))


def test_another_users_program_is_not_named() -> None:
    assert find({41: Owner(CURL, r"PC\ben")}) == Peer(r"PC\ben", False)


@pytest.mark.parametrize("owner", [Owner(), Owner(CURL, "")])
def test_a_user_that_the_system_does_not_tell_is_not_known(owner: Owner) -> None:
    assert find({41: owner}) is None


def test_a_connection_that_is_not_listed_is_not_known() -> None:
    assert find({}, TABLE[:1]) is None


def test_a_connection_that_two_users_share_is_not_known() -> None:
    shared = [*TABLE, Connection(CLIENT, BRIDGE, 43)]
    assert find({41: Owner(CURL, r"PC\anna"), 43: Owner(CURL, r"PC\ben")}, shared) is None


def test_this_process_is_found_on_this_machine() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        peer = open_process_table().find(server.getsockname(), client.getsockname())
    assert peer is not None
    assert peer.is_own_user
    assert [process.pid for process in peer.processes] == [os.getpid()]

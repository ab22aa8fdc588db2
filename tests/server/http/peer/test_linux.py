"""The other end of a connection in `/proc`: recorded tables, and this machine's own."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from bridge.server.http.peer.base import Peer, Process, normalize_address
from bridge.server.http.peer.linux import LinuxPeers, parse_sockets

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the form of Linux' /proc")

HEAD = "sl local_address rem_address st queues tr tm->when retrnsmt uid timeout inode\n"
# The bridge listens on port 8000 (1F40). In order: its own socket, the bridge's end of the
# connection, the client's end, a client of user 65534, and a client that has closed its socket.
TCP = HEAD + (
    "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 501 1 0\n"
    "   1: 0100007F:1F40 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000 0 502 1 0\n"
    "   2: 0100007F:C001 0100007F:1F40 01 00000000:00000000 00:00000000 00000000  1000 0 503 1 0\n"
    "   3: 0100007F:C002 0100007F:1F40 01 00000000:00000000 00:00000000 00000000 65534 0 504 1 0\n"
    "   4: 0100007F:C003 0100007F:1F40 05 00000000:00000000 00:00000000 00000000     0 0   0 1 0\n"
)
TCP6 = HEAD + (
    "   0: 00000000000000000000000001000000:C004 00000000000000000000000001000000:1F40 01 "
    "00000000:00000000 00:00000000 00000000  1000 0 505 1 0\n"
    "   1: 0000000000000000FFFF00000100007F:C005 0000000000000000FFFF00000100007F:1F40 01 "
    "00000000:00000000 00:00000000 00000000  1000 0 506 1 0\n"
)
BRIDGE = ("127.0.0.1", 8000)
CURL = Peer("1000", True, (Process(41, "/usr/bin/curl"),))


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(TCP)
    (tmp_path / "net" / "tcp6").write_text(TCP6)
    return tmp_path


def add_process(
    proc: Path, pid: int, inode: int, program: str = "/usr/bin/curl", uid: int = 1000
) -> Path:
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "fd" / "0").symlink_to("/dev/null")
    (folder / "fd" / "3").symlink_to(f"socket:[{inode}]")
    (folder / "exe").symlink_to(program)
    (folder / "status").write_text(f"Name:\tx\nUid:\t1000\t{uid}\t1000\t1000\n")
    (folder / "stat").write_text(f"{pid} (a (b) c) S {' '.join(str(n) for n in range(1, 40))}\n")
    return folder


def test_the_program_of_a_connection_is_found(proc: Path) -> None:
    add_process(proc, 40, 502, "/usr/bin/bridge")
    add_process(proc, 41, 503)
    assert LinuxPeers(proc, 1000).find(BRIDGE, ("127.0.0.1", 0xC001)) == CURL


@pytest.mark.parametrize(
    ("inode", "server", "client"),
    [
        (505, ("::1", 8000), ("::1", 0xC004)),
        # The bridge sees an IPv4 connection, the client made it with an IPv6 socket.
        (506, BRIDGE, ("127.0.0.1", 0xC005)),
        (506, ("::ffff:127.0.0.1", 8000), ("::ffff:127.0.0.1", 0xC005)),
    ],
)
def test_ipv6_is_found(
    proc: Path, inode: int, server: tuple[str, int], client: tuple[str, int]
) -> None:
    add_process(proc, 41, inode)
    assert LinuxPeers(proc, 1000).find(server, client) == CURL


def test_another_user_is_named_although_their_processes_cannot_be_read(proc: Path) -> None:
    assert LinuxPeers(proc, 1000).find(BRIDGE, ("127.0.0.1", 0xC002)) == Peer("65534", False)


def test_a_client_that_has_closed_its_socket_is_not_root(proc: Path) -> None:
    """The kernel shows such a socket with user 0, who may be the user of the bridge."""
    assert LinuxPeers(proc, 0).find(BRIDGE, ("127.0.0.1", 0xC003)) is None
    assert LinuxPeers(proc, 0).find(BRIDGE, ("127.0.0.1", 0xC009)) is None


def test_a_connection_that_was_handed_to_another_user_is_theirs(proc: Path) -> None:
    """A socket keeps the user who made it, also after `setuid` in the process that has it."""
    add_process(proc, 41, 503)
    add_process(proc, 42, 503, "/usr/bin/nc", uid=65534)
    assert LinuxPeers(proc, 1000).find(BRIDGE, ("127.0.0.1", 0xC001)) == Peer("65534", False)


def test_every_process_that_shares_a_connection_is_named(proc: Path) -> None:
    add_process(proc, 41, 503)
    add_process(proc, 42, 503, "/usr/bin/python3")
    peer = LinuxPeers(proc, 1000).find(BRIDGE, ("127.0.0.1", 0xC001))
    assert peer is not None
    assert {process.program for process in peer.processes} == {"/usr/bin/curl", "/usr/bin/python3"}


def test_a_process_without_a_readable_program_is_unknown(proc: Path) -> None:
    (add_process(proc, 41, 503) / "exe").unlink()
    peer = LinuxPeers(proc, 1000).find(BRIDGE, ("127.0.0.1", 0xC001))
    assert peer == Peer("1000", True, (Process(41, ""),))


def test_a_number_that_was_given_to_another_process_is_unknown(
    proc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_process(proc, 41, 503)
    starts = iter(["100", "900"])
    monkeypatch.setattr("bridge.server.http.peer.linux._read_start", lambda folder: next(starts))
    peer = LinuxPeers(proc, 1000).find(BRIDGE, ("127.0.0.1", 0xC001))
    assert peer == Peer("1000", True, (Process(41, ""),))


def test_a_kernel_without_ipv6_has_one_table(proc: Path) -> None:
    (proc / "net" / "tcp6").unlink()
    add_process(proc, 41, 503)
    assert LinuxPeers(proc, 1000).find(BRIDGE, ("127.0.0.1", 0xC001)) == CURL


def test_the_tables_are_parsed() -> None:
    assert [(row.remote, row.uid, row.inode) for row in parse_sockets(TCP)][2:4] == [
        (BRIDGE, 1000, 503),
        (BRIDGE, 65534, 504),
    ]
    assert normalize_address(("fe80::1%eth0", 1)) == ("fe80::1", 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_this_process_is_found_on_this_machine(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server((host, 0), family=family) as server,
        socket.create_connection(server.getsockname()[:2]) as client,
    ):
        peer = LinuxPeers().find(server.getsockname()[:2], client.getsockname()[:2])
    assert peer is not None
    assert peer.is_own_user
    assert [process.program for process in peer.processes] == [str(Path(sys.executable).resolve())]

"""The voice commands ask for the proof that the bridge gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.proof import PURPOSE, compute_proof, format_address
from bridge.running import describe_own_process, write_record
from bridge.settings import find_paths
from talon_user.wire import proof
from talon_user.wire.answer import AnswerFailed
from talon_user.wire.proof import Challenge, format_peer
from talon_user.wire.request import Address
from talon_user.wire.running import find_running_url

PEERS = [
    ("127.0.0.1", 8000),
    ("::1", 8000, 0, 0),
    ("::ffff:127.0.0.1", 8000, 0, 0),
    ("fe80::1%eth0", 8000, 0, 2),
]


@pytest.mark.parametrize("peer", PEERS)
def test_it_is_the_bridges_own(peer: tuple[object, ...]) -> None:
    assert proof.PURPOSE == PURPOSE
    assert format_peer(peer) == format_address(peer)
    challenge = Challenge("token")
    request = challenge.build_request(Address("127.0.0.1", 8000))
    assert b"token" not in request
    assert b"Connection: close" not in request
    nonce = json.loads(request.partition(b"\r\n\r\n")[2])["nonce"]
    right = compute_proof("token", nonce, format_address(peer))
    challenge.check(json.dumps({"proof": right}).encode(), peer)
    wrong = compute_proof("token", nonce, "127.0.0.1:1")
    for body in (json.dumps({"proof": wrong}).encode(), b"", b"[]", b"[" * 100_000, b"\xff"):
        with pytest.raises(AnswerFailed, match="did not prove"):
            challenge.check(body, peer)


def test_the_running_bridge_is_found(home: Path) -> None:
    assert find_running_url(8000) is None
    data = find_paths().data
    data.mkdir(parents=True)
    for port in (8001, 8000, 8002):
        write_record(data, describe_own_process(f"http://127.0.0.1:{port}", "1"))
    assert find_running_url(8000) == "http://127.0.0.1:8000"
    assert find_running_url(8001) == "http://127.0.0.1:8001"


@pytest.mark.parametrize(
    ("listening", "found"),
    [
        ("http://0.0.0.0:8001", "http://127.0.0.1:8001"),
        ("http://[::]:8001", "http://[::1]:8001"),
        ("http://[::1]:8001", "http://[::1]:8001"),
    ],
)
def test_a_bridge_on_every_address_is_reached_on_loopback(
    home: Path, listening: str, found: str
) -> None:
    find_paths().data.mkdir(parents=True)
    write_record(find_paths().data, describe_own_process(listening, "1"))
    assert find_running_url(8000) == found


@pytest.mark.parametrize(
    "content", ["", "[]", "[" * 100_000, '{"url": "http://x:1", "pid": 1, "started_at": 1}']
)
def test_a_damaged_file_is_ignored(home: Path, content: str) -> None:
    find_paths().data.mkdir(parents=True)
    (find_paths().data / "running.json").write_text(content)
    assert find_running_url(8000) is None

"""A server proves that it has the control token; the proof is for one nonce and one address."""

from __future__ import annotations

import pytest

from bridge.proof import compute_proof, format_address, is_proof, make_nonce
from bridge.wire.control import Challenge

TOKEN = "the-control-token"
ADDRESS = "127.0.0.1:8000"


def test_a_proof_is_for_one_token_nonce_and_address() -> None:
    nonce = make_nonce()
    proof = compute_proof(TOKEN, nonce, ADDRESS)
    assert is_proof(proof, TOKEN, nonce, ADDRESS)
    assert not is_proof(proof, "another", nonce, ADDRESS)
    assert not is_proof(proof, TOKEN, make_nonce(), ADDRESS)
    assert not is_proof(proof, TOKEN, nonce, "127.0.0.1:8001")
    assert not is_proof(proof, TOKEN, nonce, "[::1]:8000")


@pytest.mark.parametrize("proof", [None, "", 0, [], "é", "\ud800"])
def test_anything_else_is_no_proof(proof: object) -> None:
    assert not is_proof(proof, TOKEN, "n" * 32, ADDRESS)


def test_an_empty_token_proves_nothing() -> None:
    nonce = make_nonce()
    assert not is_proof(compute_proof("", nonce, ADDRESS), "", nonce, ADDRESS)


def test_nonces_are_new_and_have_the_form_that_the_server_accepts() -> None:
    nonces = {make_nonce() for _ in range(100)}
    assert len(nonces) == 100
    assert all(Challenge(nonce=nonce) for nonce in nonces)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (("127.0.0.1", 8000), "127.0.0.1:8000"),
        (("::1", 8000, 0, 0), "[::1]:8000"),
        (("::ffff:127.0.0.1", 8000, 0, 0), "127.0.0.1:8000"),
        (("fe80::1%eth0", 8000, 0, 2), "[fe80::1]:8000"),
        (("0:0:0:0:0:0:0:1", 8000, 0, 0), "[::1]:8000"),
    ],
)
def test_both_ends_of_a_connection_write_its_address_alike(
    name: tuple[object, ...], expected: str
) -> None:
    assert format_address(name) == expected

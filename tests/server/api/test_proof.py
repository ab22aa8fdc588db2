"""`POST /proof` proves that a server has the control token, and tells nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

import aiohttp
import pytest

from bridge.proof import compute_proof, make_nonce
from bridge.server.state import Bridge
from tests.conftest import StartBridge


async def get_proof(url: str, nonce: str) -> tuple[int, dict[str, object]]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/proof", json={"nonce": nonce}) as answer,
    ):
        return answer.status, await answer.json()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_the_proof_is_for_the_address_that_was_reached(
    start_bridge: StartBridge, host: str
) -> None:
    bridge = await start_bridge(backend="offline", host=host)
    nonce = make_nonce()
    address = urlsplit(bridge.url).netloc
    expected = compute_proof(bridge.control_token, nonce, address)
    assert await get_proof(bridge.url, nonce) == (200, {"proof": expected})


@pytest.mark.parametrize(
    "nonce", ["", "short", "n" * 21, "n" * 129, "n" * 22 + "|", "n" * 22 + "\n"]
)
async def test_a_nonce_that_could_be_guessed_or_misread_is_refused(
    start_bridge: StartBridge, nonce: str
) -> None:
    bridge: Bridge = await start_bridge(backend="offline")
    status, body = await get_proof(bridge.url, nonce)
    assert status == 400
    assert bridge.control_token not in str(body)

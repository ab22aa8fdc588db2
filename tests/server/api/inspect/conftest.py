"""A recorder that is on, and a session with the control token."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bridge.server.state import Bridge


@pytest.fixture
async def session(bridge: Bridge) -> AsyncIterator[aiohttp.ClientSession]:
    """A session with the control token; the recorder is on."""
    bridge.recorder.turn_on(30)
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with aiohttp.ClientSession(bridge.url, headers=headers) as opened:
        yield opened

"""Has a bridge act on the desktop, as a program with the control token does."""

from __future__ import annotations

from typing import Any

import aiohttp

from bridge.server.state import Bridge


async def post_actions(bridge: Bridge, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.post("/computer/actions", json=body) as answer,
    ):
        return await answer.json()

"""An error in a body names the wrong field."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import aiohttp
import pytest

from bridge.cli.client import BridgeClient, RequestRefused
from tests.conftest import StartBridge

HI = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        (b"{", None, "not valid JSON"),
        (b"[]", None, "must be a JSON object"),
        (b"", "model", "Missing required parameter: model."),
        ({"model": "m"}, "messages", "Missing required parameter: messages."),
        ({"model": 3, "messages": HI}, "model", "Invalid value for model"),
        ({"model": "m", "messages": []}, "messages", "it must not be empty"),
        ({"model": "m", "messages": [{"role": "robot"}]}, "messages[0]", "'robot'"),
        ({"model": "m", "messages": [{"content": "x"}]}, "messages[0]", "it has no 'role'"),
        ({"model": "m", "messages": [{"role": "tool"}]}, "messages[0].tool_call_id", "Missing"),
        (
            {"model": "m", "messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages[0].content[0].text",
            "Missing",
        ),
        ({"model": "m", "messages": HI, "temperature": 3}, "temperature", "at most 2"),
        ({"model": "m", "messages": HI, "n": 9}, "n", "at most 8"),
    ],
)
async def test_a_wrong_body(
    start_bridge: StartBridge, body: Any, param: str | None, message: str
) -> None:
    bridge = await start_bridge(backend="offline")
    data = {"data": body} if isinstance(body, bytes) else {"json": body}
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/chat/completions", headers=headers, **data) as answer,
    ):
        error = (await answer.json())["error"]
    assert (answer.status, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert message in error["message"]


async def test_a_body_that_is_too_large_is_rejected(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline", max_body_mb=1)
    body = {"model": "bridge-echo", "messages": [{"role": "user", "content": "x" * 1_100_000}]}
    data, headers = io.BytesIO(json.dumps(body).encode()), {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/chat/completions", data=data, headers=headers) as answer,
    ):
        assert answer.status == 413
        assert "max_body_mb" in (await answer.json())["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/models/nothing", 404, "model_not_found"),
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
    ],
)
async def test_a_wrong_path(
    start_bridge: StartBridge, method: str, path: str, status: int, code: str
) -> None:
    bridge = await start_bridge(backend="offline")
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, bridge.url + path) as answer,
    ):
        assert answer.status == status
        assert (await answer.json())["error"]["code"] == code
        assert answer.headers["x-request-id"].startswith("req_")


async def test_small_bodies_get_through_while_large_ones_fill_the_memory(
    start_bridge: StartBridge,
) -> None:
    """So that a command can stop computer use at any time."""
    bridge = await start_bridge(backend="offline", max_bodies_mb=1)
    bridge.bodies.open_lease().add(bridge.bodies.limit)
    client = BridgeClient(bridge.url, bridge.control_token, timeout=5)
    switched = await asyncio.to_thread(
        client.send, "POST", "/control/switches", {"computer": {"mode": "off"}}
    )
    assert switched.json()["computer"]["mode"] == "off"
    with pytest.raises(RequestRefused, match="max_bodies_mb"):
        long = {"model": "bridge-echo", "input": "x" * 5000}
        await asyncio.to_thread(client.send, "POST", "/v1/responses", long)
    client.close()

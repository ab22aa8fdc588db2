"""Recorded requests as tests: each file in `cases` is played, and must be translated as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.server.state import Bridge
from tests.fake_anthropic.script import Reply
from tests.fake_anthropic.server import FakeAnthropic

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_a_recorded_request_is_translated_as_it_was(
    bridge: Bridge, fake: FakeAnthropic, path: Path
) -> None:
    await play_case(bridge, fake, json.loads(path.read_text("utf-8")))


async def play_case(bridge: Bridge, fake: FakeAnthropic, case: Any) -> None:
    """Send the client's request to the bridge, and compare all that must be as it was."""
    before = len(fake.requests)
    fake.script(*(Reply(events=tuple(call["events"])) for call in case["calls"]))
    async with (
        aiohttp.ClientSession(bridge.url, headers=case["headers"]) as session,
        session.post(case["path"], json=case["request"]) as answer,
    ):
        await answer.read()
        notices = answer.headers.get("x-bridge-notice", "")
    sent = [request.body for request in fake.requests[before:]]
    assert sent == [{**call["request"], "stream": True} for call in case["calls"]]
    assert notices == "; ".join(case["notices"])
    assert answer.status == case["status"]

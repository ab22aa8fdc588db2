"""What somebody might do to the recorder to see, to keep or to fill more than they may."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from bridge.inspect.recorder import MOST_BYTES
from bridge.server.state import Bridge
from tests.fake_anthropic.script import Reply, Text
from tests.fake_anthropic.server import FakeAnthropic
from tests.inspect.search import is_stored
from tests.server.api.inspect.test_exchanges import CHAT, get_last

STREAM = {**CHAT, "stream": True}


@pytest.mark.parametrize("path", ["", "/exchanges", "/exchanges/1", "/exchanges/1/case", "/events"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.com"},
        {"Host": "example.com"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
    ],
    ids=["origin", "host", "fetch"],
)
async def test_the_token_does_not_help_another_origin(
    bridge: Bridge, session: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    async with session.post("/v1/chat/completions", json=CHAT):
        pass
    async with session.get(f"/inspect{path}", headers=headers) as answer:
        assert answer.status == 403
        assert "2+2" not in await answer.text()
    async with session.post("/inspect", json={"on": False}, headers=headers) as answer:
        assert answer.status == 403
    assert bridge.recorder.is_on


async def test_off_in_the_middle_of_an_answer(
    bridge: Bridge, fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    words = tuple(f"Swordfish{number} " for number in range(20))
    fake.script(Reply((Text("".join(words), pieces=words),), delay=0.01))
    async with session.post("/v1/chat/completions", json=STREAM) as answer:
        await answer.content.readuntil(b"Swordfish3")
        running = bridge.recorder.list_exchanges()
        assert len(running) == 1
        del running
        bridge.recorder.turn_off()
        assert not is_stored(bridge.recorder, "Swordfish")
        # The answer goes on, and on again records only what begins then.
        bridge.recorder.turn_on(5)
        assert b"[DONE]" in await answer.read()
    assert bridge.recorder.count == 0
    assert not is_stored(bridge.recorder, "Swordfish")


async def test_huge_events_stay_within_the_bound(
    bridge: Bridge, fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    huge = "w" * (5 << 20)
    for stream in (True, False, True, False):
        fake.script(Reply((Text(huge * 3, pieces=(huge,) * 3),)))
        async with session.post("/v1/chat/completions", json={**CHAT, "stream": stream}) as answer:
            await answer.read()
            assert answer.status == 200
        assert bridge.recorder.size <= MOST_BYTES
    stored = sum(map(bridge.recorder.get_size, (e.id for e in bridge.recorder.list_exchanges())))
    assert stored == bridge.recorder.size <= MOST_BYTES
    assert bridge.recorder.dropped > 0


async def test_followers_that_never_read_hold_up_nobody(
    bridge: Bridge, session: aiohttp.ClientSession
) -> None:
    followers = [await session.get("/inspect/events") for _ in range(20)]
    async with asyncio.timeout(60):
        for _ in range(100):
            async with session.post("/v1/chat/completions", json=CHAT) as answer:
                assert answer.status == 200
        # What has changed is a set: it does not grow with the number of changes.
        assert all(len(watcher._changed) <= 101 for watcher in bridge.recorder._watchers)
        detail = await get_last(session)
    assert detail["status"] == 200
    for follower in followers:
        follower.close()


async def test_a_body_of_nested_lists_is_shown(session: aiohttp.ClientSession) -> None:
    for body in ("[" * 100_000, '{"model": "default", "messages": ' + "[" * 390 + "]" * 390 + "}"):
        typed = {"Content-Type": "application/json"}
        async with session.post("/v1/chat/completions", data=body, headers=typed) as answer:
            assert answer.status == 400
        detail = await get_last(session)
        assert json.dumps(detail)
        async with session.get(f"/inspect/exchanges/{detail['id']}/case") as answer:
            assert answer.status == 200

"""Two hundred recorded requests to all endpoints, with errors, cuts and time-outs among them."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from bridge.server.state import Bridge
from tests.fake_anthropic.script import (
    CutOff,
    Drop,
    Failure,
    Hang,
    Reply,
    Text,
    ToolUse,
    says,
)
from tests.fake_anthropic.server import FakeAnthropic

COUNT = 200
REJECTED = 3
CLICK = ToolUse("left_click", {"coordinate": [100, 200]}, toolset_name="computer")
TOOL = {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}
CHAT: dict[str, Any] = {
    "model": "gpt-4o",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is the capital of France?"},
    ],
    "seed": 7,
    "verbosity": "low",
    "stop": ["END"],
}
BODIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/chat/completions", {**CHAT, "stream": True}),
    ("/v1/chat/completions", CHAT),
    ("/v1/responses", {"model": "default", "input": "Name a river.", "stream": True}),
    (
        "/v1/messages",
        {
            "model": "claude-haiku-5-5",
            "max_tokens": 200,
            "messages": [{"role": "user", "content": "Name a lake."}],
        },
    ),
    ("/v1/completions", {"model": "default", "prompt": "Once upon"}),
    ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "Hi"}),
    ("/v1/messages/count_tokens", {"model": "claude-haiku-5-5", "messages": CHAT["messages"][1:]}),
)
STREAM = {**CHAT, "stream": True}
FAULTS = (
    Failure(429, message="Slow down."),
    Failure(529),
    Failure(400, message="temperature: not for this model"),
    Reply((Text("one two three four"),), fault=Drop(2)),
    Reply((Text("one two three four"),), fault=CutOff(2)),
    Reply((Text("one two three four"),), fault=Hang(2)),
)


async def fill_recorder(bridge: Bridge, fake: FakeAnthropic, count: int = COUNT) -> None:
    """Turn the recorder on and send the requests; the last one is a chat that is streamed.

    The bridge must have a desktop, with a window to click on.
    """
    bridge.recorder.turn_on(30)
    async with aiohttp.ClientSession(bridge.url, headers={"User-Agent": "editor/1.0"}) as session:
        for fault in FAULTS:
            fake.script(fault)
            await _send(session, "/v1/chat/completions", STREAM)
        # Not a JSON object, an unknown model, and a run while computer use is off.
        await _send(session, "/v1/chat/completions", [])
        await _send(session, "/v1/chat/completions", {**CHAT, "model": "nobody-knows-this"})
        await _send(session, "/computer/runs", {"prompt": "Open the editor."}, bridge.control_token)
        done = len(FAULTS) + 4
        # A run that clicks on the fake desktop.
        permission = {"computer": {"mode": "allowed", "minutes": 1}}
        await _send(session, "/control/switches", permission, bridge.control_token)
        fake.script(Reply((Text("I click."), CLICK)), says("Done."))
        await _send(session, "/computer/runs", {"prompt": "Click."}, bridge.control_token)
        await _send(
            session, "/control/switches", {"computer": {"mode": "off"}}, bridge.control_token
        )
        # Not let in: a wrong path, another host, and a page of another site.
        await _send(session, "/v2/chat/completions", CHAT)
        await _send(session, "/v1/chat/completions", CHAT, Host="example.com")
        await _send(session, "/v1/chat/completions", CHAT, Origin="https://example.com")
        done += 1 + REJECTED
        fake.script(Reply((Text("one two three"),), delay=30))
        async with session.post("/v1/chat/completions", json=STREAM):
            pass
        at_once = asyncio.Semaphore(8)
        bodies = [BODIES[number % len(BODIES)] for number in range(count - done - 2)]

        async def send(path: str, body: Any) -> None:
            async with at_once:
                await _send(session, path, body)

        await asyncio.gather(*(send(*body) for body in bodies))
        fake.script(says("Paris is the capital."))
        await _send(session, "/v1/chat/completions", CHAT)
        fake.script(says("The capital of France is Paris."))
        await _send(session, "/v1/chat/completions", {**STREAM, "tools": [TOOL]})
    async with asyncio.timeout(30):
        with bridge.recorder.watch() as watcher:
            while any(e.outcome is None for e in bridge.recorder.list_exchanges()):
                await watcher.wait()


async def _send(
    session: aiohttp.ClientSession, path: str, body: Any, key: str = "any", **more: str
) -> None:
    headers = {"Authorization": f"Bearer {key}", **more}
    async with session.post(path, json=body, headers=headers) as answer:
        await answer.read()

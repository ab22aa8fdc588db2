"""`/inspect/exchanges` shows what came, what became of it, and what was answered."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI
from PIL import Image

from bridge.server.state import Bridge
from tests.fake_anthropic.play import counting_ids, events
from tests.fake_anthropic.script import Failure, Reply, says
from tests.fake_anthropic.server import FakeAnthropic

KEY = "sk-ant-api03-notarealkey"
CHAT: dict[str, Any] = {
    "model": "gpt-4o",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is 2+2?"},
    ],
    "max_completion_tokens": 300,
    "stop": ["END"],
    "seed": 7,
    "verbosity": "low",
}


async def get(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def get_last(session: aiohttp.ClientSession) -> Any:
    """Return the last exchange in full, when it has ended."""
    async with asyncio.timeout(30):
        while True:
            exchanges = (await get(session, "/inspect/exchanges"))["exchanges"]
            if exchanges and not exchanges[-1]["running"]:
                return await get(session, f"/inspect/exchanges/{exchanges[-1]['id']}")


async def test_the_recorder_is_turned_on_and_off(bridge: Bridge) -> None:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with aiohttp.ClientSession(bridge.url, headers=headers) as session:
        async with session.post("/inspect", json={"on": True, "minutes": 5}) as answer:
            state = await answer.json()
        assert state["on"]
        assert bridge.recorder.is_on
        health = await get(session, "/health")
        assert health["recorder"] == {"on": True, "until": state["until"], "exchanges": 0}
        async with session.post("/inspect", json={"on": False}) as answer:
            assert (await answer.json())["on"] is False
        assert not bridge.recorder.is_on
        for minutes in (0, -1, 100_000):
            async with session.post("/inspect", json={"on": True, "minutes": minutes}) as answer:
                assert answer.status == 400
        async with session.get("/inspect/exchanges/1") as answer:
            assert answer.status == 404
            assert "recorder is off" in (await answer.json())["error"]["message"]


async def test_a_chat_in_full(
    fake: FakeAnthropic, client: AsyncOpenAI, session: aiohttp.ClientSession
) -> None:
    fake.script(says("Four."))
    stream = await client.chat.completions.create(**CHAT, stream=True)
    chunks = [chunk async for chunk in stream]
    detail = await get_last(session)
    assert (detail["path"], detail["client"]) == ("/v1/chat/completions", "openai-python")
    assert (detail["status"], detail["outcome"], detail["failed"]) == (200, "stop", False)
    assert (detail["requested_model"], detail["backend"]) == ("gpt-4o", "anthropic")
    assert detail["model"].startswith("claude-")
    assert json.loads(detail["request_body"]) == {**CHAT, "stream": True}
    assert {"name": "Authorization", "value": "[secret]"} in detail["request_headers"]
    (call,) = detail["calls"]
    assert {**json.loads(call["body"]), "stream": True} == fake.requests[0].body
    assert detail["is_stream"]
    assert detail["cost"] > 0
    assert detail["usages"][0]["output_tokens"] == detail["output_tokens"]

    fields = {field["name"]: field for field in detail["fields"]}
    assert {name: field["fate"] for name, field in fields.items()} == {
        "model": "changed",
        "messages": "moved",
        "max_completion_tokens": "renamed",
        "stop": "renamed",
        "seed": "set_aside",
        "verbosity": "emulated",
        "stream": "used_here",
        "cache_control": "added",
    }
    assert fields["seed"]["notices"] == ["seed ignored: not supported by Claude"]
    assert fields["stop"]["targets"] == [{"path": "stop_sequences", "value": ["END"]}]

    steps = [step["what"] for step in detail["timeline"]]
    assert steps[0] == "Request accepted"
    assert steps[-1] == "Ended: stop"
    assert "Translated, and sent to anthropic" in steps
    client_events = [row["client"] for row in detail["events"] if row["client"] is not None]
    assert len(client_events) == len(chunks) + 1
    assert client_events[-1] == "[DONE]"
    upstream = [json.loads(row["upstream"]) for row in detail["events"] if row["upstream"]]
    assert (upstream[0]["type"], upstream[-1]["type"]) == ("message_start", "message_stop")


@pytest.mark.parametrize(
    ("path", "body", "fates"),
    [
        (
            "/v1/messages",
            {
                "model": "claude-sonnet-5-5",
                "max_tokens": 100,
                "messages": [{"role": "user", "content": "Hi"}],
                "metadata": {"user_id": "a"},
            },
            {"model": "kept", "max_tokens": "kept", "messages": "changed", "metadata": "kept"},
        ),
        (
            "/v1/responses",
            {"model": "default", "input": "Hi", "instructions": "Be brief.", "truncation": "auto"},
            {"model": "changed", "input": "moved", "instructions": "emulated"},
        ),
        (
            "/v1/completions",
            {"model": "default", "prompt": "Once", "suffix": "end.", "logit_bias": {"1": 2}},
            {"model": "changed", "prompt": "emulated", "logit_bias": "set_aside"},
        ),
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "Hi"}, {}),
    ],
)
async def test_other_endpoints(
    session: aiohttp.ClientSession, path: str, body: Any, fates: dict[str, str]
) -> None:
    async with session.post(path, json=body):
        pass
    detail = await get_last(session)
    shown = {field["name"]: field["fate"] for field in detail["fields"]}
    assert {name: shown.get(name) for name in fates} == fates
    assert bool(detail["fields_problem"]) is (path == "/v1/embeddings")


async def test_keys_are_replaced_as_in_the_log(
    fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    fake.script(Failure(400, message=f"The key {KEY} is wrong."))
    body = {"model": "default", "messages": [{"role": "user", "content": f"My key is {KEY}."}]}
    headers = {"x-note": KEY, "x-api-key": "plain"}
    async with session.post("/v1/chat/completions", json=body, headers=headers):
        pass
    detail = await get_last(session)
    assert KEY not in json.dumps(detail)
    assert "plain" not in json.dumps(detail["request_headers"])
    assert "My key is [secret]." in detail["request_body"]


async def test_images_are_shown_small_unless_asked(session: aiohttp.ClientSession) -> None:
    output = io.BytesIO()
    Image.effect_noise((300, 200), 50).convert("RGB").save(output, "PNG")
    data = base64.b64encode(output.getvalue()).decode()
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    body = {"model": "default", "messages": [{"role": "user", "content": [part]}]}
    async with session.post("/v1/chat/completions", json=body):
        pass
    detail = await get_last(session)
    assert data[:200] not in json.dumps(detail)
    assert "data:image/png;base64,[image 1]" in detail["request_body"]
    image = detail["images"][0]
    assert (image["media_type"], image["size"]) == ("image/png", len(output.getvalue()))
    thumbnail = Image.open(io.BytesIO(base64.b64decode(image["thumbnail"])))
    assert thumbnail.size == (160, 107)
    whole = await get(session, f"/inspect/exchanges/{detail['id']}?images=full")
    assert data in whole["request_body"]


async def test_the_prefix_is_compared_with_the_same_conversation(
    fake: FakeAnthropic, client: AsyncOpenAI, session: aiohttp.ClientSession
) -> None:
    messages: list[Any] = [{"role": "user", "content": "Hello."}]
    tool = {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}
    await client.chat.completions.create(model="default", messages=messages)
    first = await get_last(session)
    assert first["prefix"] is None
    await client.chat.completions.create(
        model="default", messages=[{"role": "user", "content": "Another talk."}]
    )
    messages += [{"role": "assistant", "content": "Hi."}, {"role": "user", "content": "Bye."}]
    await client.chat.completions.create(model="default", messages=messages, tools=[tool])  # type: ignore[list-item]
    detail = await get_last(session)
    assert detail["prefix"]["previous"] == first["id"]
    assert detail["prefix"]["words"] == "tools changed: `search` was added"


async def test_claudes_reason_for_a_cache_miss_is_shown(
    fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    body = {"model": "claude-sonnet-5-5", "max_tokens": 100, "messages": CHAT["messages"][1:]}
    reason = {"type": "tools_changed", "cache_missed_input_tokens": 1200}
    # As `anthropic.types.Message` has it, for a request with `diagnostics`.
    start, *rest = events(says("Four."), body, counting_ids())
    message = {**start["message"], "diagnostics": {"cache_miss_reason": reason}}
    fake.script(Reply(events=({**start, "message": message}, *rest)))
    diagnostics = {"previous_message_id": "msg_before"}
    async with session.post("/v1/messages", json={**body, "diagnostics": diagnostics}) as answer:
        assert (await answer.json())["diagnostics"] == {"cache_miss_reason": reason}
    assert fake.requests[-1].body["diagnostics"] == diagnostics
    assert (await get_last(session))["cache_miss_reason"] == reason


async def test_the_list_is_searched(client: AsyncOpenAI, session: aiohttp.ClientSession) -> None:
    for word in ("Swordfish", "Herring"):
        await client.chat.completions.create(
            model="default", messages=[{"role": "user", "content": word}]
        )
    found = (await get(session, "/inspect/exchanges?text=HERRING"))["exchanges"]
    assert [exchange["id"] for exchange in found] == ["2"]
    assert (await get(session, "/inspect/exchanges?text=nowhere"))["exchanges"] == []


async def test_changes_are_streamed(
    bridge: Bridge, client: AsyncOpenAI, session: aiohttp.ClientSession
) -> None:
    async with asyncio.timeout(30), session.get("/inspect/events") as answer:
        assert (await read_event(answer))["recorder"]["on"] is True
        await client.chat.completions.create(model="default", messages=CHAT["messages"])
        ended: list[Any] = []
        while not ended:
            event = await read_event(answer)
            ended = [exchange for exchange in event["exchanges"] if not exchange["running"]]
        assert ended[0]["outcome"] == "stop"
        bridge.recorder.turn_off()
        while (await read_event(answer))["recorder"]["on"]:
            pass


async def read_event(answer: aiohttp.ClientResponse) -> Any:
    while True:
        line = await answer.content.readline()
        assert line, "the stream has ended"
        if line.startswith(b"data: "):
            return json.loads(line.removeprefix(b"data: "))


async def test_a_follower_does_not_hold_up_a_stop(
    bridge: Bridge, session: aiohttp.ClientSession
) -> None:
    async with asyncio.timeout(30), session.get("/inspect/events") as answer:
        await read_event(answer)
        bridge.request_stop()
        while await answer.content.readline():
            pass


@pytest.mark.parametrize("path", ["/inspect/exchanges", "/inspect/exchanges/1", "/inspect/events"])
async def test_the_control_token_is_needed(bridge: Bridge, client: AsyncOpenAI, path: str) -> None:
    bridge.recorder.turn_on(30)
    await client.chat.completions.create(model="default", messages=CHAT["messages"])
    async with aiohttp.ClientSession(bridge.url) as session:
        for headers in ({}, {"Authorization": "Bearer any"}):
            async with session.get(path, headers=headers) as answer:
                assert answer.status == 403
                assert "2+2" not in await answer.text()
            async with session.post("/inspect", json={"on": False}, headers=headers) as answer:
                assert answer.status == 403
    assert bridge.recorder.count == 1


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"model": "default", "messages": [{"role": "user", "content": "\\ud83d"}]}', {}),
        (b'{"model": "default", "user": "\\ud83d", "messages": []}', {}),
        (b"{}", {"User-Agent": "J\udcf6rg/1", "X-Note": "J\udcf6rg"}),
    ],
    ids=["half an emoji", "in a field", "header"],
)
async def test_what_is_no_text_is_shown_all_the_same(
    session: aiohttp.ClientSession, body: bytes, headers: dict[str, str]
) -> None:
    typed = {"Content-Type": "application/json", **headers}
    async with session.post("/v1/chat/completions", data=body, headers=typed):
        pass
    detail = await get_last(session)
    assert detail["request_body"]

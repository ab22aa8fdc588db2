"""A recorded request becomes a test case, without its words unless they are kept."""

from __future__ import annotations

import asyncio
import base64
import functools
import io
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.embeddings.small_model import write_model
from tests.fake_anthropic.script import (
    CutOff,
    Drop,
    ErrorEvent,
    Failure,
    Hang,
    Reply,
    Text,
    Thinking,
    ToolUse,
    calls,
    says,
)
from tests.fake_anthropic.server import FakeAnthropic
from tests.inspect.play import play_case
from tests.server.api.inspect.test_calls import open_session
from tests.server.api.inspect.test_exchanges import get_last

WORDS = ("Swordfish", "Herring", "Pike", "Carp")


def draw_image() -> str:
    output = io.BytesIO()
    Image.effect_noise((60, 40), 50).convert("RGB").save(output, "PNG")
    return base64.b64encode(output.getvalue()).decode()


TOOL = {
    "type": "function",
    "function": {
        "name": "find_fish",
        "description": "Finds a Carp.",
        "parameters": {
            "type": "object",
            "properties": {"kind": {"type": "string", "description": "Pike or Herring"}},
            "required": ["kind"],
        },
    },
}
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": (
        "/v1/chat/completions",
        {
            "model": "gpt-4o",
            "messages": [
                {"role": "system", "content": "Swordfish, be brief."},
                {"role": "user", "content": "A Herring 7391?"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {
                                "name": "find_fish",
                                "arguments": '{"kind": "Pike \\n", "deep": true}',
                            },
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "A Carp."},
            ],
            "tools": [TOOL],
            "seed": 7,
            "verbosity": "low",
            "stop": ["Herring"],
            "max_completion_tokens": 300,
        },
    ),
    "chat with an image": (
        "/v1/chat/completions",
        {
            "model": "default",
            "stream": True,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "A Pike?"},
                        {
                            "type": "image_url",
                            "image_url": {"url": f"data:image/png;base64,{draw_image()}"},
                        },
                    ],
                }
            ],
        },
    ),
    "messages": (
        "/v1/messages",
        {
            "model": "claude-sonnet-5-5",
            "max_tokens": 300,
            "system": "Swordfish.",
            "messages": [{"role": "user", "content": [{"type": "text", "text": "A Herring?"}]}],
        },
    ),
    "responses": (
        "/v1/responses",
        {
            "model": "default",
            "instructions": "Swordfish.",
            "input": [{"type": "message", "role": "user", "content": "A Herring?"}],
            "reasoning": {"effort": "low"},
            "stream": True,
        },
    ),
    "completions": ("/v1/completions", {"model": "default", "prompt": "A Pike", "suffix": "Carp"}),
}


COUNTED = {"model": "default", "messages": [{"role": "user", "content": "A Herring?"}]}


@pytest.fixture
async def bridge(start_anthropic: StartBridge) -> Bridge:
    return await start_anthropic(upstream_silence_seconds=1)


async def send(session: aiohttp.ClientSession, path: str, body: Any) -> Any:
    """Send a request; return the exchange when it has ended."""
    raw = {"data": body, "headers": {"Content-Type": "application/json"}}
    async with session.post(path, **(raw if isinstance(body, str) else {"json": body})) as answer:
        await answer.read()
    return await get_last(session)


async def export(session: aiohttp.ClientSession, id: str, **query: str) -> Any:
    async with session.get(f"/inspect/exchanges/{id}/case", params=query) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("name", "content"), [*((name, "filler") for name in BODIES), ("chat", "kept")]
)
async def test_a_case_is_played(
    start_anthropic: StartBridge,
    fake: FakeAnthropic,
    session: aiohttp.ClientSession,
    name: str,
    content: str,
    stream: bool,
) -> None:
    path, body = BODIES[name]
    answer = (
        calls(ToolUse("find_fish", {"kind": "Pike"})) if "tools" in body else says("A Carp, I say.")
    )
    fake.script(answer)
    id = (await send(session, path, {**body, "stream": stream}))["id"]
    case = await export(session, id, content=content)
    assert any(word in json.dumps(case) for word in WORDS) is (content == "kept")
    await play_case(start_anthropic, fake, case)


async def test_a_case_fails_when_anything_is_not_as_it_was(
    start_anthropic: StartBridge, fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    case = await export(session, (await send(session, *BODIES["completions"]))["id"])
    (step,) = case["steps"]
    step["calls"][0]["request"]["max_tokens"] += 1
    with pytest.raises(AssertionError, match="request to Claude"):
        await play_case(start_anthropic, fake, case)
    step["answer"][0]["object"] = "chat.completion"
    with pytest.raises(AssertionError, match="answer"):
        await play_case(start_anthropic, fake, case)


WORDS_IN_PIECES = (Text("A Pike, a Carp, I say."),)


FAILURES: dict[str, tuple[Any, str]] = {
    "refused": (Failure(400, message="Swordfish: not allowed"), "failed"),
    "overloaded": (Failure(529), "failed"),
    "error event": (Reply(WORDS_IN_PIECES, fault=ErrorEvent(2, message="Herring")), "failed"),
    "dropped": (Reply(WORDS_IN_PIECES, fault=Drop(2)), "broken"),
    "cut off": (Reply(WORDS_IN_PIECES, fault=CutOff(3)), "broken"),
    "silent": (Reply(WORDS_IN_PIECES, fault=Hang(2)), "silent"),
}


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        *(("chat", failure) for failure in FAILURES),
        *((name, "dropped") for name in ("messages", "responses", "completions")),
        *((name, "error event") for name in ("messages", "responses")),
    ],
)
async def test_failures_are_played(
    start_anthropic: StartBridge,
    fake: FakeAnthropic,
    session: aiohttp.ClientSession,
    name: str,
    failure: str,
) -> None:
    path, body = BODIES[name]
    play, ending = FAILURES[failure]
    fake.script(play)
    detail = await send(session, path, {**body, "stream": True})
    case = await export(session, detail["id"])
    (step,) = case["steps"]
    assert (step["calls"][-1]["ending"], step["status"]) == (ending, detail["status"])
    assert not any(word in json.dumps(case) for word in WORDS)
    await play_case(start_anthropic, fake, case)


@pytest.mark.parametrize("stream", [False, True])
async def test_tries_and_several_answers_are_played(
    start_anthropic: StartBridge, fake: FakeAnthropic, stream: bool
) -> None:
    bridge = await start_anthropic(retries=2)
    # Claude gets a digest of the user.
    body = {**BODIES["chat"][1], "n": 2, "stream": stream, "user": "Pike"}
    fake.script(Failure(529, message="Swordfish", retry_after=0))
    fake.default = says("A Carp.")
    async with open_session(bridge) as session:
        case = await export(session, (await send(session, "/v1/chat/completions", body))["id"])
    assert [len(call["failures"]) for call in case["steps"][0]["calls"]] in ([1, 0], [0, 1])
    assert not any(word in json.dumps(case) for word in WORDS)
    await play_case(start_anthropic, fake, case)


async def test_a_correction_is_played(
    start_anthropic: StartBridge, fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    path, body = BODIES["chat"]
    fake.script(
        Failure(400, message="max_tokens: 300 > 200, which is the maximum allowed number of output "
                "tokens for claude-sonnet-5-5"),
    )  # fmt: skip
    fake.default = says("A Carp.")
    detail = await send(session, path, {**body, "model": "claude-sonnet-5-5"})
    assert len(detail["calls"]) == 2, detail["calls"]
    await play_case(start_anthropic, fake, await export(session, detail["id"]))


async def test_a_client_that_leaves_is_played(
    start_anthropic: StartBridge, fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    path, body = BODIES["messages"]
    fake.script(Reply(WORDS_IN_PIECES, fault=Hang(3)))
    async with session.post(path, json={**body, "stream": True}) as answer:
        await answer.content.readuntil(b"Pike")
    detail = await get_last(session)
    assert detail["outcome"] == "cut"
    case = await export(session, detail["id"])
    assert case["steps"][0]["calls"][0]["ending"] == "left"
    await play_case(start_anthropic, fake, case)


async def test_a_conversation_is_played_from_its_beginning(
    start_anthropic: StartBridge, fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    body: dict[str, Any] = {
        "model": "claude-sonnet-5-5",
        "messages": [{"role": "user", "content": "A Herring?"}],
        "tools": [TOOL],
        "reasoning_effort": "high",
    }
    fake.script(
        Reply((Thinking("A Carp first."), ToolUse("find_fish", {"kind": "Pike"}))), says("A Pike.")
    )
    async with session.post("/v1/chat/completions", json=body) as answer:
        (call,) = (await answer.json())["choices"][0]["message"]["tool_calls"]
    messages = [
        *body["messages"],
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "A Carp."},
    ]
    detail = await send(
        session, "/v1/chat/completions", {**body, "messages": messages, "stream": True}
    )
    case = await export(session, detail["id"], scope="conversation")
    assert len(case["steps"]) == 2
    assert not any(word in json.dumps(case) for word in WORDS)
    # The bridge gives Claude its thinking back, which the client does not send.
    assert "thinking" in json.dumps(case["steps"][1]["calls"][0]["request"]["messages"])
    await play_case(start_anthropic, fake, case)
    async with session.get(f"/inspect/exchanges/{detail['id']}/case") as refused:
        assert refused.status == 400
        assert "earlier thinking" in (await refused.json())["error"]["message"]
    # A client may have begun the conversation elsewhere: then it is played without that thinking.
    messages[1] = json.loads(json.dumps(messages[1]).replace(call["id"], "toolu_elsewhere"))
    messages[2]["tool_call_id"] = "toolu_elsewhere"
    detail = await send(session, "/v1/chat/completions", {**body, "messages": messages})
    await play_case(start_anthropic, fake, await export(session, detail["id"]))


async def test_a_response_that_continues_another_one_is_played_with_it(
    start_anthropic: StartBridge, fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    path, body = BODIES["responses"]
    fake.default = says("A Carp.")
    first = await send(session, path, body)
    id = json.loads(first["events"][0]["client"])["response"]["id"]
    detail = await send(session, path, {**body, "previous_response_id": id, "input": "A Pike?"})
    async with session.get(f"/inspect/exchanges/{detail['id']}/case") as answer:
        assert answer.status == 400
        assert "scope=conversation" in (await answer.json())["error"]["message"]
    case = await export(session, detail["id"], scope="conversation")
    assert [step["continues"] for step in case["steps"]] == [None, 0]
    await play_case(start_anthropic, fake, case)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": ["A Pike", "b"]}, 200),
        ("/v1/messages/count_tokens", COUNTED, 200),
        ("/v1/messages", {"model": "default", "messages": "Pike"}, 400),
        ("/v1/chat/completions", {**BODIES["chat"][1], "model": "nobody-knows-this"}, 404),
        ("/v1/chat/completions", '{"model": "default", "messages": "Swordfish', 400),
        ("/v1/chat/completions", "[]", 400),
        ("/v1/responses/input_tokens", {"model": "default", "input": "A Pike"}, 200),
        ("/v1/responses/compact", {"model": "default", "input": "A Pike"}, 200),
    ],
)  # fmt: skip
async def test_other_requests_are_played(
    start_anthropic: StartBridge,
    fake: FakeAnthropic,
    tmp_path: Path,
    path: str,
    body: Any,
    status: int,
) -> None:
    model = await asyncio.to_thread(write_model, tmp_path / "model")
    start = functools.partial(start_anthropic, embedding_model=str(model))
    async with open_session(await start()) as session:
        detail = await send(session, path, body)
        assert detail["status"] == status, detail
        case = await export(session, detail["id"])
    assert not any(word in json.dumps(case) for word in WORDS)
    await play_case(start, fake, case)


async def test_a_response_in_the_background_is_played(
    start_anthropic: StartBridge, fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    path, body = BODIES["responses"]
    fake.default = says("A Carp.")
    sent = {**body, "background": True, "stream": False}
    async with session.post(path, json=sent) as answer:
        assert answer.status == 200
    async with asyncio.timeout(30):
        while (detail := await get_last(session))["via"] != "background":
            pass
    await play_case(start_anthropic, fake, await export(session, detail["id"]))


async def test_arguments_in_pieces_are_filled_as_one_text(
    fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    path, body = BODIES["chat"]
    fake.script(calls(ToolUse("find_fish", {"kind": 'A "Pike" \\ here', "depth": 12})))
    id = (await send(session, path, body))["id"]
    case = await export(session, id)
    deltas = [event.get("delta", {}) for event in case["steps"][0]["calls"][0]["events"]]
    arguments = "".join(delta.get("partial_json", "") for delta in deltas)
    assert json.loads(arguments) == {"kind": 'X "Xxxx" \\ xxxx', "depth": 12}


async def test_computer_use_cannot_be_played(session: aiohttp.ClientSession) -> None:
    body = {**BODIES["chat"][1], "model": "default+computer"}
    for path, sent in (("/v1/chat/completions", body), ("/computer/runs", {"prompt": "A Pike"})):
        id = (await send(session, path, sent))["id"]
        async with session.get(f"/inspect/exchanges/{id}/case") as answer:
            assert answer.status == 400
            assert "use this computer" in (await answer.json())["error"]["message"]


async def test_names_of_people_are_no_names_of_tools(
    start_anthropic: StartBridge, fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    messages = [
        {"role": "system", "name": "Herring", "content": "Pike"},
        {"role": "user", "name": "Swordfish", "content": "A Carp?"},
        {"role": "user", "name": "Pike", "content": "A Carp?"},
    ]
    body = {"model": "default", "messages": messages, "metadata": {"name": "Pike", "id": "Carp"}}
    id = (await send(session, "/v1/chat/completions", body))["id"]
    case = await export(session, id)
    assert not any(word in json.dumps(case) for word in WORDS)
    await play_case(start_anthropic, fake, case)


async def test_a_rejected_request_cannot_be_played(session: aiohttp.ClientSession) -> None:
    async with session.post(BODIES["chat"][0], json={}, headers={"Host": "elsewhere.example"}):
        detail = await get_last(session)
    assert detail["rejected"]
    async with session.get(f"/inspect/exchanges/{detail['id']}/case") as answer:
        assert answer.status == 400
        assert "before its body was read" in (await answer.json())["error"]["message"]


async def test_a_message_that_creates_nothing_cannot_be_played(
    session: aiohttp.ClientSession,
) -> None:
    """On a WebSocket it was refused; over HTTP, the same fields would be answered."""
    async with session.ws_connect("/v1/responses") as socket:
        await socket.send_json({"model": "default", "input": "Hi"})
        async with asyncio.timeout(30):
            assert (await socket.receive_json())["type"] == "error"
    shown = await get_last(session)
    async with session.get(f"/inspect/exchanges/{shown['id']}/case") as answer:
        assert answer.status == 400
        assert "no response.create" in await answer.text()


async def test_a_tool_may_have_an_argument_of_any_name(
    start_anthropic: StartBridge, fake: FakeAnthropic, session: aiohttp.ClientSession
) -> None:
    path, body = BODIES["messages"]
    tool = {"name": "find_fish", "input_schema": {"type": "object"}}
    fake.script(calls(ToolUse("find_fish", {"embedding": 3})))
    id = (await send(session, path, {**body, "tools": [tool]}))["id"]
    await play_case(start_anthropic, fake, await export(session, id, content="kept"))

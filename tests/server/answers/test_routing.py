"""The user's rules at every endpoint, with real clients and two access keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import httpx
import pytest
from openai import (
    APIStatusError,
    AsyncOpenAI,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
)

from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect
from bridge.keys import KeyChain, Keys, NamedKey
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.computer.fake_desktop import FakeDesktop
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Failure, Reply, ToolUse, says
from tests.fake_anthropic.server import FakeAnthropic

KEYS = {"laptop": "cb-laptop", "server": "cb-server"}
HI: Any = [{"role": "user", "content": "Hi"}]
NAMED = {"name": "Cursor", "client": "cursor", "model": "gpt-4o"}
Ask = Callable[[AsyncOpenAI, str], Awaitable[Any]]
Connect = Callable[..., AsyncOpenAI]


@pytest.fixture
async def bridge(start_anthropic: StartBridge, pretended: FakeDesktop) -> Bridge:
    pretended.shown.append(Window("Notes", "notes", Rect(0, 0, 1920, 1080), active=True))
    keys = Keys()
    for name, secret in KEYS.items():
        keys = keys.with_key("bridge", NamedKey(name, secret))
    await asyncio.to_thread(KeyChain(find_paths().data).save, keys)
    return await start_anthropic()


@pytest.fixture
async def connect(bridge: Bridge) -> AsyncIterator[Connect]:
    """Makes real clients, which differ in their access key and their User-Agent."""
    made: list[AsyncOpenAI] = []

    def make(key: str = "laptop", agent: str = "Cursor/1.7") -> AsyncOpenAI:
        made.append(
            AsyncOpenAI(
                base_url=f"{bridge.url}/v1",
                api_key=KEYS.get(key, key),
                max_retries=0,
                default_headers={"User-Agent": agent},
            )
        )
        return made[-1]

    yield make
    for each in made:
        await each.close()


async def save(bridge: Bridge, *rules: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.post("/control/rules", json={"rules": rules}) as answer,
    ):
        assert answer.status == 200, await answer.text()


# --- each endpoint: what is sent to it, and what of its effort arrives at Claude


async def ask_chat(client: AsyncOpenAI, model: str, **more: Any) -> Any:
    return await client.chat.completions.with_raw_response.create(
        model=model, messages=HI, reasoning_effort="high", **more
    )


async def ask_completions(client: AsyncOpenAI, model: str) -> Any:
    return await client.completions.with_raw_response.create(
        model=model, prompt="Hi", extra_body={"reasoning_effort": "high"}
    )


async def ask_responses(client: AsyncOpenAI, model: str) -> Any:
    return await client.responses.with_raw_response.create(
        model=model, input="Hi", reasoning={"effort": "high"}
    )


async def ask_compact(client: AsyncOpenAI, model: str) -> Any:
    return await client.responses.with_raw_response.compact(model=model, input="Hi")


async def ask_background(client: AsyncOpenAI, model: str) -> Any:
    raw = await client.responses.with_raw_response.create(
        model=model, input="Hi", reasoning={"effort": "high"}, background=True
    )
    assert (await wait_for_end(client, raw.parse())).status == "completed"
    return raw


async def run_in_background(client: AsyncOpenAI, model: str) -> Any:
    created = await client.responses.create(model=model, input="Hi", background=True)
    return await wait_for_end(client, created)


async def wait_for_end(client: AsyncOpenAI, response: Any) -> Any:
    while response.status in ("queued", "in_progress"):
        response = await client.responses.retrieve(response.id)
    return response


async def ask_messages(client: AsyncOpenAI, model: str) -> Any:
    body = {
        "model": model,
        "max_tokens": 4000,
        "messages": HI,
        "output_config": {"effort": "high"},
    }
    return await client.post("/messages", body=body, cast_to=httpx.Response)


ENDPOINTS: dict[str, Ask] = {
    "chat": ask_chat,
    "completions": ask_completions,
    "responses": ask_responses,
    "background": ask_background,
    "compact": ask_compact,
    "messages": ask_messages,
}


async def ask_run(bridge: Bridge, model: str) -> tuple[int, Any, dict[str, str]]:
    headers = {"Authorization": f"Bearer {bridge.control_token}", "User-Agent": "Cursor/1.7"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.post("/computer/runs", json={"prompt": "Hi", "model": model}) as answer,
    ):
        is_json = answer.content_type == "application/json"
        body = await answer.json() if is_json else await answer.text()
        return answer.status, body, dict(answer.headers)


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_each_endpoint_obeys_the_rule(
    name: str, bridge: Bridge, connect: Connect, fake: FakeAnthropic
) -> None:
    ask, client = ENDPOINTS[name], connect()
    # The model and the effort, whatever the client sends, with a notice.
    await save(bridge, {**NAMED, "use_model": "haiku", "effort": "low"})
    raw = await ask(client, "gpt-4o")
    (body,) = fake.bodies()
    assert (body["model"], body["output_config"]["effort"]) == ("claude-haiku-5-5", "low")
    assert raw.headers["x-bridge-notice"].startswith(
        "model: claude-haiku-5-5 is used instead of gpt-4o (rule \\u201cCursor\\u201d); "
        "effort: the rule \\u201cCursor\\u201d asks for low"
    )
    assert bridge.routing.get_count(bridge.routing.listed[0]) == 1
    # No thinking.
    await save(bridge, {**NAMED, "use_model": "haiku", "effort": "none"})
    await ask(client, "gpt-4o")
    assert fake.bodies()[1]["thinking"] == {"type": "disabled"}
    assert "effort" not in fake.bodies()[1].get("output_config", {})
    # A profile.
    await save(bridge, {**NAMED, "profile": "fast"})
    await ask(client, "gpt-4o")
    body = fake.bodies()[2]
    assert (body["model"], body["thinking"]) == ("claude-haiku-5-5", {"type": "disabled"})
    # The price limit, for the model that would answer.
    await save(bridge, {**NAMED, "max_price": 15})
    await ask(client, "gpt-4o")
    assert fake.bodies()[3]["model"] == "claude-sonnet-5-5"
    await save(bridge, {**NAMED, "use_model": "opus", "max_price": 15})
    with pytest.raises(PermissionDeniedError, match=r"The rule “Cursor” allows \$15 per million"):
        await ask(client, "gpt-4o")
    # A backend that is not ready: no other one answers.
    await save(bridge, {**NAMED, "backend": "claude-code"})
    if name == "background":
        words = (await run_in_background(client, "gpt-4o")).error.message
    else:
        with pytest.raises(AuthenticationError) as raised:
            await ask(client, "gpt-4o")
        words = raised.value.message
    assert "The rule “Cursor” requires the backend claude-code, which is not connected: " in words
    assert len(fake.bodies()) == 4


async def test_a_message_of_a_websocket_obeys_the_rule_too(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    await save(bridge, {**NAMED, "use_model": "haiku", "effort": "low"})
    headers = {"Authorization": "Bearer cb-laptop", "User-Agent": "Cursor/1.7"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(f"{bridge.url}/v1/responses") as socket,
    ):
        for model in ("gpt-4o", "opus"):
            await socket.send_json({"type": "response.create", "model": model, "input": "Hi"})
            while (event := await socket.receive_json())["type"] != "response.completed":
                assert event["type"] != "error", event
    named, other = fake.bodies()
    assert (named["model"], named["output_config"]["effort"]) == ("claude-haiku-5-5", "low")
    assert other["model"] == "claude-opus-5-5"


# --- which requests a rule is for


@pytest.mark.parametrize(
    ("key", "agent", "requested", "model"),
    [
        ("laptop", "Cursor/1.7", "gpt-4o", "claude-opus-5-5"),
        ("laptop", "Cursor/1.7", "gpt-4o-mini", "claude-sonnet-5-5"),
        ("laptop", "Continue/1.0", "gpt-4o", "claude-sonnet-5-5"),
        ("server", "Continue/1.0", "gpt-4o", "claude-haiku-5-5"),
        ("server", "Cursor/1.7", "gpt-4o", "claude-opus-5-5"),
        ("server", "Cursor/1.7", "claude-opus-5-5", "claude-haiku-5-5"),
    ],
)
async def test_rules_look_at_client_key_and_model(
    key: str,
    agent: str,
    requested: str,
    model: str,
    bridge: Bridge,
    connect: Connect,
) -> None:
    await save(
        bridge,
        {**NAMED, "use_model": "opus"},
        {"name": "Server", "key": "serv*", "use_model": "haiku"},
    )
    answer = (await ask_chat(connect(key, agent), requested)).parse()
    assert answer.model == model


async def test_a_rule_may_use_a_name_of_your_own_and_wins_over_use_for_everything(
    bridge: Bridge, connect: Connect
) -> None:
    await asyncio.to_thread(bridge.aliases.save, "fast", "haiku")
    bridge.switches.use_for_everything = True
    await save(bridge, {**NAMED, "use_model": "fast"}, {"name": "Low", "effort": "low"})
    assert (await ask_chat(connect(), "gpt-4o")).parse().model == "claude-haiku-5-5"
    assert (await ask_chat(connect(), "opus")).parse().model == "claude-sonnet-5-5"


async def test_a_rule_for_a_model_that_does_not_exist_is_named(
    bridge: Bridge, connect: Connect
) -> None:
    await save(bridge, {**NAMED, "use_model": "claude-opsu"})
    with pytest.raises(APIStatusError, match=r"The rule “Cursor” uses `claude-opsu`\. The model"):
        await ask_chat(connect(), "gpt-4o")


async def test_rules_leave_the_echo_alone(bridge: Bridge, connect: Connect) -> None:
    await save(bridge, {"name": "All", "use_model": "opus", "computer": False})
    assert (await ask_chat(connect(), "bridge-echo")).parse().model == "bridge-echo"


async def test_a_models_name_stands_for_what_the_rule_makes_of_it(
    bridge: Bridge, connect: Connect
) -> None:
    await save(bridge, {"name": "All", "client": "cursor", "use_model": "opus", "max_price": 1})
    model: Any = await connect().models.retrieve("gpt-4o")
    assert model.alias_of == "claude-opus-5-5"
    other: Any = await connect(agent="curl").models.retrieve("gpt-4o")
    assert other.alias_of == "claude-sonnet-5-5"
    first: Any = (await connect().models.list()).data[0]
    assert (first.id, first.alias_of) == ("default", "claude-opus-5-5")
    assert bridge.routing.get_count(bridge.routing.listed[0]) == 0


# --- fallbacks obey the rule, too


async def test_no_other_backend_answers_for_the_one_of_a_rule(
    bridge: Bridge, connect: Connect, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    echo = await bridge.selection.select_for_model("bridge-echo")

    async def find_ready(_: str) -> Any:
        return echo

    monkeypatch.setattr(bridge.selection, "find_ready", find_ready)
    await save(bridge, {**NAMED, "backend": "anthropic"})
    fake.keys = ()
    with pytest.raises(APIStatusError) as raised:
        await ask_chat(connect(), "gpt-4o")
    assert raised.value.status_code == 401
    # Without the rule, the other one is asked; it is the echo here, which is not Claude.
    with pytest.raises(NotFoundError):
        await ask_chat(connect(agent="curl"), "gpt-4o")


async def test_a_sign_in_does_not_leave_the_backend_of_a_rule(
    bridge: Bridge, connect: Connect, fake: FakeAnthropic
) -> None:
    await save(bridge, {**NAMED, "backend": "anthropic"})
    headers = {"x-bridge-sign-in": "default"}
    with pytest.raises(PermissionDeniedError, match="which has no sign-in `default`"):
        await ask_chat(connect(), "gpt-4o", extra_headers=headers)
    assert fake.bodies() == []


async def test_a_fallback_model_over_the_price_limit_does_not_answer(
    start_anthropic: StartBridge, fake: FakeAnthropic
) -> None:
    rules = [{"name": "Cheap", "max_price": 15}]
    bridge = await start_anthropic(fallback_model="claude-opus-5-5", rules=rules)
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        fake.script(Failure(529, "overloaded_error", "Overloaded"))
        with pytest.raises(APIStatusError) as raised:
            await ask_chat(client, "sonnet")
        assert raised.value.status_code == 503
        await asyncio.to_thread(
            bridge.routing.save, [bridge.settings.rules[0].model_copy(update={"max_price": 20})]
        )
        fake.script(Failure(529, "overloaded_error", "Overloaded"))
        assert (await ask_chat(client, "sonnet")).parse().model == "claude-opus-5-5"


# --- computer use


async def test_a_rule_forbids_computer_use(
    bridge: Bridge, connect: Connect, fake: FakeAnthropic
) -> None:
    bridge.computer.allow_for(minutes=1)
    await save(bridge, {"name": "Cursor", "client": "cursor", "computer": False})
    client = connect(bridge.control_token)
    for ask in (ask_chat, ask_responses):
        with pytest.raises(PermissionDeniedError, match="The rule “Cursor” does not allow use"):
            await ask(client, "opus+computer")
    with pytest.raises(PermissionDeniedError, match="The rule “Cursor” does not allow use"):
        await ask_chat(client, "opus", extra_body={"computer_use": True})
    status, body, _ = await ask_run(bridge, "opus")
    assert (status, body["error"]["code"]) == (403, "refused_by_rule")
    assert fake.bodies() == []
    await ask_chat(client, "opus")


@pytest.mark.parametrize("ask", [ask_chat, ask_responses], ids=["chat", "responses"])
async def test_a_rule_turns_computer_use_on(
    ask: Ask, bridge: Bridge, connect: Connect, fake: FakeAnthropic, pretended: FakeDesktop
) -> None:
    await save(bridge, {"name": "Cursor", "client": "cursor", "computer": True})
    with pytest.raises(PermissionDeniedError, match="Computer use is off"):
        await ask(connect(bridge.control_token), "opus")
    bridge.computer.allow_for(minutes=1)
    click = ToolUse("left_click", {"coordinate": [1, 2]}, toolset_name="computer")
    fake.script(Reply((click,), "tool_use"), says("Done."))
    raw = await ask(connect(bridge.control_token), "opus")
    assert ("press", "left") in pretended.done
    assert (
        "computer_use: the rule \\u201cCursor\\u201d turns it on"
        in (raw.headers["x-bridge-notice"])
    )


@pytest.mark.parametrize("name", ["completions", "messages"])
async def test_an_endpoint_without_computer_use_says_so(
    name: str, bridge: Bridge, connect: Connect
) -> None:
    await save(bridge, {"name": "Cursor", "client": "cursor", "computer": True})
    raw = await ENDPOINTS[name](connect(), "haiku")
    assert "computer_use: not at this endpoint; the rule" in raw.headers["x-bridge-notice"]


async def test_a_run_gets_the_model_and_the_effort_of_the_rule(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    bridge.computer.allow_for(minutes=1)
    await save(bridge, {**NAMED, "use_model": "opus", "effort": "low"})
    status, events, headers = await ask_run(bridge, "gpt-4o")
    assert (status, "claude-opus-5-5" in events) == (200, True)
    (body,) = fake.bodies()
    assert (body["model"], body["output_config"]["effort"]) == ("claude-opus-5-5", "low")
    assert "asks for low" in headers["x-bridge-notice"]
    await save(bridge, {**NAMED, "use_model": "opus", "max_price": 5})
    assert (await ask_run(bridge, "gpt-4o"))[0] == 403
    await save(bridge, {**NAMED, "backend": "claude-code"})
    assert (await ask_run(bridge, "gpt-4o"))[0] == 401


# --- counting tokens


async def test_tokens_are_counted_for_the_model_of_the_rule(
    bridge: Bridge, connect: Connect, fake: FakeAnthropic
) -> None:
    await save(bridge, {**NAMED, "use_model": "haiku", "effort": "none"})
    client = connect()
    await client.responses.input_tokens.count(model="gpt-4o", input="Hi")
    body = {"model": "gpt-4o", "messages": HI}
    await client.post("/messages/count_tokens", body=body, cast_to=dict[str, Any])
    counted = fake.bodies("/v1/messages/count_tokens")
    assert [body["model"] for body in counted] == ["claude-haiku-5-5"] * 2
    assert [body["thinking"] for body in counted] == [{"type": "disabled"}] * 2

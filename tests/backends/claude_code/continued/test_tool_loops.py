"""Tool loops go on in the process that made the calls; the real Claude Code."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiohttp
import pytest

from bridge.server.state import Bridge
from tests.backends.claude_code.continued.talk import MODEL, Talk, sessions, user
from tests.backends.claude_code.leftovers import settled
from tests.backends.claude_code.test_same_as_api import LOOK, tool
from tests.backends.upstream import unmarked, without_device, without_own
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Reply, Text, Thinking, ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="counts processes as on POSIX")

LONGEST_NAME = "n" * 128
NAMES = ("look", "Read", "Bash", "mcp__x__y", LONGEST_NAME)
TOOLS = [tool(name, parameters={"type": "object", "properties": {}}) for name in NAMES]


def result(id: str, content: Any) -> Any:
    return {"role": "tool", "tool_call_id": id, "content": content}


def use(id: str, name: str = "look", **input: Any) -> ToolUse:
    return ToolUse(name, input, id=id)


ODD = '  \n<b> \u2028 é 😀 {"a": 1.0}\r\n'
PARALLEL = [
    says("Hello."),
    Reply((Text("Both."), use("toolu_1", "Read", b=1.5, a=[]), use("toolu_2", "Bash"))),
    calls(use("toolu_3", LONGEST_NAME, text=ODD)),
    Reply((Text("Done."),)),
    calls(*(use(f"toolu_{number}") for number in range(10, 22))),
    says("All done."),
]
MESSAGES: list[list[Any]] = [
    [user("Hi")],
    [user("Read and run.")],
    # Not in the order of the calls.
    [
        result("toolu_2", ODD),
        result("toolu_1", [{"type": "text", "text": "a"}, LOOK["content"][1]]),
    ],
    [result("toolu_3", "line\n" * 40_000)],
    [user(LOOK["content"])],
    [result(f"toolu_{number}", f"number {number}") for number in range(10, 22)],
]


async def talk_live_and_new(
    start_bridge: StartBridge,
    fake: FakeAnthropic,
    turns: list[list[Any]],
    *replies: Reply,
    **options: Any,
) -> tuple[list[Any], list[Any]]:
    """Return what reached upstream over a live session, and over a new process for each turn."""
    for live in (3, 0):
        bridge = await start_bridge(
            backend="claude-code", claude_live_sessions=live, claude_spares=0
        )
        talk = Talk(bridge, tools=TOOLS, **options)
        fake.script(*replies)
        for turn in turns:
            await talk.send(*turn)
    bodies = [without_own(body) for body in fake.bodies()]
    return bodies[: len(turns)], bodies[len(turns) :]


@pytest.mark.parametrize("model", [MODEL, "claude-sonnet-5", "claude-opus-4-6", "claude-haiku-4-5"])
async def test_a_tool_loop_reaches_upstream_as_from_new_processes(
    start_bridge: StartBridge, fake: FakeAnthropic, model: str
) -> None:
    live, new = await talk_live_and_new(start_bridge, fake, MESSAGES, *PARALLEL, model=model)
    assert sessions(fake)[: len(MESSAGES)] == ["A"] * len(MESSAGES)
    assert len(set(sessions(fake))) == 1 + len(MESSAGES)
    for number, (body, expected) in enumerate(zip(live, new, strict=True)):
        assert body == expected, number


THOUGHTS = [
    Reply((Thinking("First."), Text("Look."), use("toolu_1"))),
    Reply((Thinking("Second."), use("toolu_2"), use("toolu_3"))),
    says("Done."),
    says("Bye."),
]
LOOP: list[list[Any]] = [
    [user("Look.")],
    [result("toolu_1", "one")],
    [result("toolu_2", "two"), result("toolu_3", "three")],
    [user("Thanks.")],
]


async def test_thinking_in_a_tool_loop_reaches_upstream_as_from_new_processes(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    live, new = await talk_live_and_new(
        start_bridge, fake, LOOP, *THOUGHTS, model="claude-opus-4-6", reasoning_effort="high"
    )
    assert sessions(fake) == [*"AAAA", *"BCDE"]
    assert json.dumps(live).count('"thinking": "First."') == 3
    assert simplified(live) == simplified(new)


async def test_thinking_in_a_tool_loop_is_sent_as_by_the_api(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    """New processes cannot on 5.x models: it is bound to what is before it, and the notes move."""
    bodies = []
    for backend in ("claude-code", "anthropic"):
        bridge = await start_bridge(backend=backend, claude_spares=0)
        talk = Talk(bridge, tools=TOOLS, reasoning_effort="high")
        fake.script(*THOUGHTS)
        for turn in LOOP:
            await talk.send(*turn)
        bodies.append([simplified(without_own(body)["messages"]) for body in fake.bodies()[-4:]])
    assert json.dumps(bodies[0]).count('"thinking": "First."') == 3
    assert bodies[0] == bodies[1]


def simplified(value: Any) -> Any:
    """Without signatures, which differ as the notes do, and with the default `caller` left out."""
    if isinstance(value, dict):
        fields = {k: simplified(v) for k, v in value.items() if k != "signature"}
        return {k: v for k, v in fields.items() if (k, v) != ("caller", {"type": "direct"})}
    return [simplified(part) for part in value] if isinstance(value, list) else value


CHANGED: dict[str, list[Any]] = {
    "no output": [result("toolu_1", "")],
    "a user's words beside the result": [result("toolu_1", "one"), user("Stop.")],
    "too long": [result("toolu_1", "x" * 250_001)],
}


@pytest.mark.parametrize("name", CHANGED)
async def test_results_that_claude_code_would_change_go_to_a_new_process(
    start_bridge: StartBridge, fake: FakeAnthropic, name: str
) -> None:
    turns = [[user("Look.")], CHANGED[name]]
    live, new = await talk_live_and_new(
        start_bridge, fake, turns, calls(use("toolu_1")), says("Ok")
    )
    assert sessions(fake) == ["A", "B", "C", "D"]
    assert live == new


@pytest.mark.parametrize(
    ("content", "session"),
    [
        ({"content": "No such file.", "is_error": True}, "A"),
        ({"content": [{"type": "text", "text": "No such file."}], "is_error": True}, "B"),
        ({"content": "As a string."}, "B"),
        ({"content": [{"type": "text", "text": "One."}], "is_error": False}, "B"),
        ({}, "B"),
    ],
)
async def test_errors_go_on_in_the_form_in_which_claude_code_sends_them(
    start_bridge: StartBridge, fake: FakeAnthropic, content: Any, session: str
) -> None:
    bridge = await start_bridge(backend="claude-code", claude_spares=0)
    fake.script(calls(use("toolu_1")))
    turns: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "Look."}]}]
    given = {"type": "tool_result", "tool_use_id": "toolu_1", **content}
    for messages in (turns, [*turns, None, {"role": "user", "content": [given]}]):
        call = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
        sent = [message or {"role": "assistant", "content": [call]} for message in messages]
        await ask_anthropic(bridge, sent)
    assert sessions(fake) == ["A", session]
    turns = [turn for turn in unmarked(fake.bodies()[-1])["messages"] if turn["role"] == "user"]
    assert turns[-1] == {"role": "user", "content": [given]}


async def ask_anthropic(bridge: Bridge, messages: list[Any]) -> None:
    body = {
        "model": MODEL,
        "max_tokens": 1000,
        "messages": messages,
        "tools": [{"name": "look", "input_schema": {"type": "object"}}],
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/messages", json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def test_nothing_is_sent_while_the_client_runs_its_tools(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="claude-code", claude_spares=0)
    fake.script(calls(use("toolu_1"), use("toolu_2")))
    talk = Talk(bridge, tools=TOOLS)
    await talk.say("Look.")
    await asyncio.sleep(2)
    assert len(fake.bodies()) == 1
    await talk.send(result("toolu_1", "one"), result("toolu_2", "two"))
    assert sessions(fake) == ["A", "A"]
    await bridge.selection.close()
    await settled(0)


async def test_a_call_of_an_unknown_tool_ends_the_process(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="claude-code", claude_spares=0)
    fake.script(calls(use("toolu_1"), use("toolu_2", "invented")))
    await Talk(bridge, tools=TOOLS).say("Look.")
    await settled(0)
    assert len(fake.bodies()) == 1


async def test_tools_are_sent_as_the_client_described_them(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="claude-code", claude_spares=0)
    fake.script(calls(use("toolu_1")))
    talk = Talk(bridge, tools=TOOLS)
    await talk.say("Look.")
    await talk.send(result("toolu_1", "one"))
    first, second = (unmarked(without_device(body)) for body in fake.bodies())
    assert second["messages"][: len(first["messages"])] == first["messages"]
    assert {**second, "messages": 0} == {**first, "messages": 0}
    assert [listed["name"] for listed in second["tools"]] == list(NAMES)

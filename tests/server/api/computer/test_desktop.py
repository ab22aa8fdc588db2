"""Computer use through the real server, with a fake desktop that records calls."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from openai import APIStatusError, AsyncOpenAI, NotFoundError, PermissionDeniedError
from PIL import Image

from bridge.computer.actions import ELEMENT_ACTIONS, MEMBERS
from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.base import Element
from bridge.computer.screen.geometry import Point, Rect
from bridge.server.state import Bridge
from tests.computer.fake_desktop import FakeDesktop, make_app
from tests.conftest import StartBridge
from tests.fake_anthropic.script import RawBlock, Reply, Text, Thinking, ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic

OPUS = "claude-opus-5-5"
HI: Any = [{"role": "user", "content": "Open the menu."}]
SHOT = ToolUse("screenshot", toolset_name="computer")
Call = Callable[..., Coroutine[Any, Any, tuple[int, Any]]]


def click(x: int, y: int) -> ToolUse:
    return ToolUse("left_click", {"coordinate": [x, y]}, toolset_name="computer")


def types(text: str) -> ToolUse:
    return ToolUse("type", {"text": text}, toolset_name="computer")


@pytest.fixture
def desktop(pretended: FakeDesktop) -> FakeDesktop:
    """A full screen of notes, which have the keyboard."""
    pretended.shown.append(Window("Notes", "notes", Rect(0, 0, 1920, 1080), active=True))
    return pretended


@pytest.fixture
async def bridge(
    desktop: FakeDesktop,
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
) -> Bridge:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    return await start_bridge(backend="anthropic", computer_approval_seconds=5)


@pytest.fixture
async def call(bridge: Bridge) -> AsyncIterator[Call]:
    """The user's own program: it has the control token."""
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with aiohttp.ClientSession(bridge.url, headers=headers) as session:

        async def send(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            async with session.request(method, path, json=body) as answer:
                if answer.content_type == "application/json":
                    return answer.status, await answer.json()
                return answer.status, await answer.read()

        yield send


@pytest.fixture
async def client(bridge: Bridge) -> AsyncIterator[AsyncOpenAI]:
    """A client of the user's own, with the control token; others are asked about."""
    async with AsyncOpenAI(
        base_url=f"{bridge.url}/v1", api_key=bridge.control_token, max_retries=0
    ) as openai_client:
        yield openai_client


async def switch(call: Call, mode: str, **more: Any) -> None:
    status, _ = await call("POST", "/control/switches", {"computer": {"mode": mode, **more}})
    assert status == 200


async def allow_clicks(bridge: Bridge, *names: str) -> None:
    apps = tuple(map(make_app, names))
    await asyncio.to_thread(bridge.computer.apps.remember, apps, "click", "the user")


async def ask_claude(client: AsyncOpenAI, **more: Any) -> Any:
    return await client.chat.completions.create(model=f"{OPUS}+computer", messages=HI, **more)


async def wait_for_approval(call: Call) -> Any:
    """Return the first pending approval, once there is one."""
    for _ in range(500):
        _, status = await call("GET", "/computer")
        if status["waiting"]:
            return status["waiting"][0]
        await asyncio.sleep(0.01)
    raise AssertionError("nothing ever waited")


def list_input(desktop: FakeDesktop) -> list[Any]:
    return [line for line in desktop.done if line[0] not in ("close", "activate")]


CLICKED = [("move", 100, 200), ("press", "left"), ("release", "left")]


# --- in a chat


async def test_claude_takes_a_screenshot_acts_and_answers(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)
    fake.script(
        Reply((Thinking("A menu."), Text("I look first."), SHOT)),
        calls(click(100, 200), types("hé")),
        says("The menu is open."),
    )
    answer = await ask_claude(client)
    message = answer.choices[0].message
    assert message.content == "I look first.\n\nThe menu is open."
    assert message.reasoning_content == (
        "A menu.\n→ Take a screenshot\n→ Click at (100, 200) in “Notes”\n→ Type “hé” in “Notes”\n"
    )
    assert answer.choices[0].finish_reason == "stop"
    assert list_input(desktop) == [*CLICKED, ("type", "h"), ("type", "é")]
    first, second, third = [request.body for request in fake.requests if request.body]
    toolset, *others = first["tools"]
    assert toolset == {"type": "computer_toolset_20260801"}
    assert [tool["name"] for tool in others] == [kind.member for kind in ELEMENT_ACTIONS]
    shown = second["messages"][-1]["content"][0]
    assert shown["toolset_name"] == "computer"
    data = base64.b64decode(shown["content"][0]["source"]["data"])
    # Pixel for pixel: this model takes pictures of that size.
    assert Image.open(io.BytesIO(data)).size == (1920, 1080)
    done = third["messages"][-1]["content"]
    assert [result["content"][0]["text"] for result in done] == ["OK", "OK"]
    # What was asked before is the beginning of what is asked next, so that the cache holds.
    assert third["messages"][:3] == second["messages"]


async def test_computer_use_can_be_streamed(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic
) -> None:
    await switch(call, "allowed", minutes=1)
    fake.script(calls(SHOT), says("Nothing to do."))
    stream = await client.chat.completions.create(
        model=OPUS,
        messages=HI,
        stream=True,
        stream_options={"include_usage": True},
        extra_body={"computer_use": True},
    )
    chunks = [chunk async for chunk in stream]
    words = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert "".join(words) == "Nothing to do."
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens == 24
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"


async def test_a_response_shows_actions_as_reasoning(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic
) -> None:
    await switch(call, "allowed", minutes=1)
    fake.script(calls(click(100, 200)), says("Done."))
    response = await client.responses.create(model=f"{OPUS}+computer", input="Click.")
    assert response.output_text == "Done."
    reasoning = [item for item in response.output if item.type == "reasoning"]
    assert "Click at (100, 200)" in reasoning[0].summary[0].text
    assert response.usage is not None
    assert response.usage.input_tokens == 24
    # What it thought holds only where its pictures are: the conversation goes on without.
    fake.script(says("You are welcome."))
    again = await client.responses.create(
        model=OPUS, input="Thanks.", previous_response_id=response.id
    )
    assert again.output_text == "You are welcome."


async def test_computer_models_are_listed_while_computer_use_is_on(
    client: AsyncOpenAI, call: Call
) -> None:
    names = [model.id async for model in await client.models.list()]
    assert not any("+computer" in name for name in names)
    with pytest.raises(NotFoundError):
        await client.models.retrieve("opus+computer")
    await switch(call, "ask")
    alias = (await client.models.retrieve("opus+computer")).model_dump()
    assert alias["alias_of"] == f"{OPUS}+computer"
    names = [model.id async for model in await client.models.list()]
    assert f"{OPUS}+computer" in names
    assert "bridge-echo+computer" not in names


async def test_claude_code_gets_the_actions_as_tools(
    desktop: FakeDesktop, claude_code: Bridge, fake: FakeAnthropic
) -> None:
    claude_code.computer.allow_for(1)
    shot = ToolUse("screenshot")
    desktop.elements.placed = [SAVE]
    fake.script(
        calls(shot),
        calls(ToolUse("left_click", {"coordinate": [10, 20]})),
        calls(ToolUse("click_element", {"name": "Save"})),
        says("Done."),
    )
    async with AsyncOpenAI(
        base_url=f"{claude_code.url}/v1", api_key=claude_code.control_token, max_retries=0
    ) as client:
        answer = await ask_claude(client)
    assert answer.choices[0].message.content == "Done."
    assert list_input(desktop)[0] == ("move", 10, 20)
    assert desktop.elements.done == [("press", "Save")]
    asked_for = [request.body for request in fake.requests if request.body]
    assert [tool["name"] for tool in asked_for[0]["tools"]] == list(MEMBERS)
    assert '"type": "image"' in json.dumps(asked_for[1]["messages"])


async def test_an_invalid_action_is_reported_to_claude(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)
    broken = ToolUse("key", {"text": "NoSuchKey"}, toolset_name="computer")
    fake.script(calls(click(100, 200), broken, types("x")), says("I see."))
    await ask_claude(client)
    results = fake.requests[-1].body["messages"][-1]["content"]
    assert [result.get("is_error", False) for result in results] == [False, True, True]
    assert "NoSuchKey" in results[1]["content"][0]["text"]
    halted = "Not executed: an earlier computer action in this turn failed."
    assert results[2]["content"][0]["text"] == halted
    assert list_input(desktop) == CLICKED


async def test_the_clients_own_tools_are_refused(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic
) -> None:
    await switch(call, "allowed", minutes=1)
    tool: Any = {"type": "function", "function": {"name": "now", "parameters": {}}}
    with pytest.raises(Exception, match="combined with computer use"):
        await ask_claude(client, tools=[tool])
    with pytest.raises(Exception, match="n=1 only"):
        await ask_claude(client, n=2)


# --- limits


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"computer_max_steps": 2}, "the limit of 2 turns is reached"),
        ({"computer_max_minutes": 1e-9}, "minutes is reached"),
        ({"computer_max_dollars": 1e-9}, "dollars is reached"),
    ],
)
async def test_a_limit_ends_the_task_with_an_answer(
    limit: dict[str, float],
    said: str,
    desktop: FakeDesktop,
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="anthropic", **limit)
    bridge.computer.allow_for(1)
    steps = int(limit.get("computer_max_steps", 1))
    fake.script(*[calls(click(100, 200))] * steps, says("I clicked; the rest is left."))
    async with AsyncOpenAI(
        base_url=f"{bridge.url}/v1", api_key=bridge.control_token, max_retries=0
    ) as client:
        answer = await ask_claude(client)
    content = answer.choices[0].message.content
    assert content.startswith("I clicked; the rest is left.")
    assert said in content
    assert list_input(desktop) == CLICKED * (steps - 1)
    refused = fake.requests[-1].body["messages"][-1]["content"][0]
    assert refused["is_error"]
    assert said in refused["content"][0]["text"]


async def test_a_turn_is_not_continued_for_ever(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic
) -> None:
    await switch(call, "allowed", minutes=1)
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    pause = Reply((RawBlock(search),), stop_reason="pause_turn")
    # The first one does not count: Claude went on after it.
    fake.script(pause, calls(SHOT), *[pause] * 40)
    with pytest.raises(APIStatusError, match="Claude paused 20 times") as raised:
        await ask_claude(client)
    assert raised.value.code == "promise_not_kept"
    assert len(fake.requests) == 2 + 21


async def test_old_screenshots_are_removed_and_upstream_accepts_it(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic
) -> None:
    """The fake refuses thinking behind anything but what it followed, as upstream does."""
    await switch(call, "allowed", minutes=1)
    step = Reply((Thinking("Once more."), SHOT))
    fake.script(*[step] * 30, says("Seen enough."))
    answer = await ask_claude(client)
    assert answer.choices[0].message.content == "Seen enough."
    asked_for = [json.dumps(request.body).count('"image"') for request in fake.requests]
    assert max(asked_for) == 20


# --- permission and approvals


async def test_nothing_happens_while_computer_use_is_off(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    with pytest.raises(PermissionDeniedError, match="Only a human can turn it on"):
        await ask_claude(client)
    for method, path, body in (
        ("GET", "/computer/screenshot", None),
        ("POST", "/computer/actions", {"actions": [{"action": "screenshot"}]}),
        ("POST", "/computer/runs", {"prompt": "Click."}),
    ):
        status, answer = await call(method, path, body)
        assert status == 403
        assert answer["error"]["code"] == "computer_off"
    assert desktop.done == []
    assert not any(request.body for request in fake.requests)


async def test_no_api_key_and_no_prompt_can_turn_it_on(
    client: AsyncOpenAI, bridge: Bridge, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    """A page without the token, a client with a key, and Claude itself: none of them can."""
    fake.script(calls(ToolUse("switch_on"), stop_reason="tool_use"))
    async with aiohttp.ClientSession(bridge.url) as session:
        for headers in ({}, {"Authorization": "Bearer any"}, {"x-api-key": "any"}):
            for path in ("/control/switches", "/computer/actions", "/computer/runs"):
                async with session.post(path, json={}, headers=headers) as answer:
                    assert answer.status == 403
            async with session.get("/computer/screenshot", headers=headers) as answer:
                assert answer.status == 403
    prompt: Any = [{"role": "user", "content": "Switch computer use on and click at 1, 1."}]
    with pytest.raises(PermissionDeniedError):
        await client.chat.completions.create(model=f"{OPUS}+computer", messages=prompt)
    assert bridge.computer.permission.mode == "off"
    assert desktop.done == []


async def test_nothing_happens_before_the_user_approves(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "ask")
    fake.script(calls(click(100, 200)), says("Done."))
    running = asyncio.create_task(ask_claude(client))
    batch = await wait_for_approval(call)
    assert batch["what"] == ["Click at (100, 200) in “Notes” (program notes)"]
    assert list_input(desktop) == []
    status, picture = await call("GET", batch["picture"])
    assert status == 200
    image = Image.open(io.BytesIO(picture))
    ring: Any = image.getpixel((100 - 18, 200))
    assert ring[0] > 150 > ring[2], "the place is marked in red on the navy screen"
    assert (await call("POST", f"/computer/approvals/{batch['id']}", {"approved": True}))[0] == 200
    await running
    assert list_input(desktop) == CLICKED
    assert (await call("POST", f"/computer/approvals/{batch['id']}", {"approved": True}))[0] == 404


async def test_an_approval_is_for_the_window_that_was_shown(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    """It is closed by the time the user has approved, and another one is in its place."""
    await switch(call, "ask")
    fake.script(calls(click(100, 200)), says("It is gone."))
    running = asyncio.create_task(ask_claude(client))
    batch = await wait_for_approval(call)
    desktop.shown[:] = [Window("Delete all?", "files", Rect(0, 0, 500, 500), active=True)]
    await call("POST", f"/computer/approvals/{batch['id']}", {"approved": True})
    await running
    assert list_input(desktop) == []
    (result,) = fake.requests[-1].body["messages"][-1]["content"]
    assert "is risky (deleting)" in result["content"][0]["text"]


async def test_an_approval_is_not_for_a_harmless_other_window_either(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "ask")
    fake.script(calls(click(100, 200)), says("It is gone."))
    running = asyncio.create_task(ask_claude(client))
    batch = await wait_for_approval(call)
    desktop.shown[:] = [Window("Chat", "chat", Rect(0, 0, 500, 500), active=True)]
    await call("POST", f"/computer/approvals/{batch['id']}", {"approved": True})
    await running
    assert list_input(desktop) == []
    (result,) = fake.requests[-1].body["messages"][-1]["content"]
    assert "the approved window “Notes” is no longer in front" in result["content"][0]["text"]


async def test_a_denial_is_reported_to_claude_and_nothing_happens(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "ask")
    fake.script(calls(click(100, 200)), says("Then not."))
    running = asyncio.create_task(ask_claude(client))
    batch = await wait_for_approval(call)
    await call("POST", f"/computer/approvals/{batch['id']}", {"approved": False})
    assert (await running).choices[0].message.content == "Then not."
    assert list_input(desktop) == []
    (result,) = fake.requests[-1].body["messages"][-1]["content"]
    assert result["is_error"]
    assert "denied by the user" in result["content"][0]["text"]


async def test_an_unanswered_approval_is_denied(
    call: Call, bridge: Bridge, desktop: FakeDesktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge.computer.approvals, "_seconds", 0.1)
    await switch(call, "ask")
    status, answer = await call("POST", "/computer/actions", {"actions": [CLICK_BODY]})
    assert status == 403
    assert answer["error"]["code"] == "not_approved"
    assert "no answer within 0.1 s" in answer["error"]["message"]
    assert list_input(desktop) == []


NOTES, COPY = WindowId(1, 7), WindowId(2, 7)
TYPE_LINES = {"action": "type", "text": "Dear Anna, " * 30 + "\nreboot\n"}


def set_windows(desktop: FakeDesktop, *ids: WindowId) -> None:
    """Show windows of the same title and program, the first in front."""
    whole = Rect(0, 0, 1920, 1080)
    desktop.shown[:] = [Window("Notes", "notes", whole, id == ids[0], id) for id in ids]


async def test_an_approval_shows_all_that_is_typed(call: Call, desktop: FakeDesktop) -> None:
    await switch(call, "ask")
    acting = asyncio.create_task(call("POST", "/computer/actions", {"actions": [TYPE_LINES]}))
    batch = await wait_for_approval(call)
    shown = "Dear Anna, " * 30 + "⏎\nreboot⏎\n"
    facts = "338 characters, 2 lines, ends with Enter"
    assert batch["what"] == [f"Type “{shown}” in “Notes” (program notes): {facts}"]
    assert batch["steps"] == [
        {"action": "Type", "text": shown, "facts": facts, "window": "“Notes” (program notes)"}
    ]
    await call("POST", f"/computer/approvals/{batch['id']}", {"approved": False})
    await acting


async def test_only_what_was_shown_is_approved(call: Call, desktop: FakeDesktop) -> None:
    await switch(call, "ask")
    acting = asyncio.create_task(call("POST", "/computer/actions", {"actions": [CLICK_BODY]}))
    batch = await wait_for_approval(call)
    path, other = f"/computer/approvals/{batch['id']}", {"approved": True, "digest": "0" * 64}
    status, answer = await call("POST", path, other)
    assert (status, answer["error"]["code"]) == (409, "approval_changed")
    assert list_input(desktop) == []
    status, _ = await call("POST", path, {"approved": True, "digest": batch["digest"]})
    assert status == 200
    assert (await acting)[0] == 200
    assert ("press", "left") in desktop.done


async def test_an_approved_window_is_brought_to_the_front_again(
    call: Call, desktop: FakeDesktop
) -> None:
    """Approving has raised the browser, or another window with the same title."""
    await switch(call, "ask")
    set_windows(desktop, NOTES)
    desktop.at = Point(10, 20)
    here = {"action": "left_click"}
    acting = asyncio.create_task(call("POST", "/computer/actions", {"actions": [here]}))
    batch = await wait_for_approval(call)
    set_windows(desktop, COPY, NOTES)
    desktop.at = Point(900, 700)
    await call("POST", f"/computer/approvals/{batch['id']}", {"approved": True})
    status, answer = await acting
    assert (status, answer["outcomes"][0]["result"]) == (200, "OK")
    assert list_input(desktop) == [
        ("move", 10, 20),
        ("press", "left"),
        ("release", "left"),
    ]
    assert ("activate", "Notes") in desktop.done
    assert desktop.shown[0].id == NOTES
    (decided,) = (await call("GET", "/computer"))[1]["decided"]
    assert (decided["approved"], decided["outcome"]) == (True, "done")


async def test_an_approved_window_that_was_closed_is_reported(
    call: Call, desktop: FakeDesktop
) -> None:
    await switch(call, "ask")
    set_windows(desktop, NOTES)
    acting = asyncio.create_task(call("POST", "/computer/actions", {"actions": [CLICK_BODY]}))
    batch = await wait_for_approval(call)
    set_windows(desktop, COPY)
    await call("POST", f"/computer/approvals/{batch['id']}", {"approved": True})
    _, answer = await acting
    assert not answer["outcomes"][0]["done"]
    assert ("press", "left") not in desktop.done
    (decided,) = (await call("GET", "/computer"))[1]["decided"]
    assert "is no longer in front" in decided["outcome"]


async def test_waiting_for_approval_is_not_called_active(call: Call, desktop: FakeDesktop) -> None:
    await switch(call, "ask")
    acting = asyncio.create_task(call("POST", "/computer/actions", {"actions": [CLICK_BODY]}))
    batch = await wait_for_approval(call)
    health = (await call("GET", "/health"))[1]["computer"]
    assert (health["active"], health["waiting"]) == (False, 1)
    await call("POST", f"/computer/approvals/{batch['id']}", {"approved": True})
    await acting


CLICK_BODY = {"action": "left_click", "coordinate": [100, 200]}


async def test_only_risky_batches_need_approval(
    call: Call, bridge: Bridge, desktop: FakeDesktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await allow_clicks(bridge, "notes", "xterm")
    monkeypatch.setattr(bridge.computer.approvals, "_seconds", 0.1)
    await switch(call, "ask_risky")
    status, _ = await call("POST", "/computer/actions", {"actions": [CLICK_BODY]})
    assert status == 200
    del desktop.done[:]
    desktop.shown.insert(0, Window("~ : bash", "xterm", Rect(0, 0, 1920, 1080), active=True))
    status, answer = await call("POST", "/computer/actions", {"actions": [CLICK_BODY]})
    assert (status, answer["error"]["code"]) == (403, "not_approved")
    assert list_input(desktop) == []


async def test_an_action_that_becomes_risky_is_not_executed(
    call: Call, bridge: Bridge, desktop: FakeDesktop
) -> None:
    """The click opens a terminal: what was to be typed into the notes is not typed into that."""
    await allow_clicks(bridge, "notes", "xterm")
    await switch(call, "ask_risky")

    def opens(line: tuple[Any, ...]) -> None:
        if line[0] == "release":
            desktop.shown.insert(0, Window("~ : bash", "xterm", Rect(0, 0, 9, 9), active=True))
            desktop.shown[1] = Window("Notes", "notes", Rect(0, 0, 1920, 1080), active=False)

    desktop.before = opens
    batch = {
        "actions": [CLICK_BODY, {"action": "type", "text": "ls"}, {"action": "wait", "duration": 0}]
    }
    status, answer = await call("POST", "/computer/actions", batch)
    assert status == 200
    assert [outcome["done"] for outcome in answer["outcomes"]] == [True, False, False]
    assert "a terminal" in answer["outcomes"][1]["result"]
    assert ("type", "l") not in desktop.done


async def test_windows_on_the_never_list_are_not_used_and_not_shown(
    call: Call, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)
    desktop.shown.insert(0, Window("KeePassXC", "keepassxc", Rect(0, 0, 500, 500), active=True))
    status, answer = await call("POST", "/computer/actions", {"actions": [CLICK_BODY]})
    assert status == 403
    assert "never list" in answer["error"]["message"]
    assert list_input(desktop) == []
    status, picture = await call("GET", "/computer/screenshot?format=png")
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    assert image.getpixel((50, 50)) == (0, 0, 0)
    assert image.getpixel((1000, 700)) == (0, 0, 128)


async def test_an_action_outside_of_the_picture_is_an_error_and_does_nothing(
    call: Call, client: AsyncOpenAI, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)
    for place in ([-1, 5], [5, -1], [1456, 5], [5, 819], ["5", 5], [5.5, 5], [5.0, 5], [True, 5]):
        body = {"actions": [{"action": "left_click", "coordinate": place}]}
        status, answer = await call("POST", "/computer/actions", body)
        assert (status, answer["error"]["param"].partition(".")[0]) == (400, "actions[0]")
        assert "coordinate" in answer["error"]["param"]
    for edge in ([0, 0, 1457, 5], [-1, 0, 5, 5]):
        body = {"actions": [{"action": "zoom", "region": edge}]}
        assert (await call("POST", "/computer/actions", body))[0] == 400
    assert list_input(desktop) == []
    fake.script(calls(types("a"), click(5000, 5), types("b")), says("It is not there."))
    await ask_claude(client)
    results = fake.requests[-1].body["messages"][-1]["content"]
    assert [result.get("is_error", False) for result in results] == [False, True, True]
    assert "(5000, 5) is outside of the picture, which is 1920x1080" in str(results[1])
    assert list_input(desktop) == [("type", "a")]


async def test_a_dry_run_names_a_place_outside_of_the_picture(call: Call) -> None:
    await switch(call, "allowed", minutes=1)
    batch = [CLICK_BODY, {"action": "mouse_move", "coordinate": [9999, 1]}, CLICK_BODY]
    status, answer = await call("POST", "/computer/actions", {"actions": batch, "dry_run": True})
    assert status == 200
    first, second, third = [outcome["result"] for outcome in answer["outcomes"]]
    assert first == "Not executed: a dry run."
    assert second.startswith("mouse_move: coordinate: (9999, 1) is outside of the picture")
    assert third.startswith("Not executed: an earlier")


async def test_a_terminal_that_opens_while_typing_gets_no_more_of_it(
    call: Call, bridge: Bridge, desktop: FakeDesktop
) -> None:
    await allow_clicks(bridge, "notes", "xterm")
    await switch(call, "ask_risky")

    def opens(line: tuple[Any, ...]) -> None:
        if desktop.done.count(("type", "x")) == 5:
            desktop.shown[:] = [Window("~ : bash", "xterm", Rect(0, 0, 99, 99), active=True)]

    desktop.before = opens
    batch = {"actions": [{"action": "type", "text": "x" * 99}, CLICK_BODY]}
    status, answer = await call("POST", "/computer/actions", batch)
    assert status == 200
    assert [outcome["done"] for outcome in answer["outcomes"]] == [False, False]
    result = answer["outcomes"][0]["result"]
    assert "Stopped halfway: another window appeared" in result
    assert "“~ : bash”" in result
    assert "a terminal" in result
    assert desktop.done.count(("type", "x")) == 6
    assert ("press", "left") not in desktop.done


async def test_a_drag_over_two_batches_is_kept_out_of_windows_on_the_never_list(
    call: Call, bridge: Bridge, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)
    vault = Window("Passwords", "keepassxc", Rect(800, 0, 400, 400), active=False)
    desktop.shown.insert(0, vault)
    down = [{"action": "mouse_move", "coordinate": [100, 100]}, {"action": "left_mouse_down"}]
    over = {"action": "mouse_move", "coordinate": [760, 100]}
    beyond = {"action": "mouse_move", "coordinate": [1400, 100]}
    status, answer = await call("POST", "/computer/actions", {"actions": [*down, over]})
    assert (status, answer["error"]["code"]) == (403, "not_approved")
    assert "Passwords" not in str(answer), "Claude does not learn the title either"
    status, answer = await call("POST", "/computer/actions", {"actions": [*down, beyond]})
    assert status == 403
    # Without the button it is a jump, which touches only its end.
    assert (await call("POST", "/computer/actions", {"actions": [beyond]}))[0] == 200
    assert desktop.down == set()


async def test_a_screenshot_of_a_region_is_enlarged(call: Call, desktop: FakeDesktop) -> None:
    await switch(call, "allowed", minutes=1)
    status, picture = await call("GET", "/computer/screenshot?region=0,0,728,410&format=png")
    assert status == 200
    assert Image.open(io.BytesIO(picture)).size[0] > 1400
    assert desktop.grabbed[-1] == Rect(0, 0, 960, 541)
    for wrong in ("1,2,3", "a,b,c,d", "5,5,5,5", "9000,9000,9100,9100"):
        status, answer = await call("GET", f"/computer/screenshot?region={wrong}")
        assert (status, answer["error"]["param"]) == (400, "region")


async def test_a_second_task_is_refused_as_busy(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic
) -> None:
    await switch(call, "ask")
    fake.script(calls(click(100, 200)), says("Done."))
    running = asyncio.create_task(ask_claude(client))
    batch = await wait_for_approval(call)
    status, answer = await call("POST", "/computer/actions", {"actions": [CLICK_BODY]})
    assert (status, answer["error"]["code"]) == (409, "computer_busy")
    await call("POST", f"/computer/approvals/{batch['id']}", {"approved": True})
    await running


# --- stop


async def stopped_within(seconds: float, desktop: FakeDesktop, stop: Awaitable[Any]) -> None:
    """All is at rest so long after the word, and nothing is down."""
    await stop
    await asyncio.sleep(seconds)
    lines = len(desktop.done)
    await asyncio.sleep(0.3)
    assert len(desktop.done) == lines
    assert desktop.down == set()


LONG = {
    "typing": {"action": "type", "text": "x" * 50_000},
    "waiting": {"action": "wait", "duration": 60},
    "holding a key": {"action": "hold_key", "text": "ctrl", "duration": 60},
    "dragging": {
        "action": "left_click_drag",
        "start_coordinate": [0, 0],
        "coordinate": [1400, 800],
    },
    "scrolling": {"action": "scroll", "scroll_direction": "down", "scroll_amount": 200},
}


@pytest.mark.parametrize("doing", LONG)
async def test_a_stop_ends_any_action(doing: str, call: Call, desktop: FakeDesktop) -> None:
    await switch(call, "allowed", minutes=1)
    desktop.before = lambda line: time.sleep(0.005)
    batch = {"actions": [LONG[doing]] * 20}
    running = asyncio.create_task(call("POST", "/computer/actions", batch))
    while not (await call("GET", "/computer"))[1]["active"]:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    await stopped_within(0.1, desktop, call("POST", "/computer/stop", {}))
    status, answer = await running
    assert (status, answer["error"]["code"]) == (409, "stopped_by_person")
    assert (await call("GET", "/computer"))[1]["mode"] == "off"


async def test_a_stop_ends_a_task_while_claude_thinks(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)
    fake.script(calls(click(100, 200)), says("Very slowly now.", delay=5))
    running = asyncio.create_task(ask_claude(client))
    while ("release", "left") not in desktop.done:
        await asyncio.sleep(0.01)
    await call("POST", "/computer/stop", {})
    answer = await asyncio.wait_for(running, 30)
    assert answer.choices[0].message.content.endswith("Stopped: the user pressed stop.")
    await fake.wait_closed(1, timeout=30)


async def test_a_moved_mouse_ends_the_batch(call: Call, desktop: FakeDesktop) -> None:
    await switch(call, "allowed", minutes=1)

    def moved(line: tuple[Any, ...]) -> None:
        if desktop.done.count(("type", "x")) == 5:
            desktop.at = Point(900, 500)

    desktop.before = moved
    batch = {"actions": [{"action": "type", "text": "x" * 1000}]}
    status, answer = await call("POST", "/computer/actions", batch)
    assert (status, answer["error"]["message"]) == (409, "The mouse was moved by hand.")
    assert desktop.done.count(("type", "x")) <= 6


@pytest.mark.parametrize(
    ("to", "mode", "said"),
    [
        (Point(1919, 0), "off", "the pointer was pushed into a corner."),
        (Point(900, 500), "allowed", "the mouse was moved by hand."),
    ],
)
async def test_a_moved_mouse_ends_the_task_while_claude_thinks(
    to: Point,
    mode: str,
    said: str,
    client: AsyncOpenAI,
    call: Call,
    fake: FakeAnthropic,
    desktop: FakeDesktop,
) -> None:
    await switch(call, "allowed", minutes=1)
    fake.script(calls(click(100, 200)), says("Very slowly now.", first_delay=5))
    running = asyncio.create_task(ask_claude(client))
    while ("release", "left") not in desktop.done:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    desktop.at = to
    answer = await asyncio.wait_for(running, 30)
    assert answer.choices[0].message.content == f"Stopped: {said}"
    assert (await call("GET", "/computer"))[1]["mode"] == mode


async def test_a_run_that_pauses_says_so_and_goes_on_when_the_user_resumes(
    bridge: Bridge, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)
    assert (await call("POST", "/computer/resume", {}))[0] == 404

    def moved(line: tuple[Any, ...]) -> None:
        if desktop.done.count(("type", "x")) == 5:
            desktop.at = Point(900, 500)

    desktop.before = moved
    fake.script(calls(types("x" * 1000)), calls(click(300, 400)), says("I have clicked."))
    body = {"prompt": "Click.", "model": OPUS, "mouse_moved": "pause"}
    running = asyncio.create_task(events(bridge, body))
    async with asyncio.timeout(30):
        while not (await call("GET", "/computer"))[1]["paused"]:
            await asyncio.sleep(0.01)
    health = (await call("GET", "/health"))[1]["computer"]
    assert (health["paused"], health["active"], health["mode"]) == (True, False, "allowed")
    desktop.before = lambda line: None
    assert (await call("POST", "/computer/resume", {})) == (200, {"resumed": True})
    run_events = await asyncio.wait_for(running, 30)
    assert [event["type"] for event in run_events if event["type"] != "run.text"] == [
        "run.started",
        "run.paused",
        "run.resumed",
        "run.acted",
        "run.acted",
        "run.finished",
    ]
    assert run_events[3]["failed"].startswith("Not done, or only in part")
    assert desktop.done[-2:] == [("press", "left"), ("release", "left")]


async def test_a_client_that_disconnects_ends_the_task(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)
    fake.script(calls(types("x" * 50_000)))
    desktop.before = lambda line: time.sleep(0.002)
    running = asyncio.create_task(ask_claude(client))
    while ("type", "x") not in desktop.done:
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    await stopped_within(0.3, desktop, asyncio.sleep(0))
    assert (await call("GET", "/computer"))[1]["active"] is False


async def test_a_button_held_between_turns_is_released_in_the_end(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)
    down = ToolUse("left_mouse_down", toolset_name="computer")
    move = ToolUse("mouse_move", {"coordinate": [300, 300]}, toolset_name="computer")
    fake.script(calls(down), calls(move), says("It hangs there."))
    await ask_claude(client)
    assert list_input(desktop) == [("press", "left"), ("move", 300, 300), ("release", "left")]


async def test_a_failed_desktop_is_reported_and_opened_again(
    call: Call, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)

    def breaks(line: tuple[Any, ...]) -> None:
        if line[0] == "press":
            raise ConnectionError("the server is gone")

    desktop.before = breaks
    status, answer = await call("POST", "/computer/actions", {"actions": [CLICK_BODY]})
    assert (status, answer["error"]["code"]) == (503, "desktop_unavailable")
    desktop.before = lambda line: None
    status, _ = await call("POST", "/computer/actions", {"actions": [CLICK_BODY]})
    assert status == 200


# --- runs of their own, and the log


async def events(bridge: Bridge, body: Any) -> list[Any]:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.post("/computer/runs", json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()
        text = await answer.text()
    lines = [line for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


async def test_a_run_streams_its_events(bridge: Bridge, call: Call, fake: FakeAnthropic) -> None:
    await switch(call, "allowed", minutes=1)
    fake.script(Reply((Text("I click."), click(100, 200))), says("Done."))
    run_events = await events(bridge, {"prompt": "Click.", "model": OPUS})
    assert [event["type"] for event in run_events if event["type"] != "run.text"] == [
        "run.started",
        "run.acted",
        "run.finished",
    ]
    assert run_events[-1] == {
        "type": "run.finished",
        "status": "completed",
        "text": "Done.",
        "steps": 2,
    }


async def test_a_failed_run_ends_with_an_error_event(
    bridge: Bridge, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)

    def breaks(line: tuple[Any, ...]) -> None:
        raise ConnectionError("the server is gone")

    fake.script(calls(click(100, 200)))
    desktop.before = breaks
    run_events = await events(bridge, {"prompt": "Click."})
    assert run_events[-1]["type"] == "run.error"
    assert run_events[-1]["error"]["code"] == "desktop_unavailable"


async def test_a_dry_run_changes_nothing(
    bridge: Bridge, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    await switch(call, "allowed", minutes=1)
    fake.script(calls(SHOT), calls(click(100, 200)), says("I would have clicked."))
    run_events = await events(bridge, {"prompt": "Click.", "dry_run": True})
    assert run_events[-1]["text"] == "I would have clicked."
    assert list_input(desktop) == []


async def test_the_log_has_the_action_the_caller_and_the_approver(
    bridge: Bridge, call: Call, desktop: FakeDesktop, home: Any
) -> None:
    await switch(call, "allowed", minutes=1)
    secret = Window("Sign in - Bank", "firefox", Rect(0, 0, 9, 9), active=True)
    body = {"actions": [CLICK_BODY], "asked_by": "a test"}
    await call("POST", "/computer/actions", body)
    desktop.shown[:] = [secret]
    await call("POST", "/computer/actions", {"actions": [{"action": "type", "text": "hunter2"}]})
    path = home / "data" / "computer-log.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
    clicked, typed = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert "with the control token, which says it is “a test”" in clicked["asked_by"]
    assert sys.executable.rsplit("/", 1)[-1][:7] in clicked["asked_by"]
    assert clicked["approved_by"] == "mode allowed"
    assert clicked["action"] == {**CLICK_BODY, "text": None}
    assert clicked["window"] == {"title": "Notes", "program": "notes"}
    assert clicked["picture"] == [1456, 819]
    assert "hunter2" not in path.read_text("utf-8")
    assert typed["action"] == {"action": "type", "text": None, "characters": 7}


# --- by name

SAVE = Element("button", "Save", box=Rect(100, 200, 80, 20))
CITY = Element("field", "City", states=frozenset(("editable",)), box=Rect(100, 300, 80, 20))


async def test_elements_are_listed_and_used_by_name(call: Call, desktop: FakeDesktop) -> None:
    desktop.elements.placed = [SAVE, CITY]
    desktop.elements.values["City"] = "Ulm"
    assert (await call("GET", "/computer/elements"))[0] == 403, "computer use is off"
    await switch(call, "allowed", minutes=1)
    status, listed = await call("GET", "/computer/elements?window=notes&max_edge=1920")
    save, city = listed["elements"]
    assert status == 200
    assert (listed["title"], listed["complete"]) == ("Notes", True)
    assert (save["role"], save["name"], save["box"]) == ("button", "Save", [100, 200, 179, 219])
    assert (city["value"], city["states"]) == ("Ulm", [])
    actions = [
        {"action": "click_element", "id": save["id"]},
        {"action": "set_value", "role": "field", "name": "City", "value": "Bonn"},
        {"action": "read_text", "id": city["id"], "picture": True},
    ]
    status, answer = await call("POST", "/computer/actions", {"actions": actions})
    assert status == 200
    assert [outcome["done"] for outcome in answer["outcomes"]] == [True] * 3
    assert [bool(outcome["image"]) for outcome in answer["outcomes"]] == [False, False, True]
    assert desktop.elements.done == [("press", "Save"), ("set_value", "City", "Bonn")]
    assert list_input(desktop) == []


async def test_an_element_that_is_not_there_is_an_error_with_candidates(
    call: Call, desktop: FakeDesktop
) -> None:
    desktop.elements.placed = [SAVE]
    await switch(call, "allowed", minutes=1)
    missing = {"action": "click_element", "name": "sav"}
    status, answer = await call("POST", "/computer/actions", {"actions": [missing]})
    assert (status, answer["error"]["param"]) == (400, "actions[0].name")
    assert 'button "Save" [' in answer["error"]["message"]


async def test_elements_of_windows_on_the_never_list_are_not_told(
    call: Call, desktop: FakeDesktop
) -> None:
    desktop.elements.placed = [SAVE]
    desktop.shown[:] = [Window("KeePassXC", "keepassxc", Rect(0, 0, 1920, 1080), active=True)]
    await switch(call, "allowed", minutes=1)
    status, answer = await call("GET", "/computer/elements")
    assert status == 400
    assert answer["error"]["message"].startswith("Refused: windows with “keepass”")
    status, answer = await call("GET", "/computer/elements?window=KeePassXC")
    assert (status, answer["error"]["param"]) == (400, "window")
    assert "windows: none" in answer["error"]["message"]


async def test_an_approved_click_by_name_leaves_the_users_window_in_front(
    call: Call, desktop: FakeDesktop
) -> None:
    desktop.elements.placed = [SAVE]
    await switch(call, "ask")
    set_windows(desktop, NOTES)
    click_save = {"action": "click_element", "name": "Save", "window": "w1"}
    acting = asyncio.create_task(call("POST", "/computer/actions", {"actions": [click_save]}))
    batch = await wait_for_approval(call)
    assert batch["what"] == ["Click the button “Save” by its name in “Notes” (program notes)"]
    set_windows(desktop, COPY, NOTES)
    desktop.at = Point(900, 700)
    await call("POST", f"/computer/approvals/{batch['id']}", {"approved": True})
    status, answer = await acting
    assert (status, answer["outcomes"][0]["result"]) == (200, "OK")
    assert desktop.elements.done == [("press", "Save")]
    assert desktop.done == [], "neither the pointer nor the windows have moved"


async def test_claude_works_by_name_beside_the_toolset(
    client: AsyncOpenAI, call: Call, fake: FakeAnthropic, desktop: FakeDesktop
) -> None:
    desktop.elements.placed = [SAVE]
    await switch(call, "allowed", minutes=1)
    fake.script(
        calls(ToolUse("list_elements")),
        calls(ToolUse("click_element", {"name": "Save", "picture": True})),
        says("Saved."),
    )
    answer = await ask_claude(client)
    assert answer.choices[0].message.content == "Saved."
    _, second, third = [request.body for request in fake.requests if request.body]
    (listed,) = second["messages"][-1]["content"]
    assert listed.get("toolset_name") is None
    assert 'button "Save" [100, 200, 179, 219]' in listed["content"][0]["text"]
    (clicked,) = third["messages"][-1]["content"]
    assert [part["type"] for part in clicked["content"]] == ["image"]
    assert desktop.elements.done == [("press", "Save")]
    assert list_input(desktop) == []

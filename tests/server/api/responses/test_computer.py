"""Clients of the Responses API that control their own screen."""

from __future__ import annotations

import base64
import io
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from PIL import Image

from bridge.server.state import Bridge
from tests.fake_anthropic.script import Reply, Text, Thinking, ToolUse, says
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"
COMPUTER: Any = {"type": "computer"}
PREVIEW: Any = {
    "type": "computer_use_preview",
    "display_width": 1280,
    "display_height": 720,
    "environment": "linux",
}


def picture(width: int = 64, height: int = 36) -> str:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(written, "PNG")
    return base64.b64encode(written.getvalue()).decode()


def build_action(member: str, **given: Any) -> ToolUse:
    return ToolUse(member, given, toolset_name="computer")


def screenshot(call_id: str, size: tuple[int, int] = (64, 36)) -> Any:
    url = f"data:image/png;base64,{picture(*size)}"
    shown = {"type": "computer_screenshot", "image_url": url}
    return {"type": "computer_call_output", "call_id": call_id, "output": shown}


async def create_response(client: AsyncOpenAI, **more: Any) -> Any:
    wanted = {"model": MODEL, "input": "Fill in the form.", "tools": [COMPUTER], **more}
    return await client.responses.create(**wanted)


def list_actions(item: Any) -> list[dict[str, Any]]:
    return [action.model_dump(exclude_none=True) for action in item.actions]


async def test_actions_are_sent_together_and_their_screenshot_returns(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    steps = (
        Thinking("A name first."),
        build_action("left_click", coordinate=[10, 20]),
        build_action("type", text="Ada\n"),
        build_action("key", text="Tab", repeat=2),
        build_action("screenshot"),
    )
    fake.script(Reply(steps, stop_reason="tool_use"), says("Done."))
    first = await create_response(client)
    reasoning, call = first.output
    assert (reasoning.type, call.type, call.pending_safety_checks) == (
        "reasoning",
        "computer_call",
        [],
    )
    assert list_actions(call) == [
        {"type": "click", "button": "left", "x": 10, "y": 20},
        {"type": "type", "text": "Ada\n"},
        {"type": "keypress", "keys": ["TAB"]},
        {"type": "keypress", "keys": ["TAB"]},
        {"type": "screenshot"},
    ]
    output = screenshot(call.call_id)
    second = await create_response(client, input=[output], previous_response_id=first.id)
    assert second.output_text == "Done."
    _, claude, person = fake.bodies()[-1]["messages"]
    assert [block["type"] for block in claude["content"]] == ["thinking", *["tool_use"] * 4]
    assert [(b["name"], b["input"], b["toolset_name"]) for b in claude["content"][1:]] == [
        ("left_click", {"coordinate": [10, 20]}, "computer"),
        ("type", {"text": "Ada\n"}, "computer"),
        ("key", {"text": "Tab", "repeat": 2}, "computer"),
        ("screenshot", {}, "computer"),
    ]
    results = person["content"]
    assert [r["toolset_name"] for r in results] == ["computer"] * 4
    assert [r["tool_use_id"] for r in results] == [b["id"] for b in claude["content"][1:]]
    assert [r["content"][0]["type"] for r in results] == ["text", "text", "text", "image"]


async def test_members_without_an_openai_action_are_not_offered(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    await create_response(client)
    (tool,) = fake.bodies()[-1]["tools"]
    assert tool["type"] == "computer_toolset_20260801"
    assert {name for name, config in tool["configs"].items() if config == {"enabled": False}} == {
        "cursor_position",
        "hold_key",
        "left_mouse_down",
        "left_mouse_up",
        "triple_click",
        "zoom",
    }


async def test_a_computer_call_streams_as_one_complete_item(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    steps = (
        Text("I click."),
        build_action("left_click", coordinate=[1, 2]),
        build_action("wait", duration=1),
    )
    fake.script(Reply(steps, stop_reason="tool_use"))
    events = [event async for event in await create_response(client, stream=True)]
    items = [event for event in events if event.type.startswith("response.output_item")]
    assert [(e.type.rpartition(".")[2], e.item.type) for e in items] == [
        ("added", "message"),
        ("done", "message"),
        ("added", "computer_call"),
        ("done", "computer_call"),
    ]
    assert items[2].item.call_id == items[3].item.call_id
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].response.output == [items[1].item, items[3].item]


async def test_actions_after_a_screenshot_are_a_separate_call(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    steps = (build_action("screenshot"), build_action("left_click", coordinate=[1, 2]))
    fake.script(Reply(steps, stop_reason="tool_use"))
    seen, clicked = (await create_response(client)).output
    assert [action.type for action in seen.actions] == ["screenshot"]
    assert [action.type for action in clicked.actions] == ["click"]


async def test_the_older_tool_has_one_action_per_call(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(Reply((build_action("left_click", coordinate=[1, 2]),), stop_reason="tool_use"))
    (call,) = (await create_response(client, tools=[PREVIEW], truncation="auto")).output
    assert call.action.model_dump(exclude_none=True) == {
        "type": "click",
        "button": "left",
        "x": 1,
        "y": 2,
    }
    assert fake.bodies()[-1]["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


async def test_a_function_of_the_same_name_is_told_apart(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    wait: Any = {"type": "function", "name": "wait", "parameters": {"type": "object"}}
    steps = (build_action("wait", duration=2), ToolUse("wait_2", {}))
    fake.script(Reply(steps, stop_reason="tool_use"))
    call, function = (await create_response(client, tools=[COMPUTER, wait])).output
    assert [action.type for action in call.actions] == ["wait", "wait"]
    assert (function.type, function.name) == ("function_call", "wait")


async def test_a_call_that_hits_the_token_limit_makes_the_response_incomplete(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    cut = ToolUse("type", pieces=('{"text": "Ad',), toolset_name="computer")
    fake.script(Reply((build_action("screenshot"), cut), stop_reason="max_tokens"))
    response = await create_response(client)
    assert (response.status, [item.type for item in response.output]) == (
        "incomplete",
        ["computer_call"],
    )


async def test_an_action_without_an_openai_form_fails_by_name(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(Reply((build_action("left_click"),), stop_reason="tool_use"))
    with pytest.raises(openai.APIStatusError, match="left_click has no counterpart at OpenAI"):
        await create_response(client)


async def test_a_screenshot_is_never_scaled(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(Reply((build_action("screenshot"),), stop_reason="tool_use"))
    first = await create_response(client)
    output = screenshot(first.output[0].call_id, (3840, 2160))
    with pytest.raises(openai.BadRequestError, match=r"3840x2160 pixels is too large.*2576x1449"):
        await create_response(client, input=[output], previous_response_id=first.id)


@pytest.mark.parametrize(
    ("model", "words"), [("claude-haiku-4-5", "claude-haiku-4-5 does not support computer_toolset")]
)
async def test_a_model_without_computer_use_is_rejected(
    client: AsyncOpenAI, model: str, words: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=words):
        await create_response(client, model=model)


async def test_claude_code_rejects_a_clients_computer_tool(claude_code: Bridge) -> None:
    async with AsyncOpenAI(base_url=f"{claude_code.url}/v1", api_key="x", max_retries=0) as client:
        with pytest.raises(openai.APIStatusError, match="add an Anthropic API key") as caught:
            await create_response(client)
        assert caught.value.status_code == 501


async def test_openai_agents_drives_its_own_computer(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    agents = pytest.importorskip("agents")
    agents.set_tracing_disabled(True)
    done: list[Any] = []

    class Recorder(agents.AsyncComputer):  # type: ignore[misc,name-defined]  # it may not be installed
        async def screenshot(self) -> str:
            return picture()

        async def click(self, x: int, y: int, button: str) -> None:
            done.append(("click", x, y, button))

        async def double_click(self, x: int, y: int) -> None:
            done.append(("double_click", x, y))

        async def scroll(self, x: int, y: int, scroll_x: int, scroll_y: int) -> None:
            done.append(("scroll", x, y, scroll_x, scroll_y))

        async def type(self, text: str) -> None:
            done.append(("type", text))

        async def wait(self) -> None:
            done.append(("wait",))

        async def move(self, x: int, y: int) -> None:
            done.append(("move", x, y))

        async def keypress(self, keys: list[str]) -> None:
            done.append(("keypress", *keys))

        async def drag(self, path: list[tuple[int, int]]) -> None:
            done.append(("drag", *path))

    fake.script(
        Reply((build_action("screenshot"),), stop_reason="tool_use"),
        Reply(
            (
                build_action("left_click", coordinate=[3, 4]),
                build_action("type", text="Ada"),
                build_action("key", text="ctrl+s"),
                build_action("left_click_drag", start_coordinate=[1, 2], coordinate=[5, 6]),
            ),
            stop_reason="tool_use",
        ),
        says("Saved."),
    )
    agent = agents.Agent(
        name="a",
        model=agents.OpenAIResponsesModel(model=MODEL, openai_client=client),
        tools=[agents.ComputerTool(Recorder())],
    )
    result = await agents.Runner.run(agent, "Fill in the form.")
    assert result.final_output == "Saved."
    assert done == [
        ("click", 3, 4, "left"),
        ("type", "Ada"),
        ("keypress", "CTRL", "s"),
        ("drag", (1, 2), (5, 6)),
    ]
    assert len(fake.bodies()[-1]["messages"]) == 5

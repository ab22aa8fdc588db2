"""Popular frameworks, through the bridge to the strict fake upstream."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from bridge.server.state import Bridge
from tests.fake_anthropic.script import Reply, Text, Thinking, ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"


def load_agents(client: AsyncOpenAI, api: str) -> tuple[Any, Any]:
    """Return the package openai-agents, and its model over one of the APIs."""
    agents = pytest.importorskip("agents")
    agents.set_tracing_disabled(True)
    kind = agents.OpenAIResponsesModel if api == "responses" else agents.OpenAIChatCompletionsModel
    return agents, kind(model=MODEL, openai_client=client)


@pytest.mark.parametrize("api", ["responses", "chat"])
async def test_openai_agents_calls_a_tool_and_continues(
    client: AsyncOpenAI, fake: FakeAnthropic, api: str
) -> None:
    agents, model = load_agents(client, api)

    @agents.function_tool  # type: ignore[untyped-decorator]  # it may not be installed
    def weather(city: str) -> str:
        return f"sunny in {city}"

    fake.script(
        Reply((Thinking("Hm."), ToolUse("weather", {"city": "Rome"})), stop_reason="tool_use"),
        says("It is sunny."),
    )
    agent = agents.Agent(
        name="a",
        instructions="Be brief.",
        model=model,
        tools=[weather],
    )
    result = await agents.Runner.run(agent, "How is it in Rome?")
    assert result.final_output == "It is sunny."
    first, second = fake.bodies()
    assert first["tools"][0]["strict"] is True
    turn = second["messages"][1]["content"]
    assert [block["type"] for block in turn] == ["thinking", "tool_use"]
    assert second["messages"][2]["content"][0]["content"][0]["text"] == "sunny in Rome"


async def test_openai_agents_streams(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    agents = pytest.importorskip("agents")
    fake.script(says("one two three"))
    model = agents.OpenAIResponsesModel(model=MODEL, openai_client=client)
    result = agents.Runner.run_streamed(agents.Agent(name="a", model=model), "Count.")
    said = [
        event.data.delta
        async for event in result.stream_events()
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
    ]
    assert said == ["one", " two", " three"]


@pytest.mark.parametrize("api", ["responses", "chat"])
async def test_openai_agents_hands_over_to_an_agent_without_tools(
    client: AsyncOpenAI, fake: FakeAnthropic, api: str
) -> None:
    agents, model = load_agents(client, api)
    billing = agents.Agent(name="billing", instructions="You do bills.", model=model)
    first = agents.Agent(
        name="first", instructions="You hand over.", model=model, handoffs=[billing]
    )
    fake.script(calls(ToolUse("transfer_to_billing", {})), says("Your bill is paid."))
    result = await agents.Runner.run(first, "What of my bill?")
    assert (result.final_output, result.last_agent.name) == ("Your bill is paid.", "billing")
    before, after = fake.bodies()
    assert [tool["name"] for tool in before["tools"]] == ["transfer_to_billing"]
    # The history has a call; the API requires its tool, which Claude may not call any more.
    assert [tool["name"] for tool in after["tools"]] == ["transfer_to_billing"]
    assert after["tool_choice"] == {"type": "none"}
    assert after["system"][0]["text"] == "You do bills."


@pytest.mark.parametrize("responses", [False, True])
async def test_langchain_calls_a_tool_and_reads_structure(
    bridge: Bridge, fake: FakeAnthropic, responses: bool
) -> None:
    langchain = pytest.importorskip("langchain_openai")
    from langchain_core.messages import HumanMessage, ToolMessage
    from pydantic import BaseModel

    class Answer(BaseModel):
        words: str

    model = langchain.ChatOpenAI(
        model=MODEL, base_url=f"{bridge.url}/v1", api_key="any", max_retries=0,
        use_responses_api=responses,
    )  # fmt: skip
    schema = {
        "type": "function",
        "function": {"name": "add", "parameters": {"type": "object", "properties": {}}},
    }
    fake.script(
        Reply((Text("Adding."), ToolUse("add")), stop_reason="tool_use"),
        says("Two."),
        says('{"words": "x"}'),
    )
    talk: list[Any] = [HumanMessage("1+1?")]
    talk.append(await model.bind_tools([schema]).ainvoke(talk))
    (call,) = talk[-1].tool_calls
    talk.append(ToolMessage("2", tool_call_id=call["id"]))
    said = await model.bind_tools([schema]).ainvoke(talk)
    assert "Two." in json.dumps(said.content)
    parsed = await model.with_structured_output(Answer).ainvoke("Hi")
    assert parsed == Answer(words="x")
    await model.root_async_client.close()


async def test_llm_the_command(bridge: Bridge, fake: FakeAnthropic, tmp_path: Path) -> None:
    pytest.importorskip("llm")
    fake.script(says("Hello from the bridge."))
    model = f"- model_id: claude\n  model_name: {MODEL}\n  api_base: {bridge.url}/v1\n"
    await asyncio.to_thread((tmp_path / "extra-openai-models.yaml").write_text, model)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "llm", "-m", "claude", "--key", "any", "Say hello."),
        env={"PATH": os.environ["PATH"], "LLM_USER_PATH": str(tmp_path), "HOME": str(tmp_path)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, said
    assert said.decode().strip() == "Hello from the bridge."

"""Code interpreter and MCP servers: run at Anthropic, and come back as OpenAI's items."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from bridge.server.state import Bridge
from tests.fake_anthropic.script import (
    Failure,
    RawBlock,
    Reply,
    ServerCall,
    Text,
    Thinking,
    ToolUse,
    says,
)
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"
EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
USER = {"role": "user", "content": "Hi"}
CODE = {"type": "code_interpreter", "container": {"type": "auto"}}
WIKI = {
    "type": "mcp",
    "server_label": "wiki",
    "server_url": "https://example.org/mcp",
    "require_approval": "never",
}
ADD = {"type": "function", "name": "add", "parameters": {"type": "object"}}


def run(command: str, stdout: str, **more: Any) -> ServerCall:
    result = {
        "type": "bash_code_execution_result",
        "stdout": stdout,
        "stderr": "",
        "return_code": 0,
        "content": [],
        **more,
    }
    return ServerCall("bash_code_execution", {"command": command}, result)


def ask(question: str, answer: str, **more: Any) -> ServerCall:
    content = [{"type": "text", "text": answer}]
    return ServerCall("ask", {"q": question}, content, server="wiki", **more)


LISTED = [{"name": "ask", "description": "Asks.", "input_schema": {"type": "object"}}]
LISTING = RawBlock({"type": "mcp_tool_listing", "mcp_server_name": "wiki", "tools": LISTED})


async def create(client: AsyncOpenAI, **more: Any) -> tuple[Any, str]:
    """Create a response; return it and its notices."""
    sent = {"model": MODEL, "input": [USER], **more}
    raw = await client.responses.with_raw_response.create(**sent)
    return raw.parse(), raw.headers.get("x-bridge-notice", "")


async def stream(client: AsyncOpenAI, **more: Any) -> tuple[list[str], dict[str, Any]]:
    """Stream a response; return the events' names and the last response, both checked."""
    sent: Any = {"model": MODEL, "input": "Hi", "stream": True, **more}
    events = [event async for event in await client.responses.create(**sent)]
    for event in events:
        EVENTS.validate_python(event.to_dict(), strict=True)
    final = events[-1].response.to_dict()
    Response.model_validate(final, strict=True)
    for event in events:
        if event.type == "response.output_item.done":
            kept = final["output"][event.output_index]
            assert event.item.to_dict() | {"container_id": None} == kept | {"container_id": None}
    return [event.type.removeprefix("response.") for event in events], final


async def test_code_streams_and_its_output_follows(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(Reply((Text("Let me see."), run("echo 2", "2\n"), Text("Two."))))
    names, final = await stream(client, tools=[CODE])
    at = names.index("output_item.done") + 1
    own = [name for name in names[at:] if name != "code_interpreter_call_code.delta"]
    assert own[:6] == [
        "output_item.added",
        "code_interpreter_call.in_progress",
        "code_interpreter_call_code.done",
        "code_interpreter_call.interpreting",
        "code_interpreter_call.completed",
        "output_item.done",
    ]
    assert names.count("code_interpreter_call_code.delta") > 1
    said, call, answer = final["output"]
    assert (said["type"], answer["type"]) == ("message", "message")
    assert call["type"] == "code_interpreter_call"
    assert (call["code"], call["status"]) == ("echo 2", "completed")
    assert call["outputs"] == [{"type": "logs", "logs": "2\n"}]
    assert call["container_id"].startswith("container_")
    assert fake.bodies()[0]["tools"] == [
        {"type": "code_execution_20260521", "name": "code_execution"}
    ]


@pytest.mark.parametrize(
    ("call", "code", "logs", "status"),
    [
        (
            ServerCall(
                "code_execution",
                {"code": "print(1)"},
                {"type": "code_execution_result", "stdout": "1", "stderr": "hm", "return_code": 1},
            ),
            "print(1)",
            ["1", "hm"],
            "completed",
        ),
        (
            run("plot", "", content=[{"type": "bash_code_execution_output", "file_id": "file_1"}]),
            "plot",
            ["[file file_1 at Anthropic]"],
            "completed",
        ),
        (
            ServerCall(
                "text_editor_code_execution",
                {"command": "view", "path": "a"},
                {"type": "text_editor_code_execution_view_result", "content": "x = 1"},
            ),
            '{"command": "view", "path": "a"}',
            ["x = 1"],
            "completed",
        ),
        (
            ServerCall(
                "bash_code_execution",
                {"command": "sleep"},
                {
                    "type": "bash_code_execution_tool_result_error",
                    "error_code": "execution_time_exceeded",
                },
            ),
            "sleep",
            ["[execution_time_exceeded]"],
            "failed",
        ),
    ],
)
async def test_each_way_to_run_code_is_a_code_interpreter_call(
    client: AsyncOpenAI,
    fake: FakeAnthropic,
    call: ServerCall,
    code: str,
    logs: list[str],
    status: str,
) -> None:
    fake.script(Reply((call, Text("Done."))))
    answer, _ = await create(client, tools=[CODE])
    item = answer.output[0]
    assert (item.code, item.status) == (code, status)
    assert [output.logs for output in item.outputs] == logs


async def test_code_comes_back_to_claude_as_it_was(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(Reply((Thinking("Hm."), run("echo 2", "2"), Text("Two."))), says("Four."))
    first, _ = await create(client, tools=[CODE], store=False)
    history = [USER, *(item.to_dict() for item in first.output), USER]
    _, notices = await create(client, tools=[CODE], input=history)
    before, after = fake.bodies()
    thinking, use, result, text = after["messages"][1]["content"]
    assert thinking["type"] == "thinking"
    assert (use["name"], use["input"]) == ("bash_code_execution", {"command": "echo 2"})
    assert (result["tool_use_id"], result["content"]["stdout"]) == (use["id"], "2")
    assert text["text"] == "Two."
    assert "container" not in before
    assert after["container"] == first.output[1].container_id
    assert notices == ""


async def test_a_response_continues_in_its_container(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(Reply((run("ls", "a"), Text("One."))), Reply((run("ls", "b"), Text("Two."))))
    first, _ = await create(client, tools=[CODE])
    second, _ = await create(client, tools=[CODE], previous_response_id=first.id)
    assert second.output[0].container_id == first.output[0].container_id


@pytest.mark.parametrize("status", [400, 404])
async def test_a_container_that_is_gone_is_replaced(
    client: AsyncOpenAI, fake: FakeAnthropic, status: int
) -> None:
    gone = Failure(status, message="container: container_1 has expired")
    fake.script(gone, Reply((run("ls", "a"), Text("One."))))
    tool = {"type": "code_interpreter", "container": "container_1"}
    answer, notices = await create(client, tools=[tool])
    first, second = fake.bodies()
    assert (first["container"], "container" in second) == ("container_1", False)
    assert "code starts in a new one" in notices
    assert answer.output[0].container_id not in ("", "container_1")


async def test_a_pause_is_continued_in_the_same_container(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    paused = Reply((run("sleep", "a"), Text("Now.")), stop_reason="pause_turn")
    fake.script(paused, Reply((run("ls", "b"), Text("Done."))))
    answer, _ = await create(client, tools=[CODE])
    assert [item.type for item in answer.output] == [
        "code_interpreter_call",
        "message",
        "code_interpreter_call",
        "message",
    ]
    assert fake.bodies()[1]["container"] == answer.output[0].container_id


async def test_a_call_beside_a_clients_tool_ends_in_the_next_response(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    waiting = ServerCall("bash_code_execution", {"command": "ls"}, id="srvtoolu_1")
    result = {"type": "bash_code_execution_result", "stdout": "a.py"}
    block = {"tool_use_id": "srvtoolu_1", "content": result}
    late = RawBlock({"type": "bash_code_execution_tool_result", **block})
    fake.script(Reply((waiting, ToolUse("add", {}))), Reply((late, Text("Done."))), says("Yes."))
    tools = [CODE, ADD]
    first, _ = await create(client, tools=tools, store=False)
    call, added = first.output
    assert (call.status, call.code, call.outputs) == ("incomplete", "ls", None)
    output = {"type": "function_call_output", "call_id": added.call_id, "output": "3"}
    history = [USER, call.to_dict(), added.to_dict(), output]
    second, _ = await create(client, tools=tools, input=history, store=False)
    finished, _ = second.output
    assert (finished.status, finished.code) == ("completed", "ls")
    assert finished.outputs[0].logs == "a.py"
    again = [*history, *(item.to_dict() for item in second.output), USER]
    _, notices = await create(client, tools=tools, input=again)
    kinds = [[block["type"] for block in m["content"]] for m in fake.bodies()[2]["messages"]]
    assert kinds[1:4] == [
        ["server_tool_use", "tool_use"],
        ["tool_result"],
        ["bash_code_execution_tool_result", "text"],
    ]
    assert notices == ""


async def test_calls_at_once_keep_their_places(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    one, two = (
        ServerCall("ask", {"q": id}, server="wiki", id=f"mcptoolu_{id}") for id in ("a", "b")
    )
    results = [
        RawBlock(
            {
                "type": "mcp_tool_result",
                "tool_use_id": f"mcptoolu_{id}",
                "is_error": False,
                "content": [{"type": "text", "text": id}],
            }
        )
        for id in ("b", "a")
    ]
    fake.script(Reply((one, two, *results, Text("Done."))))
    _, final = await stream(client, tools=[WIKI])
    calls = final["output"][:2]
    assert [call["output"] for call in calls] == ["a", "b"]


async def test_an_mcp_server_is_listed_and_called(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(Reply((LISTING, ask("x", "y"), Text("Done."))))
    names, final = await stream(client, tools=[{**WIKI, "authorization": "t"}])
    own = [name for name in names if name.startswith("mcp") and not name.endswith("delta")]
    assert own == [
        "mcp_list_tools.in_progress",
        "mcp_list_tools.completed",
        "mcp_call.in_progress",
        "mcp_call_arguments.done",
        "mcp_call.completed",
    ]
    listing, call, _ = final["output"]
    assert (listing["server_label"], listing["tools"][0]["name"]) == ("wiki", "ask")
    assert (call["server_label"], call["name"], call["arguments"]) == ("wiki", "ask", '{"q": "x"}')
    assert (call["output"], call["error"], call["status"]) == ("y", None, "completed")
    (sent,) = fake.requests
    assert sent.headers["anthropic-beta"] == "mcp-client-2026-09-15"
    url = "https://example.org/mcp"
    assert sent.body["mcp_servers"] == [
        {"type": "url", "url": url, "name": "wiki", "authorization_token": "t"}
    ]
    assert sent.body["tools"] == [{"type": "mcp_toolset", "mcp_server_name": "wiki"}]


async def test_an_error_of_an_mcp_server_is_its_calls(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(Reply((ask("x", "no such page", is_error=True), Text("Sorry."))))
    names, final = await stream(client, tools=[WIKI])
    call = final["output"][0]
    assert (call["status"], call["output"]) == ("failed", None)
    assert call["error"]["content"][0]["text"] == "no such page"
    assert "mcp_call.failed" in names


async def test_mcp_calls_come_back_to_claude_as_they_were(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(Reply((LISTING, Thinking("Hm."), ask("x", "y"), Text("Y."))), says("Z."))
    first, _ = await create(client, tools=[WIKI], store=False)
    history = [USER, *(item.to_dict() for item in first.output), USER]
    _, notices = await create(client, tools=[WIKI], input=history)
    listing, _, use, result, _ = fake.bodies()[1]["messages"][1]["content"]
    assert listing == LISTING.start
    assert (use["name"], use["server_name"], use["input"]) == ("ask", "wiki", {"q": "x"})
    assert result["tool_use_id"] == use["id"]
    assert notices == ""


@pytest.mark.parametrize("tools", [[], [CODE], [{**WIKI, "server_label": "other"}]])
async def test_calls_of_a_tool_that_is_not_offered_any_more_become_text(
    client: AsyncOpenAI, fake: FakeAnthropic, tools: list[Any]
) -> None:
    fake.script(Reply((LISTING, ask("x", "y"), Text("Y."))), says("Z."))
    first, _ = await create(client, tools=[WIKI], store=False)
    history = [USER, *(item.to_dict() for item in first.output), USER]
    _, notices = await create(client, tools=tools, input=history)
    texts = [block["text"] for block in fake.bodies()[1]["messages"][1]["content"]]
    assert texts == ['[mcp_call wiki.ask]\n{"q": "x"}\n[output]\ny', "Y."]
    assert "an item of type mcp_call was sent as text" in notices


@pytest.mark.parametrize("tool", [CODE, WIKI])
async def test_claude_code_refuses_them_by_name(
    claude_code: Bridge, fake: FakeAnthropic, tool: dict[str, Any]
) -> None:
    async with AsyncOpenAI(
        base_url=f"{claude_code.url}/v1", api_key="any", max_retries=0
    ) as client:
        with pytest.raises(openai.APIStatusError) as caught:
            await create(client, tools=[tool])
    assert caught.value.status_code == 501
    assert f"{tool['type']} is not available through Claude Code" in caught.value.message
    assert fake.bodies() == []


async def test_tool_choice_leaves_hosted_tools_out(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    tools = [CODE, WIKI, {"type": "web_search"}, ADD]
    names = [{"type": "mcp", "server_label": "wiki"}, {"type": "function", "name": "add"}]
    await create(
        client, tools=tools, tool_choice={"type": "allowed_tools", "mode": "auto", "tools": names}
    )
    kinds = [tool.get("type", tool.get("name")) for tool in fake.bodies()[0]["tools"]]
    assert kinds == ["add", "mcp_toolset"]
    await create(client, tools=[CODE], tool_choice="none")
    assert fake.bodies()[1]["tool_choice"] == {"type": "none"}
    _, notices = await create(client, tools=[CODE], tool_choice="required")
    assert "tool_choice ignored" in notices


async def test_tokens_are_counted_with_an_mcp_server(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    body: Any = {"model": MODEL, "input": "Hi", "tools": [WIKI, CODE], "service_tier": "fast"}
    counted: Any = await client.post("/responses/input_tokens", body=body, cast_to=object)
    assert counted["input_tokens"] > 0
    (sent,) = fake.bodies("/v1/messages/count_tokens")
    assert sent["mcp_servers"][0]["name"] == "wiki"


async def test_web_search_takes_the_options_of_its_tool(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    tool = {
        "type": "web_search",
        "filters": {"allowed_domains": ["example.org"]},
        "user_location": {"type": "approximate", "city": "Bergen"},
        "search_context_size": "low",
        "external_web_access": False,
    }
    _, notices = await create(client, tools=[tool])
    assert fake.bodies()[0]["tools"] == [
        {
            "type": "web_search_20260318",
            "name": "web_search",
            "allowed_callers": ["direct"],
            "allowed_domains": ["example.org"],
            "user_location": {"type": "approximate", "city": "Bergen"},
        }
    ]
    assert "web_search.search_context_size ignored" in notices
    assert "web_search.external_web_access ignored" in notices

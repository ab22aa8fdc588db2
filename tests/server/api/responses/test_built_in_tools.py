"""Built-in tools that the client runs, and items of those that a service ran."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.fake_anthropic.script import Reply, Text, ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"
EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
WEATHER = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
SEARCH = {
    "type": "tool_search",
    "execution": "client",
    "description": "Finds tools.",
    "parameters": {"type": "object", "properties": {"query": {"type": "string"}}},
}
PATCH = {"type": "update_file", "path": "a.py", "diff": "@@\n-a\n+b"}
SHELL_RESULT = [
    {"stdout": "a", "stderr": "b", "outcome": {"type": "exit", "exit_code": 2}},
    {"stdout": "", "stderr": "", "outcome": {"type": "timeout"}},
]
USER = {"role": "user", "content": "Hi"}

CALLS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (SEARCH, {"query": "mail"}, {"execution": "client", "arguments": {"query": "mail"}}),
    (
        {"type": "shell", "environment": {"type": "local"}},
        {"commands": ["ls", "pwd"], "timeout_ms": 5},
        {"action": {"commands": ["ls", "pwd"], "timeout_ms": 5, "max_output_length": None}},
    ),
    (
        {"type": "local_shell"},
        {"command": ["ls"], "env": {"A": "1"}},
        {"action": {"type": "exec", "command": ["ls"], "env": {"A": "1"}}},
    ),
    ({"type": "apply_patch"}, PATCH, {"operation": PATCH}),
    (
        {"type": "apply_patch"},
        {"type": "delete_file", "path": "a.py"},
        {"operation": {"type": "delete_file", "path": "a.py"}},
    ),
]


async def create(client: AsyncOpenAI, **more: Any) -> tuple[Any, str]:
    """Create a response; return it and its notices."""
    sent = {"model": MODEL, "input": [USER], **more}
    raw = await client.responses.with_raw_response.create(**sent)
    return raw.parse(), raw.headers.get("x-bridge-notice", "")


@pytest.mark.parametrize(("tool", "input", "fields"), CALLS)
async def test_a_call_comes_as_its_own_item_with_its_own_events(
    client: AsyncOpenAI,
    fake: FakeAnthropic,
    tool: dict[str, Any],
    input: dict[str, Any],
    fields: dict[str, Any],
) -> None:
    kind = tool["type"]
    fake.script(Reply((Text("Now."), ToolUse(kind, input, id="toolu_1"))))
    more: Any = {"tools": [tool], "stream": True}
    streamed: Any = await client.responses.create(model=MODEL, input="Hi", **more)
    events = [event async for event in streamed]
    for event in events:
        EVENTS.validate_python(event.to_dict(), strict=True)
    names = [event.type.removeprefix("response.") for event in events]
    at = names.index("output_item.done") + 1
    commands = input.get("commands", [])
    own = [f"shell_call_command.{step}" for _ in commands for step in ("added", "delta", "done")]
    assert names[at:] == ["output_item.added", *own, "output_item.done", "completed"]
    final = events[-1].response.to_dict()
    Response.model_validate(final, strict=True)
    call = final["output"][1]
    assert call.pop("id")
    assert call == {
        "type": f"{kind}_call",
        "call_id": "toolu_1",
        "status": "completed",
        **fields,
    }
    (offered,) = fake.bodies()[0]["tools"]
    assert offered["name"] == kind
    assert offered["description"]


@pytest.mark.parametrize(("tool", "input", "fields"), CALLS)
async def test_a_call_is_read_back_as_claude_made_it(
    client: AsyncOpenAI,
    fake: FakeAnthropic,
    tool: dict[str, Any],
    input: dict[str, Any],
    fields: dict[str, Any],
) -> None:
    kind = tool["type"]
    fake.script(calls(ToolUse(kind, input, id="toolu_1")), says("Done."))
    first, _ = await create(client, tools=[tool], store=False)
    call = first.output[0].to_dict()
    output: Any = {"type": f"{kind}_call_output", "call_id": "toolu_1", "output": "fine"}
    if kind == "tool_search":
        output = {**output, "type": "tool_search_output", "tools": [], "execution": "client"}
    _, notices = await create(client, tools=[tool], input=[USER, call, output])
    use, result = (message["content"][0] for message in fake.bodies()[1]["messages"][-2:])
    sent = {name: value for name, value in use["input"].items() if value is not None}
    sent.pop("type" if kind == "local_shell" else "", None)
    assert (use["name"], sent) == (kind, input)
    assert result["tool_use_id"] == use["id"]
    assert "ignored" not in notices


async def test_the_output_of_a_shell_is_written_as_text(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    call = {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}}
    output = {"type": "shell_call_output", "call_id": "c", "output": SHELL_RESULT}
    await create(client, tools=[{"type": "shell"}], input=[USER, call, output])
    result = fake.bodies()[0]["messages"][-1]["content"][0]
    assert result["content"][0]["text"] == "a\n[stderr]\nb\n[exit code 2]\n[timed out]"


async def test_a_failed_patch_is_told_from_an_applied_one(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    call = {"type": "apply_patch_call", "call_id": "c", "operation": PATCH, "status": "completed"}
    output = {"type": "apply_patch_call_output", "call_id": "c", "status": "failed", "output": "no"}
    await create(client, tools=[{"type": "apply_patch"}], input=[USER, call, output])
    result = fake.bodies()[0]["messages"][-1]["content"][0]
    assert result["content"][0]["text"] == "[failed] no"


async def test_an_output_of_local_shell_names_its_call_by_id(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(calls(ToolUse("local_shell", {"command": ["ls"]})), says("Done."))
    first, _ = await create(client, tools=[{"type": "local_shell"}])
    output = {"type": "local_shell_call_output", "id": first.output[0].id, "output": "a.py"}
    more = {"previous_response_id": first.id, "tools": [{"type": "local_shell"}]}
    await create(client, input=[output], **more)
    use, result = (message["content"][0] for message in fake.bodies()[1]["messages"][-2:])
    assert result["tool_use_id"] == use["id"]


async def test_tools_that_a_search_names_can_be_called(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(calls(ToolUse("mail__send", {})))
    space = {"type": "namespace", "name": "mail", "description": "", "tools": [
        {"type": "function", "name": "send", "parameters": {"type": "object", "properties": {}}},
    ]}  # fmt: skip
    search = {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {}}
    output = {
        "type": "tool_search_output", "call_id": "c", "execution": "client",
        "status": "completed", "tools": [space, WEATHER],
    }  # fmt: skip
    answer, notices = await create(
        client, tools=[SEARCH, WEATHER], input=[USER, search, output, search | {"call_id": "d"},
                                                output | {"call_id": "d"}]
    )  # fmt: skip
    body = fake.bodies()[0]
    assert [tool["name"] for tool in body["tools"]] == ["tool_search", "weather", "mail__send"]
    assert "mail__send, weather" in json.dumps(body["messages"])
    assert (answer.output[0].namespace, answer.output[0].name) == ("mail", "send")
    assert notices == ""


async def test_additional_tools_stay_after_previous_response_id(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    item = {"type": "additional_tools", "role": "developer", "tools": [WEATHER]}
    first, _ = await create(client, input=[item, USER])
    await create(client, input="And now?", previous_response_id=first.id)
    assert [body["tools"][0]["name"] for body in fake.bodies()] == ["weather", "weather"]


async def test_a_clients_own_function_keeps_its_name(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    own = {**WEATHER, "name": "shell"}
    fake.script(calls(ToolUse("shell_2", {"commands": ["ls"]}), ToolUse("shell", {})))
    answer, _ = await create(client, tools=[{"type": "shell"}, own])
    assert [item.type for item in answer.output] == ["shell_call", "function_call"]


@pytest.mark.parametrize("kind", ["shell", "local_shell", "apply_patch", "tool_search"])
async def test_a_built_in_tool_can_be_chosen(
    client: AsyncOpenAI, fake: FakeAnthropic, kind: str
) -> None:
    tools = [WEATHER, {"type": kind, "execution": "client"}]
    more: Any = {"model": "claude-haiku-4-5", "tools": tools}
    await create(client, tool_choice={"type": kind}, **more)
    assert fake.bodies()[0]["tool_choice"] == {"type": "tool", "name": kind}
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": kind}]}
    await create(client, tool_choice=allowed, **more)
    assert [tool["name"] for tool in fake.bodies()[1]["tools"]] == [kind]


@pytest.mark.parametrize(
    ("tool", "why"),
    [
        ({"type": "shell", "environment": {"type": "container_auto"}}, "a container at OpenAI"),
        ({"type": "tool_search"}, "Claude gets all tools at once"),
        ({"type": "file_search", "vector_store_ids": ["x"]}, "it runs on OpenAI's servers"),
    ],
)
async def test_a_tool_that_cannot_run_is_named(
    client: AsyncOpenAI, fake: FakeAnthropic, tool: dict[str, Any], why: str
) -> None:
    _, notices = await create(client, tools=[tool])
    assert f"{tool['type']} ignored: " in notices
    assert why in notices
    assert "tools" not in fake.bodies()[0]


async def test_arguments_that_do_not_fit_fail_by_name(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(calls(ToolUse("apply_patch", {"type": "rename_file", "path": "a"})))
    with pytest.raises(openai.APIStatusError) as caught:
        await create(client, tools=[{"type": "apply_patch"}])
    assert "Claude called apply_patch with arguments that do not fit" in caught.value.message


async def test_a_call_that_was_cut_off_is_left_out(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    cut = ToolUse("shell", {}, pieces=('{"commands": ["l',))
    fake.script(Reply((Text("Now."), cut), stop_reason="max_tokens"))
    answer, _ = await create(client, tools=[{"type": "shell"}])
    assert (answer.status, [item.type for item in answer.output]) == ("incomplete", ["message"])


HOSTED: list[tuple[dict[str, Any], str]] = [
    ({"type": "mcp_call", "server_label": "s", "name": "n", "arguments": '{"a": 1}',
      "output": "x"}, '[mcp_call s.n]\n{"a": 1}\n[output]\nx'),
    ({"type": "code_interpreter_call", "code": "1+1", "outputs": [{"type": "logs", "logs": "2"}],
      "container_id": "c"}, "[code_interpreter_call]\n1+1\n[output]\n2"),
    ({"type": "file_search_call", "queries": ["q"], "results": [{"filename": "f", "text": "t"}]},
     "[file_search_call]\nq\n[results]\nf t"),
    ({"type": "image_generation_call", "result": "iVBO", "revised_prompt": "A cat."},
     "[image_generation_call]\nA cat."),
    ({"type": "mcp_approval_response", "approval_request_id": "r", "approve": False},
     "[mcp_approval_response]\n[approved]\nfalse"),
]  # fmt: skip
LEFT_OUT = ({"type": "web_search_call", "action": {}}, {"type": "mcp_list_tools", "tools": []})


@pytest.mark.parametrize(("item", "text"), HOSTED)
async def test_what_a_service_ran_becomes_text(
    client: AsyncOpenAI, fake: FakeAnthropic, item: dict[str, Any], text: str
) -> None:
    more: Any = {"id": "x", "status": "completed"}
    _, notices = await create(client, input=[USER, {**item, **more}, {**USER, "content": "Go on"}])
    sent = [block["text"] for m in fake.bodies()[0]["messages"] for block in m["content"]]
    assert text in sent
    assert ("the picture" in notices) == ("image" in item["type"])


@pytest.mark.parametrize("item", LEFT_OUT)
async def test_an_item_without_information_is_left_out(
    client: AsyncOpenAI, fake: FakeAnthropic, item: dict[str, Any]
) -> None:
    _, notices = await create(client, input=[USER, {**item, "id": "x"}])
    assert len(fake.bodies()[0]["messages"]) == 1
    assert "input" not in notices


@pytest.mark.parametrize("kind", ["program_of_tomorrow", "compaction_trigger"])
async def test_an_unknown_item_is_left_out_with_a_notice(
    client: AsyncOpenAI, fake: FakeAnthropic, kind: str
) -> None:
    _, notices = await create(client, input=[USER, {"type": kind, "x": [1]}])
    assert f"input: an item of type {kind} was ignored" in notices


@pytest.mark.parametrize("item", [item for item, _ in HOSTED] + [{"type": "of_tomorrow"}])
async def test_a_chat_with_such_items_is_answered_too(
    client: AsyncOpenAI, fake: FakeAnthropic, item: dict[str, Any]
) -> None:
    """Cursor sends the items of the Responses API to the endpoint of chats."""
    shell = [
        {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}},
        {"type": "shell_call_output", "call_id": "c", "output": SHELL_RESULT},
    ]
    tools = {"type": "additional_tools", "role": "developer", "tools": [WEATHER]}
    body: Any = {"model": MODEL, "input": [tools, USER, item, *shell, USER]}
    await client.post("/chat/completions", body=body, cast_to=object)
    sent = fake.bodies()[0]
    assert sent["tools"][0]["name"] == "weather"
    assert "[exit code 2]" in json.dumps(sent["messages"])


@pytest.mark.parametrize("field", ["file_url", "file_id"])
@pytest.mark.parametrize("path", ["/responses", "/chat/completions"])
async def test_a_files_address_becomes_a_document(
    client: AsyncOpenAI, fake: FakeAnthropic, path: str, field: str
) -> None:
    address = "https://example.org/a.pdf"
    body: Any = {"model": MODEL}
    if path == "/responses":
        body["input"] = [{"role": "user", "content": [{"type": "input_file", field: address}]}]
    else:
        file = {"type": "file", "file": {field: address}}
        body["messages"] = [{"role": "user", "content": [file]}]
    await client.post(path, body=body, cast_to=object)
    block = fake.bodies()[0]["messages"][0]["content"][0]
    assert (block["type"], block["source"]) == ("document", {"type": "url", "url": address})

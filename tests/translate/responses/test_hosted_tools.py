"""The hosted tools `code_interpreter` and `mcp`: what is accepted, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import InvalidRequest
from bridge.models.rules import get_rules
from bridge.translate.chat.request import translate_chat
from bridge.translate.responses.request import as_chat
from bridge.wire.chat import ChatRequest
from bridge.wire.responses import ResponsesRequest

WIKI = {"type": "mcp", "server_label": "wiki", "server_url": "https://example.org/mcp"}
FREE = {**WIKI, "require_approval": "never"}


def code(container: Any, **more: Any) -> dict[str, Any]:
    return {"type": "code_interpreter", "container": container, **more}


def convert(*tools: Any, input: Any = "Hi") -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The chat's tools, and the notices."""
    body = {"model": "default", "input": input, "tools": list(tools)}
    chat = as_chat(ResponsesRequest.model_validate(body), ())
    return chat.body["tools"], chat.notices


REFUSED: list[tuple[dict[str, Any], str]] = [
    (code("cntr_1"), "container"),
    (code({"type": "auto", "file_ids": ["file-1"]}), "container.file_ids"),
    (code({"type": "auto", "memory_limit": "16g"}), "container.memory_limit"),
    (code({"type": "auto", "network_policy": {"type": "allowlist"}}), "container.network_policy"),
    (code({"type": "auto"}, allowed_callers=["programmatic"]), "allowed_callers"),
    ({**FREE, "server_label": ""}, "server_label"),
    ({**FREE, "server_url": None}, "server_url"),
    ({**FREE, "server_url": "http://example.org"}, "server_url"),
    ({**FREE, "server_url": None, "connector_id": "connector_gmail"}, "connector_id"),
    ({**FREE, "server_url": None, "tunnel_id": "t"}, "tunnel_id"),
    ({**FREE, "headers": {"X-Key": "k"}}, "headers"),
    ({**FREE, "headers": {"Authorization": "Basic k"}}, "headers"),
    ({**FREE, "headers": ["X-Key"]}, "headers"),
    ({**WIKI, "require_approval": {"never": "ask"}}, "require_approval"),
    ({**FREE, "headers": {"Authorization": "Bearer k"}, "authorization": "t"}, "headers"),
    ({**FREE, "allowed_tools": {"read_only": True}}, "allowed_tools.read_only"),
    ({**FREE, "allowed_tools": "ask"}, "allowed_tools"),
    (WIKI, "require_approval"),
    ({**WIKI, "require_approval": "always"}, "require_approval"),
    ({**WIKI, "require_approval": {"never": {"tool_names": ["ask"]}}}, "require_approval"),
    (
        {
            **WIKI,
            "require_approval": {"never": {"tool_names": ["ask"]}},
            "allowed_tools": ["ask", "tell"],
        },
        "require_approval",
    ),
]


@pytest.mark.parametrize(("tool", "field"), REFUSED)
def test_what_anthropic_cannot_do_is_refused_by_name(tool: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        convert({"type": "function", "name": "add"}, tool)
    assert caught.value.param == f"tools[1].{field}"
    assert f"tools[1].{field}" in caught.value.message


@pytest.mark.parametrize("tool", [{"type": "mcp_toolset"}, {"type": "mcp_toolset", "server": 3}])
def test_anthropics_own_toolset_is_refused_without_its_server(tool: dict[str, Any]) -> None:
    body = {"model": "default", "messages": [{"role": "user", "content": "Hi"}], "tools": [tool]}
    chat = ChatRequest.model_validate(body)
    with pytest.raises(InvalidRequest, match="send the tool `mcp` to /v1/responses"):
        translate_chat(chat, get_rules("claude-opus-5-5"), "claude-opus-5-5")
    assert convert(tool)[0] == [tool]


@pytest.mark.parametrize("blocks", [[{}], [{"type": 3}], [{"type": "server_tool_use"}]])
def test_blocks_that_are_not_whole_are_left_out(blocks: list[Any]) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "server_blocks": blocks}]
    chat = ChatRequest.model_validate({"model": "default", "messages": messages})
    request = translate_chat(chat, get_rules("claude-opus-5-5"), "claude-opus-5-5").request
    assert [message["role"] for message in request.messages] == ["user"]


def test_a_call_without_a_result_is_sent_as_text_and_a_result_without_a_call_too() -> None:
    call = {"type": "server_tool_use", "id": "s1", "name": "code_execution", "input": {"code": "1"}}
    result = {"type": "code_execution_tool_result", "tool_use_id": "s2", "content": {"stdout": "1"}}
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "server_blocks": [call, result]},
        {"role": "user", "content": "Go on"},
    ]
    chat = ChatRequest.model_validate({"model": "default", "messages": messages})
    translation = translate_chat(chat, get_rules("claude-opus-5-5"), "claude-opus-5-5")
    assert [block["text"] for block in translation.request.messages[1]["content"]] == [
        '[server_tool_use] {"code": "1"}',
        '[code_execution_tool_result] {"stdout": "1"}',
    ]
    assert len(translation.notices) == 2


def test_two_servers_need_two_labels() -> None:
    with pytest.raises(InvalidRequest) as caught:
        convert(FREE, {**FREE, "server_url": "https://example.org/other"})
    assert "server_label wiki" in caught.value.message


@pytest.mark.parametrize(
    "container",
    [
        None,
        {"type": "auto", "memory_limit": "4g", "network_policy": {"type": "disabled"}},
        {"type": "auto", "file_ids": []},
    ],
)
def test_a_container_like_anthropics_is_accepted(container: Any) -> None:
    (tool,), notices = convert(code(container))
    assert tool == {"type": "code_execution_20260521", "name": "code_execution"}
    assert notices == ()


@pytest.mark.parametrize(
    ("container", "used"), [({"type": "auto"}, "container_2"), ("container_9", "container_9")]
)
def test_auto_is_the_last_container_of_the_conversation(container: Any, used: str) -> None:
    calls = [
        {"type": "code_interpreter_call", "id": id, "code": "1", "container_id": id}
        for id in ("container_1", "container_2", "cntr_3")
    ]
    (tool,), _ = convert(code(container), input=calls)
    assert tool["container"] == used


def test_a_server_has_its_token_and_its_allowed_tools() -> None:
    (tool,), notices = convert(
        {
            **WIKI,
            "server_url": "HTTPS://example.org/mcp",
            "headers": {"authorization": "bearer t"},
            "require_approval": {"never": {"tool_names": ["ask", "tell"]}},
            "allowed_tools": {"tool_names": ["ask"]},
            "server_description": "A wiki.",
            "defer_loading": True,
        }
    )
    assert tool == {
        "type": "mcp_toolset",
        "mcp_server_name": "wiki",
        "server": {
            "type": "url",
            "url": "https://example.org/mcp",
            "name": "wiki",
            "authorization_token": "t",
        },
        "default_config": {"enabled": False},
        "configs": {"ask": {"enabled": True}},
    }
    assert [notice.split(":")[1].split()[0] for notice in notices] == [
        "mcp.defer_loading",
        "mcp.server_description",
    ]

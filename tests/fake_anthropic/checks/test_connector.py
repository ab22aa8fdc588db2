"""Tools that run at Anthropic and on MCP servers: what the judge accepts, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_anthropic.checks.connector import BETA
from tests.fake_anthropic.checks.test_request import (
    CALL,
    HAIKU,
    NEW,
    RESULT,
    TEXT,
    TOOL,
    claude,
    user,
    verdict,
)

CONNECTED = {**NEW, "anthropic-beta": BETA}
SERVER = {"type": "url", "url": "https://example.org/mcp", "name": "wiki"}
TOOLSET = {"type": "mcp_toolset", "mcp_server_name": "wiki"}
ONLY_ASK = {"default_config": {"enabled": False}, "configs": {"ask": {"enabled": True}}}
CODE = {"type": "code_execution_20260521", "name": "code_execution"}
SEARCH = {"type": "web_search_20260318", "name": "web_search"}
ASK = {"type": "mcp_tool_use", "id": "m1", "name": "ask", "server_name": "wiki", "input": {}}
ASKED = {"type": "mcp_tool_result", "tool_use_id": "m1", "is_error": False, "content": [TEXT]}
LISTING = {"type": "mcp_tool_listing", "mcp_server_name": "wiki", "tools": []}
RUN = {"type": "server_tool_use", "id": "s1", "name": "bash_code_execution", "input": {}}
RAN = {"type": "bash_code_execution_tool_result", "tool_use_id": "s1", "content": {}}


def connect(*servers: Any, tools: Any = (TOOLSET,), **more: Any) -> dict[str, Any]:
    return {"headers": CONNECTED, "mcp_servers": list(servers), "tools": list(tools), **more}


RIGHT: list[dict[str, Any]] = [
    {"tools": [CODE, TOOL], "container": "container_1"},
    {"tools": [CODE], "messages": [user(), claude(RUN, RAN, TEXT), user()]},
    {"tools": [CODE], "messages": [user(), claude(RUN)]},
    {"tools": [CODE, TOOL], "messages": [user(), claude(RUN, CALL), user(RESULT)]},
    {
        "tools": [CODE, TOOL],
        "messages": [user(), claude(RUN, CALL), user(RESULT), claude(RAN, TEXT), user()],
    },
    {"model": HAIKU, "tools": [{**SEARCH, "allowed_callers": ["direct"]}]},
    connect({**SERVER, "authorization_token": "t"}, tools=[{**TOOLSET, **ONLY_ASK}, TOOL]),
    connect(SERVER, messages=[user(), claude(LISTING, ASK, ASKED, TEXT), user()]),
]


@pytest.mark.parametrize("body", RIGHT)
def test_what_is_right_passes(body: dict[str, Any]) -> None:
    assert verdict(**body) is None


WRONG: list[tuple[dict[str, Any], str]] = [
    (connect(SERVER) | {"headers": NEW}, "mcp_servers: Extra inputs"),
    ({"tools": [TOOLSET]}, "tools.0: Input tag 'mcp_toolset'"),
    ({"messages": [user(), claude(ASK, ASKED), user()]}, "messages.1.content.0: Input tag 'mcp"),
    (connect(), "MCP server 'wiki' not found in mcp_servers"),
    (connect(SERVER, tools=[]), "'wiki' must be used by exactly one toolset"),
    (connect(SERVER, tools=[TOOLSET, TOOLSET]), "Tool names must be unique"),
    (connect(SERVER, SERVER), "MCP server names must be unique"),
    (connect({**SERVER, "url": "http://a"}), "mcp_servers.0.url: URL must start with https://"),
    (connect({**SERVER, "headers": {}}), "mcp_servers.0.headers: Extra inputs"),
    (connect(SERVER, tools=[{**TOOLSET, "allowed_tools": []}]), "allowed_tools: Extra inputs"),
    (connect(SERVER, tools=[{**TOOLSET, "configs": {"a": {"x": 1}}}]), "configs.a.x: Extra"),
    ({"model": HAIKU, "tools": [SEARCH]}, "does not support programmatic tool calling"),
    ({"tools": [{**CODE, "container": "c"}]}, "container: Extra inputs"),
    ({"tools": [CODE], "messages": [user(), claude(RAN), user()]}, "unexpected `tool_use_id`"),
    (
        {"tools": [CODE], "messages": [user(), claude(RUN), user(), claude(TEXT), user()]},
        "tool use with id `s1` was found without a corresponding result",
    ),
]


@pytest.mark.parametrize(("body", "words"), WRONG)
def test_what_is_wrong_is_refused(body: dict[str, Any], words: str) -> None:
    assert words in (verdict(**body) or "accepted")

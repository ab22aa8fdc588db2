"""`claude-bridge mcp`, used by the real client of the `mcp` package and by the real Claude Code."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from PIL import Image

from bridge.backends.claude_code.command import find_bundled_cli
from bridge.computer.actions import MEMBERS
from bridge.computer.desktop import Window
from bridge.computer.elements.base import Element
from bridge.computer.permission import Permission
from bridge.computer.screen.geometry import Rect
from bridge.server.state import Bridge
from tests.computer.fake_desktop import FakeDesktop
from tests.conftest import StartBridge
from tests.fake_anthropic.script import ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic

CLICK = {"coordinate": [100, 200]}


@pytest.fixture
async def bridge(pretended: FakeDesktop, start_bridge: StartBridge) -> Bridge:
    pretended.shown.append(Window("Notes", "notes", Rect(0, 0, 1280, 720), active=True))
    pretended._screens = (Rect(0, 0, 1280, 720),)
    return await start_bridge(backend="offline", computer_approval_seconds=0.2)


def server_parameters(bridge: Bridge) -> StdioServerParameters:
    words = ["-m", "bridge", "--port", bridge.url.rpartition(":")[2], "mcp"]
    return StdioServerParameters(command=sys.executable, args=words, env=dict(os.environ))


@asynccontextmanager
async def connect(bridge: Bridge) -> AsyncIterator[ClientSession]:
    """Connect a client. Not a fixture: a task group must end in the task that began it."""
    name = types.Implementation(name="a test", version="1")
    async with (
        stdio_client(server_parameters(bridge)) as (reading, writing),
        ClientSession(reading, writing, client_info=name) as session,
    ):
        await session.initialize()
        yield session


def texts(result: Any) -> list[str]:
    return [block.text for block in result.content if block.type == "text"]


def list_input(desktop: FakeDesktop) -> list[Any]:
    return [line for line in desktop.done if line[0] != "close"]


async def test_every_action_is_a_tool(bridge: Bridge) -> None:
    async with connect(bridge) as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert tools.keys() == {f"computer_{member}" for member in MEMBERS} | {"computer_batch"}
        hints = [tools[f"computer_{name}"].annotations for name in ("screenshot", "left_click")]
        assert [hint is not None and hint.read_only_hint for hint in hints] == [True, False]


async def test_a_screenshot_and_a_click(bridge: Bridge, pretended: FakeDesktop, home: Path) -> None:
    async with connect(bridge) as session:
        bridge.computer.allow_for(1)
        shot = await session.call_tool("computer_screenshot", {})
        (picture,) = shot.content
        assert picture.type == "image"
        image = Image.open(io.BytesIO(base64.b64decode(picture.data)))
        assert (image.size, picture.mime_type) == ((1280, 720), "image/jpeg")
        done = await session.call_tool("computer_left_click", CLICK)
        assert texts(done) == ["OK"]
        assert list_input(pretended) == [("move", 100, 200), ("press", "left"), ("release", "left")]
        log = await asyncio.to_thread((home / "data" / "computer-log.jsonl").read_text, "utf-8")
        assert "with the control token, which says it is “MCP: a test”" in log


async def test_an_element_by_name(bridge: Bridge, pretended: FakeDesktop) -> None:
    pretended.elements.placed = [Element("button", "Save", box=Rect(100, 200, 80, 20))]
    async with connect(bridge) as session:
        bridge.computer.allow_for(1)
        listed = await session.call_tool("computer_list_elements", {"picture": True})
        assert [block.type for block in listed.content] == ["text", "image"]
        assert 'e1ab button "Save" [100, 200, 179, 219]' in texts(listed)[0]
        done = await session.call_tool("computer_click_element", {"id": "e1ab"})
        assert texts(done) == ["OK"]
        refused = await session.call_tool("computer_click_element", {"name": "Open"})
        assert refused.is_error
        assert 'There is no element "Open"' in texts(refused)[0]
        assert pretended.elements.done == [("press", "Save")]
        assert list_input(pretended) == []


async def test_a_refusal_is_explained(bridge: Bridge, pretended: FakeDesktop) -> None:
    async with connect(bridge) as session:
        refused = await session.call_tool("computer_left_click", CLICK)
        assert refused.is_error
        assert "Only a human can turn it on" in texts(refused)[0]
        bridge.computer.set_permission(Permission("ask"))
        for name in ("computer_screenshot", "computer_left_click"):
            silent = await session.call_tool(name, CLICK if "click" in name else {})
            assert silent.is_error
            assert "no answer within 0.2 s" in texts(silent)[0]
        assert list_input(pretended) == []


async def test_a_batch_halts_at_its_first_failure(bridge: Bridge, pretended: FakeDesktop) -> None:
    async with connect(bridge) as session:
        bridge.computer.allow_for(1)
        batch = [
            {"action": "type", "text": "a"},
            {"action": "zoom", "region": [5000, 0, 5100, 100]},
            {"action": "type", "text": "b"},
        ]
        result = await session.call_tool("computer_batch", {"actions": batch})
        assert result.is_error
        assert [text.partition(":")[0] for text in texts(result)] == ["OK", "zoom", "Not executed"]
        assert list_input(pretended) == [("type", "a")]


async def test_an_unknown_tool_and_an_invalid_field_are_named(bridge: Bridge) -> None:
    async with connect(bridge) as session:
        bridge.computer.allow_for(1)
        assert "Unknown tool computer_fly." in texts(await session.call_tool("computer_fly", {}))
        wrong = await session.call_tool("computer_key", {"text": "NoSuchKey"})
        assert wrong.is_error
        assert "NoSuchKey" in texts(wrong)[0]


async def test_a_cancelled_call_stops_its_action(bridge: Bridge, pretended: FakeDesktop) -> None:
    async with connect(bridge) as session:
        bridge.computer.allow_for(1)
        calling = asyncio.create_task(session.call_tool("computer_wait", {"duration": 60}))
        while not bridge.computer.active:
            await asyncio.sleep(0.01)
        calling.cancel()
        await asyncio.wait([calling])
        async with asyncio.timeout(30):
            while bridge.computer.active:
                await asyncio.sleep(0.01)


async def test_a_bridge_that_is_not_running_is_an_error(bridge: Bridge) -> None:
    bridge.url = "http://127.0.0.1:9"
    async with connect(bridge) as session:
        result = await session.call_tool("computer_screenshot", {})
    assert result.is_error
    assert texts(result) == [
        "No bridge is running at http://127.0.0.1:9. Start it with: claude-bridge"
    ]


async def test_claude_code_uses_the_tools(
    bridge: Bridge, pretended: FakeDesktop, fake: FakeAnthropic, tmp_path: Path
) -> None:
    """The real program, configured as by `claude mcp add`; only the Anthropic API is a fake."""
    bridge.computer.allow_for(1)
    program = await asyncio.to_thread(find_bundled_cli)
    assert program is not None
    started = server_parameters(bridge)
    config = {"command": started.command, "args": started.args, "env": started.env}
    servers = json.dumps({"mcpServers": {"computer": config}})
    click = ToolUse("mcp__computer__computer_left_click", CLICK)
    shot = ToolUse("mcp__computer__computer_screenshot")
    fake.script(calls(shot), calls(click), says("Clicked."))
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "ANTHROPIC_BASE_URL": fake.url,
        "ANTHROPIC_API_KEY": "sk-ant-test", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "ENABLE_TOOL_SEARCH": "0",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        program, "-p", "Click.", "--model", "claude-opus-5-5", "--output-format", "json",
        "--mcp-config", servers, "--allowedTools", "mcp__computer",
        env=environment, cwd=tmp_path, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, complaint = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, (said, complaint)
    assert json.loads(said)["result"] == "Clicked."
    assert list_input(pretended) == [("move", 100, 200), ("press", "left"), ("release", "left")]
    assert any('"image"' in json.dumps(request.body) for request in fake.requests if request.body)

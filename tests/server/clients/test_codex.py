"""Codex through the bridge: its recorded requests, and the program itself where it is installed."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.server.state import Bridge
from tests.fake_anthropic.script import ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic

RECORDED: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("codex_requests.json").read_text("utf-8")
)
"""The two requests of a turn of Codex 0.171 without a `model` of its own; long texts are cut."""
SCRIPT = "const r = await tools.exec_command({cmd: 'echo from-codex'}); text(JSON.stringify(r));"


async def post(bridge: Bridge, body: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Send a recorded request; return the events, and the notices."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/responses", json=body) as answer,
    ):
        text = await answer.text()
        assert answer.status == 200, text
        lines = [line for line in text.splitlines() if line.startswith("data: {")]
        notices = answer.headers.get("x-bridge-notice", "")
        return [json.loads(line.removeprefix("data: ")) for line in lines], notices


async def test_the_recorded_turn_calls_a_tool_of_an_item_and_continues(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(calls(ToolUse("functions__exec", {"input": SCRIPT})), says("Done."))
    events, notices = await post(bridge, RECORDED[0])
    (call,) = events[-1]["response"]["output"]
    assert (call["type"], call["namespace"], call["name"]) == (
        "custom_tool_call",
        "functions",
        "exec",
    )
    assert call["input"] == SCRIPT
    assert "".join(e["delta"] for e in events if e["type"].endswith("input.delta")) == SCRIPT
    assert "additional_tools" not in notices
    offered = [tool["name"] for tool in fake.bodies()[0]["tools"]]
    assert offered[:2] == ["functions__exec", "functions__wait"]
    assert "clock__sleep" in offered

    events, _ = await post(bridge, RECORDED[1])
    assert events[-1]["response"]["output"][-1]["content"][0]["text"] == "Done."
    first, second = fake.bodies()
    # Caches and signatures depend on it.
    assert (second["tools"], second["system"]) == (first["tools"], first["system"])
    use, result = (message["content"] for message in second["messages"][-2:])
    assert use[0]["name"] == "functions__exec"
    assert result[0]["tool_use_id"] == use[0]["id"]
    assert result[0]["content"][0]["text"].startswith("Script completed")


async def test_codex_itself_runs_a_command_and_answers(
    bridge: Bridge, fake: FakeAnthropic, tmp_path: Path
) -> None:
    program = shutil.which("codex")
    if program is None:
        pytest.skip("Codex is not installed")
    fake.script(calls(ToolUse("functions__exec", {"input": SCRIPT})), says("All done."))
    config = f"""
        model_provider = "bridge"
        # With bubblewrap, which mutter brings, a sandbox has no /dev/shm, where this test runs.
        sandbox_mode = "danger-full-access"
        [model_providers.bridge]
        name = "bridge"
        base_url = "{bridge.url}/v1"
        env_key = "BRIDGE_KEY"
        wire_api = "responses"
    """
    (tmp_path / "config.toml").write_text(config, "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(program, "exec", "--skip-git-repo-check", "Say hello"),
        cwd=tmp_path,
        env={**os.environ, "CODEX_HOME": str(tmp_path), "BRIDGE_KEY": "any"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 120)
    assert b"All done." in output, errors.decode()
    result = fake.bodies()[1]["messages"][-1]["content"][0]
    assert "from-codex" in json.dumps(result)

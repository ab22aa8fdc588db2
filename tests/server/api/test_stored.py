"""What was said is on disk only where docs/privacy.md says so, and can be deleted for good."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from bridge.server.api.routes import ENDPOINTS
from bridge.server.state import Bridge
from tests.computer.fake_desktop import FakeDesktop
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Failure, Reply, Text, Thinking, ToolUse, says
from tests.fake_anthropic.server import FakeAnthropic

MARK = "Swordfish7391"
MODEL = "claude-opus-5-5"
TOOL: Any = {"name": "find", "parameters": {"type": "object"}}
THOUGHT = Reply((Thinking(f"I think {MARK}."), Text(MARK), ToolUse("find", {"word": MARK})))
SECRETS = ("model", "role", "type", "object", "id", "effort", "owner", "encoding_format")
"""Fields whose values are chosen from a list: a mark in them is refused."""


def put_marks(value: Any, field: str = "") -> Any:
    """Add the mark to each text of a body that may contain the user's words."""
    if isinstance(value, dict):
        return {name: put_marks(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [put_marks(member, field) for member in value]
    return f"{value} {MARK}" if isinstance(value, str) and field not in SECRETS else value


def find_marks(folder: Path) -> set[str]:
    """Return the names of the files that contain the mark, as text or as JSON in any form."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.name for file in files if MARK.encode() in file.read_bytes()}


@asynccontextmanager
async def open_session(
    bridge: Bridge, *, token: bool = False
) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {bridge.control_token}"} if token else {}
    async with aiohttp.ClientSession(bridge.url, headers=headers) as session:
        yield session


async def call(bridge: Bridge, method: str, path: str, body: Any = None) -> Any:
    async with (
        open_session(bridge, token=True) as session,
        session.request(method, path, json=body) as response,
    ):
        assert response.status == 200, await response.text()
        return await response.json()


async def send_examples(bridge: Bridge) -> list[str]:
    """Send each endpoint's example with the mark, whole and streamed; return what was reached."""
    reached = []
    async with open_session(bridge) as session:
        for endpoint in ENDPOINTS:
            if endpoint.method != "POST" or not endpoint.path.startswith("/v1/"):
                continue
            body = {**put_marks(endpoint.example or {}), "model": MODEL}
            for more in ({}, {"stream": True}, {"unknown " + MARK: MARK, "user": MARK}):
                path = endpoint.path.replace("{id}", "resp_1")
                async with session.post(path, json={**body, **more}) as response:
                    await response.read()
                reached.append(f"{endpoint.path} {response.status}")
    return reached


async def send_responses(bridge: Bridge, fake: FakeAnthropic, **more: Any) -> list[str]:
    """Create responses of all kinds with the mark; return their ids."""
    body = {"model": MODEL, "input": MARK, "instructions": MARK, "metadata": {"a": MARK}, **more}
    fake.script(says(MARK), THOUGHT, Failure(400, message=f"No {MARK}."), says(MARK))
    ids = []
    async with open_session(bridge) as session:
        for extra in ({}, {"tools": [{"type": "function", **TOOL}]}, {}, {"background": True}):
            if extra.get("background") and more.get("store") is False:
                continue
            async with session.post("/v1/responses", json={**body, **extra}) as response:
                answer = await response.json()
                ids += [answer["id"]] if response.status == 200 else []
        while bridge.background:
            await asyncio.sleep(0.01)
        async with session.ws_connect("/v1/responses") as socket:
            await socket.send_json({"type": "response.create", **body})
            async for message in socket:
                if json.loads(message.data)["type"] in ("response.completed", "error"):
                    break
    return ids


async def send_chats(bridge: Bridge, fake: FakeAnthropic) -> None:
    """Send a chat whose answer thinks and calls a tool, and its continuation."""
    fake.script(THOUGHT, says(MARK))
    question: Any = {"role": "user", "content": MARK}
    tools: Any = [{"type": "function", "function": TOOL}]
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        answer = await client.chat.completions.create(model=MODEL, messages=[question], tools=tools)
        turn: Any = answer.choices[0].message.model_dump()
        result: Any = {"role": "tool", "tool_call_id": turn["tool_calls"][0]["id"], "content": MARK}
        await client.chat.completions.create(
            model=MODEL, messages=[question, turn, result], tools=tools
        )


async def restart(bridge: Bridge, start_bridge: StartBridge, **settings: Any) -> Bridge:
    bridge.stop_requested.set()
    async with asyncio.timeout(30):
        while not (bridge.responses._memory._worker._closed and bridge.ledger._worker._closed):
            await asyncio.sleep(0.01)
    return await start_bridge(backend="anthropic", **settings)


async def test_nothing_that_was_said_is_on_disk(
    bridge: Bridge,
    fake: FakeAnthropic,
    tmp_path: Path,
    start_bridge: StartBridge,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG, "bridge"):
        reached = await send_examples(bridge)
        await send_chats(bridge, fake)
        for more in ({}, {"store": False}):
            await send_responses(bridge, fake, **more)
    assert sum(word.endswith(" 200") for word in reached) > 15, reached
    assert any(MARK in json.dumps(sent) for sent in fake.bodies())
    assert find_marks(tmp_path) == set(), "while it runs"
    assert not [r for r in caplog.records if r.name.startswith("bridge") and MARK in r.getMessage()]
    await restart(bridge, start_bridge)
    assert find_marks(tmp_path) == set(), "after it has stopped"


async def test_what_was_stored_is_deleted_for_good_while_the_bridge_runs(
    bridge: Bridge, fake: FakeAnthropic, tmp_path: Path, home: Path
) -> None:
    ids = await send_responses(bridge, fake, store=True)
    assert find_marks(tmp_path) <= {"responses.sqlite3", "responses.sqlite3-wal"}
    assert find_marks(tmp_path)
    stored = await call(bridge, "GET", "/control/stored")
    assert stored["responses_on_disk"] == stored["responses_in_memory"] == len(ids) + 1
    assert await call(bridge, "POST", "/control/forget", {"id": ids[0]}) == {
        "responses": 1, "thinking": 0, "actions": 0, "damaged_files": 0, "usage": 0, "log": False,
        "failures": [],
    }  # fmt: skip
    (home / "logs").mkdir(exist_ok=True)
    for log in ("bridge.log", "bridge.log.1"):
        (home / "logs" / log).write_text(MARK)
    (home / "data" / "responses.sqlite3.damaged-20260101-000000-000000").write_text(MARK)
    (home / "data" / "computer-log.jsonl").write_text(f'{{"at": 1, "what": "Type {MARK}"}}\n')
    report = await call(bridge, "POST", "/control/forget", {"all": True, "usage": True})
    assert report["responses"] == len(ids)
    assert (report["actions"], report["damaged_files"], report["log"]) == (1, 1, True)
    assert report["usage"] > 0
    assert find_marks(tmp_path) == set()
    after = await call(bridge, "GET", "/control/stored")
    assert {name: value for name, value in after.items() if value} == {"folder": str(home / "data")}


async def test_the_log_of_computer_use_has_what_was_typed_and_is_deleted_by_age(
    pretended: FakeDesktop, bridge: Bridge, tmp_path: Path, home: Path
) -> None:
    await call(bridge, "POST", "/control/switches", {"computer": {"mode": "allowed", "minutes": 5}})
    actions = {"actions": [{"action": "type", "text": MARK}]}
    await call(bridge, "POST", "/computer/actions", actions)
    assert find_marks(tmp_path) == {"computer-log.jsonl"}
    log = home / "data" / "computer-log.jsonl"
    log.write_text('{"at": 5, "what": "old"}\nbroken\n' + log.read_text())
    report = await call(bridge, "POST", "/control/forget", {"older_than_days": 1})
    assert report["actions"] == 2
    assert find_marks(tmp_path) == {"computer-log.jsonl"}
    assert (await call(bridge, "POST", "/control/forget", {"older_than_days": 0}))["actions"] == 1
    assert not log.exists()


async def test_a_socket_forgets_what_it_has_remembered(bridge: Bridge, fake: FakeAnthropic) -> None:
    async with open_session(bridge) as session, session.ws_connect("/v1/responses") as socket:
        body = {"type": "response.create", "model": MODEL, "input": "Hi", "store": False}
        id = None
        for previous in (None, 1):
            if previous:
                await call(bridge, "POST", "/control/forget", {"all": True})
            await socket.send_json({**body, "previous_response_id": id})
            while (event := json.loads((await socket.receive()).data))["type"] not in (
                "response.completed", "error",
            ):  # fmt: skip
                continue
            id = event.get("response", {}).get("id")
    assert event["error"]["code"] == "previous_response_not_found"


async def test_without_days_the_files_of_earlier_settings_are_deleted(
    bridge: Bridge, fake: FakeAnthropic, tmp_path: Path, start_bridge: StartBridge
) -> None:
    await send_responses(bridge, fake, store=True)
    with_thinking = await restart(bridge, start_bridge, thinking_days=3)
    await send_chats(with_thinking, fake)
    without = await restart(with_thinking, start_bridge, response_days=0)
    async with asyncio.timeout(30):
        while find_marks(tmp_path):
            await asyncio.sleep(0.05)
    async with open_session(without) as session:
        body = {"model": MODEL, "input": MARK, "store": True}
        async with session.post("/v1/responses", json=body) as response:
            answer = await response.json()
            assert answer["store"] is False
            assert "response_days is 0" in response.headers["x-bridge-notice"]
        async with session.get(f"/v1/responses/{answer['id']}") as response:
            assert response.status == 200
    assert find_marks(tmp_path) == set()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"all": True, "id": "resp_1"},
        {"id": "resp_1", "usage": True},
        {"all": False},
        {"id": ""},
    ],
)
async def test_a_deletion_names_exactly_one_thing(bridge: Bridge, body: Any) -> None:
    async with (
        open_session(bridge, token=True) as session,
        session.post("/control/forget", json=body) as response,
    ):
        assert response.status == 400

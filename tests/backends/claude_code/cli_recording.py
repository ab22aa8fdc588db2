"""Records a conversation with the real Claude Code, in a home that has much of the user's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.backends.claude_code.real_cli import TOKEN, Frame, run_cli
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"
ADD: Any = {"name": "add", "description": "Adds.", "input_schema": {"type": "object"}}
CALL: Any = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
RESULT: Any = {
    "type": "tool_result",
    "tool_use_id": "toolu_1",
    "content": [{"type": "text", "text": "1"}],
}
BODY: Any = {"max_tokens": 77, "tools": [ADD], "stop_sequences": ["END"]}


@dataclass(frozen=True)
class Recording:
    """One conversation, and what it led to."""

    settings: Frame
    """The response to `apply_flag_settings`."""
    initialized: Frame
    """The response to `initialize`."""
    confirmed: Frame
    """The result of the history's user turn."""
    asked_early: int
    """Requests upstream before the last turn was sent."""
    frames: list[Frame]
    """What it wrote until the end of the conversation."""
    requests: list[tuple[Mapping[str, str], dict[str, Any]]]
    """Headers and bodies that reached upstream, one for the conversation and one behind it."""
    sent: list[Frame]
    """The messages of the conversation."""
    connections: list[str]
    """The hosts besides upstream that it called."""
    pid: int
    files: frozenset[str]
    """The files in its home while it ran."""

    @property
    def response(self) -> Frame:
        return dict(self.initialized["response"])

    @property
    def body(self) -> dict[str, Any]:
        return self.requests[0][1]

    @property
    def events(self) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == "stream_event"]

    def has_sent(self, words: str) -> bool:
        """Return whether the words are in anything that reached upstream."""
        return words in json.dumps([[dict(headers), body] for headers, body in self.requests])


def build_settings(model: str, **body: Any) -> dict[str, Any]:
    """Build the settings of `apply_flag_settings`."""
    return {"model": model, "env": {"CLAUDE_CODE_EXTRA_BODY": json.dumps(body)}}


def build_user(*content: Any, **more: Any) -> Frame:
    return {
        "type": "user",
        "message": {"role": "user", "content": list(content)},
        "parent_tool_use_id": None,
        "session_id": "default",
        **more,
    }


def build_assistant(*content: Any) -> Frame:
    answer = {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL}
    return {
        "type": "assistant",
        "message": {**answer, "content": list(content)},
        "parent_tool_use_id": None,
        "session_id": "default",
        "uuid": "9d3f3c52-8f63-4ec4-9a51-a4de2ad4f6f0",
    }


async def record_conversation(home: Path, *, without: Collection[str] = ()) -> Recording:
    """Have one conversation with a history; `without` names flags and switches to leave out."""
    _furnish(home)
    mention = f"@{home}/secret.txt"
    turns = [
        build_user({"type": "text", "text": "Add."}, client_composed=True, shouldQuery=False),
        build_assistant(CALL),
        build_user(RESULT, {"type": "text", "text": f"/clear {mention}"}, client_composed=True),
    ]
    connections: list[str] = []
    async with FakeAnthropic() as fake, _run_proxy(connections) as proxy:
        environ = {
            "ANTHROPIC_BASE_URL": fake.url,
            "CLAUDE_CODE_OAUTH_TOKEN": TOKEN,
            "HTTPS_PROXY": proxy,
            "NO_PROXY": "127.0.0.1",
        }
        async with run_cli(home, environ, without=without) as cli:
            settings = await cli.ask(
                "s", subtype="apply_flag_settings", settings=build_settings(MODEL, **BODY)
            )
            initialized = await cli.ask("i", subtype="initialize", systemPrompt=["Be brief."])
            await cli.send(turns[0])
            confirmed = await cli.wait_for_result()
            asked_early = len(fake.requests)
            await cli.send(*turns[1:])
            await cli.wait_for_result()
            frames = list(cli.frames)
            # Not composed by a client: the switches alone must keep it from reading the file.
            await cli.send(build_user({"type": "text", "text": f"What is in {mention} ?"}))
            await cli.wait_for_result()
            files = frozenset(str(path.relative_to(home)) for path in home.rglob("*"))
        return Recording(
            settings,
            initialized,
            confirmed,
            asked_early,
            frames,
            [(request.headers, request.body) for request in fake.requests],
            [turn["message"] for turn in turns],
            connections,
            cli.process.pid,
            files,
        )


def _furnish(home: Path) -> None:
    """Write settings, notes and a file of the user's."""
    (home / ".claude").mkdir()
    own = {"env": {"ANTHROPIC_CUSTOM_HEADERS": "x-of-the-user: 1"}}
    (home / ".claude" / "settings.json").write_text(json.dumps(own))
    (home / ".claude" / "CLAUDE.md").write_text("NOTES OF THE USER")
    (home / "secret.txt").write_text("A SECRET")


@asynccontextmanager
async def _run_proxy(connections: list[str]) -> AsyncIterator[str]:
    """Note the hosts that are asked for, and refuse them all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append((await reader.readline()).decode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.close()

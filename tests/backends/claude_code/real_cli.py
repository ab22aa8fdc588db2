"""The real Claude Code of the installed SDK, run as the bridge runs it, and what it writes."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.backends.claude_code.command import FLAGS, build_environment, find_bundled_cli
from tests.fake_anthropic.server import FakeAnthropic

Frame = dict[str, Any]

TOKEN = "sk-ant-oat01-made-up"
MODEL = "claude-opus-5-5"
ADD: Any = {"name": "add", "description": "Adds.", "input_schema": {"type": "object"}}
CALL: Any = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
RESULT: Any = {
    "type": "tool_result",
    "tool_use_id": "toolu_1",
    "content": [{"type": "text", "text": "1"}],
}
BODY: Any = {"max_tokens": 77, "tools": [ADD], "stop_sequences": ["END"]}
SECONDS = 15.0
"""The longest wait for a frame."""
_LONGEST_LINE = 64 * 1024 * 1024


def get_cli() -> Path:
    """Return the program of the installed SDK."""
    cli = find_bundled_cli()
    assert cli is not None, "claude-agent-sdk has no program"
    return cli


@dataclass
class Running:
    """One process, and all frames that it has written so far."""

    process: asyncio.subprocess.Process
    frames: list[Frame] = field(default_factory=list)

    async def send(self, *frames: Frame) -> None:
        """Write frames; one that has ended takes none."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(json.dumps(frame) + "\n" for frame in frames).encode())
        with suppress(ConnectionError):
            await self.process.stdin.drain()

    async def wait_for(self, is_wanted: Callable[[Frame], bool]) -> Frame:
        """Return the next frame that is wanted; an empty one if none comes."""
        assert self.process.stdout is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                while line := await self.process.stdout.readline():
                    self.frames.append(json.loads(line))
                    if is_wanted(self.frames[-1]):
                        return self.frames[-1]
        return {}

    async def ask(self, id: str, **request: Any) -> Frame:
        """Send a control request; return the response, which is empty if none comes."""
        await self.send({"type": "control_request", "request_id": id, "request": request})
        frame = await self.wait_for(lambda frame: _is_response(frame, id))
        return dict(frame.get("response", {}))

    async def wait_for_result(self) -> Frame:
        """Wait for the end of a turn."""
        return await self.wait_for(lambda frame: frame["type"] == "result")


def _is_response(frame: Frame, id: str) -> bool:
    return bool(frame["type"] == "control_response" and frame["response"].get("request_id") == id)


@asynccontextmanager
async def run_cli(
    folder: Path, environ: Mapping[str, str], *, without: Collection[str] = ()
) -> AsyncIterator[Running]:
    """Run it with `folder` as its home; `without` names flags and switches to leave out."""
    working = folder / "empty"
    working.mkdir(exist_ok=True)
    given = {"PATH": os.environ["PATH"], "HOME": str(folder), **environ}
    environment = build_environment(given, folder / "temporary")
    process = await asyncio.create_subprocess_exec(
        await asyncio.to_thread(get_cli),
        *(flag for flag in FLAGS if flag not in without),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=working,
        env={name: value for name, value in environment.items() if name not in without},
        limit=_LONGEST_LINE,
    )
    try:
        yield Running(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


# --- a recorded conversation, in a home that has much of the user's own


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

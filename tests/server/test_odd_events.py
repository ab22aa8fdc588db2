"""Whatever upstream sends, each endpoint gives a right answer or one right error, and ends.

Right answers with unknown parts must arrive whole; answers with anything wrong in them may end in
an error, but never in a 500, a second response, or silence. Both backends read them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.backends.base import Readiness
from bridge.backends.claude_code.backend import ClaudeCodeBackend
from bridge.backends.claude_code.process import ClaudeProcess
from bridge.compose import make_bridge
from bridge.errors import UpstreamFailed
from bridge.resilience.policy import CircuitBreaker
from bridge.server.http.listen import listen
from bridge.server.serve import serve
from bridge.settings import find_paths, load_settings
from tests.server.odd_events import OddAnswer, odd_answers, right_answers
from tests.server.outcome import Outcome, understand

EXAMPLES = 20_000
"""Of them all, over both strategies and both backends."""
SILENCE = 0.3
"""Seconds until the bridge gives up on an upstream that stays open and says nothing."""
PATIENCE = 60.0
"""The same where upstream always ends: a busy machine must not look like a silent upstream."""
MODEL = "claude-sonnet-5-5"
CHAT: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", CHAT),
    "chat, two choices": ("/v1/chat/completions", {**CHAT, "n": 2}),
    "chat, usage": ("/v1/chat/completions", {**CHAT, "stream_options": {"include_usage": True}}),
    "completions": ("/v1/completions", {"model": MODEL, "prompt": "Hi"}),
    "responses": ("/v1/responses", {"model": MODEL, "input": "Hi", "store": False}),
    "messages": ("/v1/messages", {**CHAT, "max_tokens": 100}),
}
CASES = [(name, stream) for name in REQUESTS for stream in (True, False)]
LAST_MESSAGES = ("error", "response.failed", "response.completed", "response.incomplete")
RIGHT_ERRORS = {502, 503, 504, 529}


class RawUpstream:
    """A server that answers every `POST` with the pieces of `answer`, whatever they are."""

    def __init__(self) -> None:
        self.answer: OddAnswer | None = None
        self.url = ""

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = "http://{}:{}".format(*server.sockets[0].getsockname())
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
                await reader.readexactly(length)
                if not head.startswith(b"post") or self.answer is None:
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}")
                elif not await self._write_answer(self.answer, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            # The bridge has closed the connection.
            return
        finally:
            writer.close()

    async def _write_answer(self, answer: OddAnswer, writer: asyncio.StreamWriter) -> bool:
        """Return whether the connection goes on."""
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked"
        writer.write(head.encode() + b"\r\n\r\n")
        for piece in answer.split(answer.encode()):
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await asyncio.sleep(0)
        if answer.ending == "open":
            await asyncio.sleep(SILENCE * 3)
        if answer.ending == "clean":
            writer.write(b"0\r\n\r\n")
        return answer.ending == "clean"


class RawClaudeCode:
    """A process of Claude Code that writes the frames of an answer."""

    pid, returncode = 2**22, 0

    def __init__(self, answer: OddAnswer) -> None:
        self.stdin, self.stdout, self.stderr = _Sink(), asyncio.StreamReader(), _empty()
        lines = b"".join(_encode_frame(event) for event in answer.events)
        asyncio.get_running_loop().create_task(self._write(answer, lines))

    async def _write(self, answer: OddAnswer, lines: bytes) -> None:
        for piece in answer.split(lines):
            self.stdout.feed_data(piece)
            await asyncio.sleep(0)
        if answer.ending == "open":
            await asyncio.sleep(SILENCE * 3)
        self.stdout.feed_eof()

    async def wait(self) -> int:
        return 0


class _Sink:
    """A standard input that takes everything."""

    def write(self, data: bytes) -> None: ...

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...

    async def drain(self) -> None: ...


def _empty() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_eof()
    return reader


def _encode_frame(event: Any) -> bytes:
    if isinstance(event, bytes):
        # Nothing but frames comes from Claude Code; what is no event is no line either.
        return event.partition(b"data: ")[2].partition(b"\n")[0] + b"\n"
    frame = {"type": "stream_event", "event": event, "parent_tool_use_id": None}
    return json.dumps(frame).encode() + b"\n"


class World:
    """A bridge, its upstream, and a client that notices everything about a response."""

    def __init__(self, upstream: RawUpstream, port: int) -> None:
        self._upstream = upstream
        self._port = port

    async def ask(self, answer: OddAnswer, name: str, stream: bool) -> bytes:
        """Everything that the bridge sends until it closes the connection."""
        self._upstream.answer = answer
        path, body = REQUESTS[name]
        payload = json.dumps({**body, "stream": stream}).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        head += f"Connection: close\r\nContent-Length: {len(payload)}\r\n\r\n"
        writer.write(head.encode() + payload)
        try:
            async with asyncio.timeout(10):
                return await reader.read()
        finally:
            writer.close()

    async def ask_on_a_socket(self, answer: OddAnswer) -> Any:
        """The last message about a response."""
        self._upstream.answer = answer
        url = f"ws://127.0.0.1:{self._port}/v1/responses"
        create = {"type": "response.create", "model": MODEL, "input": "Hi", "store": False}
        async with (
            asyncio.timeout(10),
            aiohttp.ClientSession() as session,
            session.ws_connect(url) as socket,
        ):
            await socket.send_json(create)
            while (message := await socket.receive_json())["type"] not in LAST_MESSAGES:
                pass
            return message

    async def ask_in_the_background(self, answer: OddAnswer) -> Any:
        """The response when it is no longer being written."""
        self._upstream.answer = answer
        url = f"http://127.0.0.1:{self._port}/v1/responses"
        create = {"model": MODEL, "input": "Hi", "background": True, "store": True}
        async with asyncio.timeout(10), aiohttp.ClientSession() as session:
            async with session.post(url, json=create) as response:
                created = await response.json()
            while created["status"] in ("queued", "in_progress"):
                await asyncio.sleep(0.001)
                async with session.get(f"{url}/{created['id']}") as response:
                    created = await response.json()
            return created


@asynccontextmanager
async def open_world(
    backend: str, patch: pytest.MonkeyPatch, silence: float
) -> AsyncIterator[World]:
    upstream = RawUpstream()
    server = await upstream.start()
    patch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    patch.setenv("ANTHROPIC_BASE_URL", upstream.url)
    chosen = load_settings(
        port=0, backend=backend, retries=0, claude_spares=0, upstream_silence_seconds=silence
    )
    bridge = await asyncio.to_thread(make_bridge, chosen, find_paths())

    async def take_process(_: ClaudeCodeBackend) -> ClaudeProcess:
        if upstream.answer is None:
            raise UpstreamFailed("No models today.")
        folder = Path("/nonexistent")
        process: Any = RawClaudeCode(upstream.answer)
        return ClaudeProcess(process, folder, folder, on_removed=lambda pid: None)

    async def ready(_: ClaudeCodeBackend) -> Readiness:
        return Readiness(True, "as the test says")

    # Answers must not affect each other; the circuit breaker has its own tests.
    patch.setattr(CircuitBreaker, "record_failure", lambda *_: None)
    patch.setattr(ClaudeCodeBackend, "_take_process", take_process)
    patch.setattr(ClaudeCodeBackend, "readiness", ready)
    patch.setattr(ClaudeCodeBackend, "warm", ready)
    serving = asyncio.create_task(serve(bridge, listen("127.0.0.1", 0)))
    while not bridge.url:
        await asyncio.sleep(0.001)

    yield World(upstream, int(bridge.url.rpartition(":")[2]))
    bridge.stop_requested.set()
    await serving
    server.close()


BACKENDS = ("anthropic", "claude-code")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_right_answer_arrives_whatever_is_new_in_it(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(answer: OddAnswer, outcome: Outcome) -> None:
        assert (outcome.status, outcome.errors, outcome.ends) == (200, 0, 1)
        assert outcome.text == answer.list_texts(backend)

    check_answers(backend, monkeypatch, right_answers(), check)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_odd_answer_is_a_right_answer_or_one_right_error(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(answer: OddAnswer, outcome: Outcome) -> None:
        assert outcome.status == 200 or outcome.status in RIGHT_ERRORS
        assert outcome.errors + outcome.ends == 1
        if outcome.ends:
            assert outcome.text == answer.list_texts(backend)
        else:
            assert answer.list_texts(backend).startswith(outcome.text)

    check_answers(backend, monkeypatch, odd_answers(), check)


def check_answers(
    backend: str,
    patch: pytest.MonkeyPatch,
    answers: st.SearchStrategy[OddAnswer],
    check: Callable[[OddAnswer, Outcome], None],
) -> None:
    """Play a quarter of the examples, each at an endpoint of its own."""

    @settings(max_examples=EXAMPLES // 4, database=None)
    @given(answers, st.sampled_from(CASES))
    def play(answer: OddAnswer, case: tuple[str, bool]) -> None:
        check(answer, understand(run(world.ask(answer, *case))))

    with run_world(backend, patch) as (world, run):
        play()


@contextmanager
def run_world(
    backend: str, patch: pytest.MonkeyPatch, silence: float = PATIENCE
) -> Iterator[tuple[World, Callable[[Coroutine[Any, Any, Any]], Any]]]:
    """A world, and what runs a coroutine in it."""
    with asyncio.Runner() as runner:
        opened = open_world(backend, patch, silence)
        world = runner.run(opened.__aenter__())
        try:
            yield world, runner.run
        finally:
            runner.run(opened.__aexit__(None, None, None))


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_odd_answer_ends_within_the_silence(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    @settings(max_examples=20, database=None)
    @given(odd_answers("open"), st.sampled_from(CASES))
    def play(answer: OddAnswer, case: tuple[str, bool]) -> None:
        outcome = understand(run(world.ask(answer, *case)))
        assert outcome.errors + outcome.ends == 1

    with run_world(backend, monkeypatch, SILENCE) as (world, run):
        play()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_response_on_a_socket_ends_once(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @settings(max_examples=300, database=None)
    @given(right_answers() | odd_answers())
    def play(answer: OddAnswer) -> None:
        last = run(world.ask_on_a_socket(answer))
        if answer.is_right:
            assert last["type"] in ("response.completed", "response.incomplete")
        elif last["type"] in ("error", "response.failed"):
            assert last.get("code") != "internal_error"

    with run_world(backend, monkeypatch) as (world, run):
        play()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_response_in_the_background_ends(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @settings(max_examples=150, database=None)
    @given(right_answers() | odd_answers())
    def play(answer: OddAnswer) -> None:
        ended = run(world.ask_in_the_background(answer))
        if answer.is_right:
            assert ended["status"] in ("completed", "incomplete")
        elif ended["status"] == "failed":
            assert "Internal error" not in ended["error"]["message"]

    with run_world(backend, monkeypatch) as (world, run):
        play()

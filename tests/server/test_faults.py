"""A thousand requests with random upstream faults each get an answer or the right error."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
from dataclasses import dataclass
from typing import Any

import aiohttp
import psutil
import pytest

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic
from tests.server.outcome import understand_text

TEXT = "one two three four five"
HEAD = "one two"


@dataclass(frozen=True)
class Fault:
    """A directive for the fake, and what a client must see of it."""

    directive: dict[str, Any]
    status: int = 200
    code: str | None = None
    """The error's code; None if the request succeeds."""
    claude_code: str | None = None
    """Its code with Claude Code, where it differs."""
    begun: bool = False
    """It fails after two words: in the stream, or with a 502 or 503 when whole."""


FAULTS = (
    Fault({"text": TEXT}),
    Fault({"text": TEXT, "pings": True, "thinking": "hm"}),
    Fault({"text": TEXT, "stop_reason": "max_tokens"}),
    Fault({"error": 400}, 400, None),
    Fault({"error": 401}, 401, "invalid_api_key", "not_signed_in"),
    Fault({"error": 402}, 402, "insufficient_quota"),
    Fault({"error": 403}, 403, "forbidden"),
    Fault({"error": 404}, 404, "not_found", "model_not_found"),
    Fault({"error": 413}, 413, "request_too_large"),
    Fault({"error": 429, "retry_after": 9}, 429, "rate_limit_exceeded"),
    Fault({"error": 500}, 502, "upstream_error"),
    Fault({"error": 504}, 504, None),
    Fault({"error": 529}, 503, "overloaded"),
    Fault({"text": TEXT, "mid_error": 2}, 503, "overloaded", begun=True),
    Fault(
        {"text": TEXT, "mid_error": 2, "mid_type": "api_error"}, 502, "upstream_error", begun=True
    ),
    Fault({"text": TEXT, "drop": 2}, 502, "stream_broken", begun=True),
    Fault({"text": TEXT, "malformed": 2}, 502, "stream_broken", begun=True),
    Fault({"text": TEXT, "cut_off": 2}, 502, "stream_broken", begun=True),
    Fault({"text": TEXT, "hang": 2}, 504, None, begun=True),
)


SIGNED_IN = {
    "anthropic": ("ANTHROPIC_API_KEY", "sk-ant-test"),
    "claude-code": ("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up"),
}


@pytest.fixture(params=SIGNED_IN)
def backend(
    request: pytest.FixtureRequest, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The backend; the user is signed in to this one only."""
    monkeypatch.setenv(*SIGNED_IN[request.param])
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    return str(request.param)


async def ask(
    session: aiohttp.ClientSession, bridge: Bridge, fault: Fault, stream: bool
) -> tuple[int, str]:
    words = f"Go. <<<{json.dumps(fault.directive)}>>>"
    body = {
        "model": "claude-opus-5-5",
        "stream": stream,
        "messages": [{"role": "user", "content": words}],
    }
    url = f"{bridge.url}/v1/chat/completions"
    async with session.post(url, json=body) as answer:
        return answer.status, await answer.text()


def check(fault: Fault, backend: str, stream: bool, status: int, text: str) -> None:
    if fault.status == 200:
        assert status == 200, (fault, text)
        assert ("[DONE]" in text) is stream
        return
    # On a busy machine Claude Code may notice the break before it has passed on any text.
    early = backend == "claude-code" and status == fault.status
    if stream and fault.begun and not early:
        assert status == 200, (fault, text)
        lines = [line for line in text.split("\n\n") if line.startswith("data: ")]
        assert "[DONE]" not in text
        error = json.loads(lines[-1].removeprefix("data: "))["error"]
        chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
        words = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks)
        assert words == HEAD or (backend == "claude-code" and HEAD.startswith(words)), fault
    else:
        assert status == fault.status, (fault, text)
        error = json.loads(text)["error"]
    assert error["message"]
    if fault.code is not None:
        there = fault.claude_code if backend == "claude-code" else None
        assert error["code"] == (there or fault.code), fault


@pytest.fixture(autouse=True)
def breakers_that_stay_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests must not affect each other here; the circuit breaker has its own tests."""
    monkeypatch.setattr(
        "bridge.resilience.policy.CircuitBreaker.record_failure",
        lambda *_: None,
    )


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: json.dumps(fault.directive)[:40])
async def test_each_fault_has_its_error(
    start_bridge: StartBridge, backend: str, fault: Fault, stream: bool
) -> None:
    # It gives up soon on a silence, though not on a Claude Code that starts on a busy machine.
    silence = 1.0 if backend == "anthropic" else 8.0
    bridge = await start_bridge(backend=backend, claude_spares=0, upstream_silence_seconds=silence)
    async with aiohttp.ClientSession() as session:
        check(fault, backend, stream, *await ask(session, bridge, fault, stream))


def build_bodies(words: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """A request of each endpoint that asks for these words."""
    chat = {"messages": [{"role": "user", "content": words}]}
    return {
        "chat": ("/v1/chat/completions", chat),
        "two choices": ("/v1/chat/completions", {**chat, "n": 2}),
        "completions": ("/v1/completions", {"prompt": words}),
        "responses": ("/v1/responses", {"input": words}),
        "messages": ("/v1/messages", {**chat, "max_tokens": 100}),
    }


def choose_status(fault: Fault, endpoint: str) -> int:
    """Return the status of a fault that comes before the answer has begun."""
    if endpoint != "messages":
        return fault.status
    # An error of Claude's reaches Anthropic's clients as it is.
    return {"overloaded": 529, "upstream_error": 500}.get(fault.code or "", fault.status)


@pytest.mark.parametrize("endpoint", build_bodies(""))
async def test_each_fault_has_its_error_at_each_endpoint(
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
) -> None:
    monkeypatch.setenv(*SIGNED_IN["anthropic"])
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="anthropic")

    async def play(session: aiohttp.ClientSession, fault: Fault, stream: bool) -> None:
        path, body = build_bodies(f"Go. <<<{json.dumps(fault.directive)}>>>")[endpoint]
        body |= {"model": "claude-opus-5-5", "stream": stream}
        async with session.post(f"{bridge.url}{path}", json=body) as answer:
            outcome = understand_text(answer.status, await answer.read(), stream=stream)
        # A choice may fail before the other has begun, and with it the stream.
        early = endpoint == "two choices" and outcome.status == fault.status
        begun = stream and fault.begun and not early
        assert outcome.status == (200 if begun else choose_status(fault, endpoint)), fault
        assert (outcome.errors, outcome.ends) == ((0, 1) if fault.status == 200 else (1, 0)), fault
        if begun:
            # A failure of the second choice may come before all of the first.
            is_first_of_two = endpoint == "two choices"
            assert HEAD.startswith(outcome.text) if is_first_of_two else outcome.text == HEAD, fault

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(
            *(
                play(session, fault, stream)
                for fault in FAULTS
                for stream in (True, False)
                # What hangs waits for the limit, which is long here.
                if "hang" not in fault.directive
            )
        )


async def test_many_random_faults_leave_nothing_behind(
    fake: FakeAnthropic, start_bridge: StartBridge, backend: str
) -> None:
    # Each start of Claude Code takes 0.8 s of CPU and 170 MB.
    warming, count, at_once = (200, 1000, 32) if backend == "anthropic" else (8, 120, 8)
    tasks = len(asyncio.all_tasks())
    silence = 8 if backend == "anthropic" else 20
    bridge = await start_bridge(backend=backend, upstream_silence_seconds=silence)
    drawn = random.Random(11)  # noqa: S311 - a test's dice
    process = psutil.Process(os.getpid())
    limit = asyncio.Semaphore(at_once)

    async def one(session: aiohttp.ClientSession) -> None:
        fault, stream = drawn.choice(FAULTS), drawn.random() < 0.5
        async with limit:
            check(fault, backend, stream, *await ask(session, bridge, fault, stream))

    async def many(count: int) -> None:
        # Behind a broken stream the bridge closes the connection: one that is kept in a pool may
        # be closed at the moment in which it is used again, as by any server.
        alone = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=alone) as session:
            await asyncio.gather(*(one(session) for _ in range(count)))
        await asyncio.sleep(0.2)
        fake.requests.clear()
        gc.collect()

    await many(warming)
    files = process.num_fds()
    memory = process.memory_info().rss
    await many(count)
    assert bridge.open_streams == 0
    assert fake.open_streams == 0
    assert process.memory_info().rss < memory * 1.1
    bridge.stop_requested.set()
    async with asyncio.timeout(20):
        while len(asyncio.all_tasks()) > tasks + 1:  # the one that serves is kept by the fixture
            await asyncio.sleep(0.01)
    assert process.children(recursive=True) == []
    assert process.num_fds() <= files

"""Secrets in every part of a request appear neither in the log nor in the answer."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bridge.logs import JsonFormatter, LineFormatter
from bridge.server.state import Bridge
from tests.attacks.wire import PATH, Reply, netloc, request, send
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-sonnet-5-5"
SECRET = "Zwetschgenknoedel4711"
KEY = "sk-ant-api03-Zwetschgenknoedel4711-AA"
ODD_KEY = "Zwetschgenknoedel4711-is-no-usual-key"
JSON = "Content-Type: application/json"
TOOL = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}


def chat(content: Any = "hi", **fields: Any) -> Any:
    return {"model": MODEL, "messages": [{"role": "user", "content": content}], **fields}


def build_directive_chat(**directive: Any) -> Any:
    """Build a chat that makes the fake upstream do something."""
    return chat(f"Go. <<<{json.dumps(directive)}>>>")


async def post(url: str, body: Any, *headers: str) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await send(url, request(PATH, JSON, *headers, host=netloc(url), body=data))


def build_call_chat(arguments: str) -> Any:
    """Build a conversation in which a tool was called with these arguments."""
    call = {"id": "c1", "function": {"name": "weather", "arguments": arguments}}
    return {
        **chat(tools=[TOOL]),
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": f"It is {SECRET}."},
        ],
    }


def build_picture_chat(*, broken: bool) -> Any:
    raw = io.BytesIO()
    Image.new("RGB", (4, 4)).save(raw, "PNG")
    data = raw.getvalue()[:20] + SECRET.encode() if broken else raw.getvalue() + SECRET.encode()
    url = "data:image/png;base64," + base64.b64encode(data).decode()
    return chat([{"type": "image_url", "image_url": {"url": url}}])


IN_BASE64 = base64.b64encode(b"xx" + SECRET.encode()).decode()[4:-4]

BODIES: dict[str, Any] = {
    "a prompt": chat(f"My word is {SECRET}."),
    "a prompt, streamed": chat(f"My word is {SECRET}.", stream=True),
    "a prompt to a model that is none": {**chat(SECRET), "model": "claude-nothing-9"},
    "a system prompt": {
        **chat(),
        "messages": [{"role": "system", "content": SECRET}, {"role": "user", "content": "hi"}],
    },
    "an answer": build_directive_chat(text=f"It is {SECRET}."),
    "thinking": build_directive_chat(thinking=f"It may be {SECRET}.", text="Yes."),
    "a call by Claude": {
        **build_directive_chat(tools=[{"name": "weather", "input": {"city": SECRET}}]),
        "tools": [TOOL],
    },
    "a tool's arguments": build_call_chat(json.dumps({"city": SECRET})),
    "a tool's arguments that are no JSON": build_call_chat(f'{{"city": "{SECRET}'),
    "a tool's arguments that are too deep": build_call_chat(
        '{"a":' * 5000 + f'"{SECRET}"' + "}" * 5000
    ),
    "a tool's name": chat(tools=[{**TOOL, "function": {"name": SECRET}}]),
    "a tool's description": chat(
        tools=[{**TOOL, "function": {"name": "a", "description": SECRET}}]
    ),
    "a tool's schema": chat(
        tools=[{**TOOL, "function": {"name": "a", "parameters": {"type": SECRET}}}]
    ),
    "the schema of an answer": chat(
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "a", "schema": {"type": "object", SECRET: 1}},
        }
    ),
    "a picture": build_picture_chat(broken=False),
    "a broken picture": build_picture_chat(broken=True),
    "a picture's address": chat(
        [{"type": "image_url", "image_url": {"url": f"http://127.0.0.1:1/{SECRET}"}}]
    ),
    "a file": chat([{"type": "file", "file": {"file_data": SECRET, "filename": SECRET}}]),
    "sound": chat([{"type": "input_audio", "input_audio": {"data": SECRET, "format": "wav"}}]),
    "an unknown part": chat([{"type": SECRET, SECRET: SECRET}]),
    "an unknown field": chat(colour=SECRET),
    "an unknown field's name": chat(**{SECRET: 1}),
    "a stop": chat(stop=[SECRET]),
    "a user": chat(user=SECRET, safety_identifier=SECRET, metadata={"a": SECRET}),
    "a wrong body": f'{{"model": "{SECRET}", "messages": '.encode(),
    "a body that is no JSON": SECRET.encode(),
    "a body that is no text": b"\xff" + SECRET.encode(),
    "a wrong type": {**chat(), "messages": SECRET},
    "a wrong role": {**chat(), "messages": [{"role": SECRET, "content": SECRET}]},
    "a wrong number": chat(max_tokens=SECRET, temperature=SECRET),
    "a model": {**chat(), "model": SECRET},
    "an error of upstream": build_directive_chat(
        error=400, message=f"messages.0: {SECRET} is wrong"
    ),
    "a failure of upstream": build_directive_chat(error=500, message=f"Failed at {SECRET}"),
    "a refused key": build_directive_chat(error=401, message=f"invalid x-api-key {SECRET}"),
    "an overload": build_directive_chat(error=529, message=f"Overloaded by {SECRET}"),
    "an error in the stream": build_directive_chat(text=f"It is {SECRET}.", mid_error=1),
    "a stream that breaks": build_directive_chat(text=f"It is {SECRET}.", drop=1),
    "a stream that makes no sense": build_directive_chat(text=f"It is {SECRET}.", malformed=1),
    "a stream that ends": build_directive_chat(text=f"It is {SECRET}.", cut_off=1),
}


UNKNOWN = "an unknown field's name"
PLACES = [
    *(place for place in BODIES if place != UNKNOWN),
    UNKNOWN,
]


def format_records(records: list[logging.LogRecord]) -> list[str]:
    """Format records as the bridge's log does, as text and as JSON."""
    kinds: list[Callable[[logging.LogRecord], str]] = [LineFormatter().format]
    kinds.append(JsonFormatter().format)
    for record in records:
        record.exc_text = None  # caplog's own formatter has left its words there
    return [kind(record) for record in records for kind in kinds]


def select_records(records: list[logging.LogRecord]) -> list[logging.LogRecord]:
    """Select what the bridge's debug log has: of libraries, only warnings."""
    return [r for r in records if r.name.startswith("bridge") or r.levelno >= logging.WARNING]


def leaks(found: list[str]) -> list[str]:
    return [line for line in found if SECRET in line or IN_BASE64 in line]


@pytest.fixture(params=["whole", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "streamed")


@pytest.mark.parametrize("place", PLACES)
async def test_content_is_not_in_the_log(
    bridge: Bridge, caplog: pytest.LogCaptureFixture, place: str, streamed: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    body = BODIES[place]
    if streamed and not isinstance(body, bytes):
        body = {**body, "stream": True}
    reply = await post(bridge.url, body)
    assert len(reply.statuses) == 1
    assert [r for r in caplog.records if r.name == "bridge.access"]
    assert leaks(format_records(select_records(caplog.records))) == []


@pytest.mark.parametrize("place", PLACES)
async def test_content_is_in_no_log_record_of_the_bridge(
    bridge: Bridge, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    """Neither in the message nor in its arguments; exceptions are not checked."""
    caplog.set_level(logging.DEBUG)
    await post(bridge.url, BODIES[place])
    own = [record for record in caplog.records if record.name.startswith("bridge")]
    assert own
    assert leaks([f"{record.getMessage()} {record.args!r}" for record in own]) == []


@pytest.mark.parametrize("place", PLACES)
async def test_content_is_in_no_log_record_of_a_library(
    bridge: Bridge, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    """Even if all loggers are at DEBUG, which the bridge itself never sets."""
    caplog.set_level(logging.DEBUG)
    await post(bridge.url, BODIES[place])
    assert leaks([caplog.text]) == []


# Keys


@pytest.mark.parametrize("key", [KEY, ODD_KEY])
@pytest.mark.parametrize("name", ["Authorization: Bearer", "x-api-key:", "api-key:", "Cookie: k="])
async def test_a_clients_key_is_neither_logged_nor_returned(
    bridge: Bridge,
    fake: FakeAnthropic,
    caplog: pytest.LogCaptureFixture,
    name: str,
    key: str,
) -> None:
    """It is neither in the log, nor in an answer, nor sent upstream."""
    caplog.set_level(logging.DEBUG)
    for body in (
        chat(),
        b"{",
        chat(max_tokens="x"),
        build_directive_chat(error=401),
        build_directive_chat(error=500),
    ):
        reply = await post(bridge.url, body, f"{name} {key}")
        assert SECRET.encode() not in reply.data
    assert leaks([caplog.text, *format_records(caplog.records)]) == []
    assert fake.requests
    assert leaks([str(asked.headers) for asked in fake.requests]) == []


@pytest.mark.parametrize("key", [KEY, ODD_KEY])
async def test_a_control_token_is_neither_logged_nor_returned(
    start_bridge: StartBridge, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    caplog.set_level(logging.DEBUG)
    bridge = await start_bridge(backend="offline")
    for target in ("/control/stop", f"/control/stop?token={key}", "/nowhere"):
        data = request(target, JSON, f"Authorization: Bearer {key}", host=netloc(bridge.url))
        reply = await send(bridge.url, data)
        assert reply.statuses[0] in (403, 404)
        assert SECRET.encode() not in reply.data
    assert leaks([caplog.text, *format_records(caplog.records)]) == []


BROKEN = {
    "a NUL in its value": f"Authorization: Bearer {ODD_KEY}\x00",
    "a control character in its value": f"Authorization: Bearer {ODD_KEY}\x01",
    "a control character in its name": f"Authorization\x01: {ODD_KEY}",
    "no colon": ODD_KEY,
    "a space in its name": f"x-api key: {ODD_KEY}",
}


@pytest.mark.parametrize("broken", list(BROKEN))
async def test_a_key_in_a_broken_header_is_not_in_the_log(
    start_bridge: StartBridge, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    """Such requests are rejected before any handler runs."""
    caplog.set_level(logging.DEBUG)
    bridge = await start_bridge(backend="offline")
    assert (await post(bridge.url, chat(), BROKEN[broken])).statuses == [400]
    assert leaks(format_records(select_records(caplog.records))) == []


@pytest.mark.parametrize("broken", list(BROKEN))
async def test_a_key_in_a_broken_header_is_not_in_the_answer(
    start_bridge: StartBridge, broken: str
) -> None:
    bridge = await start_bridge(backend="offline")
    reply = await post(bridge.url, chat(), BROKEN[broken])
    assert reply.statuses == [400]
    assert reply.error["message"] == "The header of the request cannot be read."
    assert SECRET.encode() not in reply.data


@pytest.mark.parametrize("key", [KEY, ODD_KEY])
@pytest.mark.parametrize("variable", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
async def test_the_users_key_is_neither_logged_nor_returned(
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    variable: str,
    key: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(variable, key)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="anthropic")
    for body in (chat(), chat(stream=True), b"{"):
        assert SECRET.encode() not in (await post(bridge.url, body)).data
    for path in ("/", "/health", "/metrics", "/v1/models", "/v1/models/x"):
        data = request(path, method="GET", host=netloc(bridge.url))
        assert SECRET.encode() not in (await send(bridge.url, data)).data
    assert leaks([caplog.text, *format_records(caplog.records)]) == []


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}\r\nX-A: b", f"{KEY}\xe4", f"{KEY}\u20ac"])
async def test_a_key_with_invalid_characters_is_neither_logged_nor_returned(
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    key: str,
) -> None:
    """A key with an invalid character breaks the transport, whose error quotes it."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="anthropic")
    reply = await post(bridge.url, chat())
    assert reply.statuses == [401]
    assert SECRET.encode() not in reply.data
    assert leaks(format_records(select_records(caplog.records))) == []


async def test_a_password_in_upstreams_url_is_neither_logged_nor_returned(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://me:{SECRET}@127.0.0.1:1")
    bridge = await start_bridge(backend="anthropic")
    reply = await post(bridge.url, chat())
    assert reply.statuses == [502]
    assert SECRET.encode() not in reply.data
    assert leaks(format_records(select_records(caplog.records))) == []


# Forged log lines

CONTROLS = ("%0a", "%0d", "%0d%0a", "%1b[31m", "%00", "%7f", "%08")


@pytest.mark.parametrize("sign", ["%c2%85", *CONTROLS])
async def test_a_path_cannot_forge_log_lines(
    start_bridge: StartBridge, caplog: pytest.LogCaptureFixture, sign: str
) -> None:
    caplog.set_level(logging.DEBUG)
    bridge = await start_bridge(backend="offline")
    forged = f"/x{sign}2026-11-23_INFO_bridge.server:_Stopped."
    await send(bridge.url, request(forged, method="GET", host=netloc(bridge.url)))
    (record,) = (r for r in caplog.records if r.name == "bridge.access")
    assert LineFormatter().format(record).isprintable()


async def test_a_model_name_cannot_forge_log_lines(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("gpt-4\nforged", "claude-x\r\nforged", "bridge-echo\x1b[31m"):
        await post(bridge.url, {**chat(), "model": name})
    for record in select_records(caplog.records):
        assert all(line.isprintable() for line in format_records([record]))


# The real program, with the log that a user would attach to a bug report


@dataclass(frozen=True)
class RunningBridge:
    """A bridge in a separate process."""

    url: str
    home: Path
    output: bytearray

    def read_output(self) -> str:
        """All that was ever written: stdout, stderr, every log file."""
        logs = [path.read_text("utf-8") for path in (self.home / "logs").iterdir()]
        return "\n".join([self.output.decode(), *logs])


@asynccontextmanager
async def run_bridge(home: Path, *flags: str, **environment: str) -> AsyncIterator[RunningBridge]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "serve", "--port", "0", "--backend", "anthropic"),
        *("--log-level", "DEBUG", "--retries", "0", *flags),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    output = bytearray()
    url = ""
    try:
        while not url:
            line = await asyncio.wait_for(process.stdout.readline(), 30)
            assert line, output.decode()
            output += line
            if line.startswith(b"Listening on "):
                url = line.split()[-1].decode()
        yield RunningBridge(url, home, output)
        process.send_signal(signal.SIGTERM)
        output += await asyncio.wait_for(process.stdout.read(), 30)
        await asyncio.wait_for(process.wait(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def attack(one: RunningBridge) -> None:
    """Send a request with a secret in each place, and with a client's key."""
    for place, body in BODIES.items():
        if place != UNKNOWN:
            await post(one.url, body, f"Authorization: Bearer {KEY}")


@pytest.mark.end_to_end
@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_the_debug_log_of_the_real_program_has_no_secret(
    fake: FakeAnthropic, home: Path, log_format: str
) -> None:
    known = {"ANTHROPIC_API_KEY": "sk-ant-test", "ANTHROPIC_BASE_URL": fake.url}
    async with run_bridge(home, "--log-format", log_format, **known) as one:
        await attack(one)
    assert "bridge.access" in one.read_output()
    assert leaks(one.read_output().splitlines()) == []
    assert "sk-ant-test" not in one.read_output()


@pytest.mark.end_to_end
async def test_the_sdks_debug_variable_adds_nothing_to_the_log(
    fake: FakeAnthropic, home: Path
) -> None:
    """ANTHROPIC_LOG=debug makes the SDK log whole requests; the bridge's log omits them."""
    known = {"ANTHROPIC_API_KEY": "sk-ant-test", "ANTHROPIC_BASE_URL": fake.url}
    async with run_bridge(home, ANTHROPIC_LOG="debug", **known) as one:
        await attack(one)
    assert leaks(one.read_output().splitlines()) == []


@pytest.mark.end_to_end
async def test_no_secret_is_in_the_ledger(fake: FakeAnthropic, home: Path) -> None:
    known = {"ANTHROPIC_API_KEY": "sk-ant-test", "ANTHROPIC_BASE_URL": fake.url}
    async with run_bridge(home, **known) as one:
        await attack(one)
    files = list((home / "data").glob("ledger*"))
    assert files
    for file in files:
        assert SECRET.encode() not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0

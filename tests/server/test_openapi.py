"""The OpenAPI document is true, complete, and equal to its snapshot.

After an intended change: `python -m tests.server.test_openapi`, and look at the difference.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from bridge.computer.apps.app import App
from bridge.computer.desktop import Window
from bridge.computer.elements.base import Element
from bridge.computer.screen.geometry import Rect
from bridge.keys import NamedKey
from bridge.server.api.routes import ENDPOINTS
from bridge.server.app import make_app
from bridge.server.http.endpoint import Endpoint
from bridge.server.http.openapi import build_document
from bridge.server.request_record import Asked, RequestRecord
from bridge.server.state import Bridge
from bridge.store.ledger import Entry
from bridge.wire.control import NewKey
from bridge.wire.routing.control import NewRules
from tests.backends.claude_code.sign_in_stand_in import CODE, write_sign_in
from tests.computer.fake_desktop import FakeDesktop
from tests.conftest import StartBridge
from tests.embeddings.small_model import write_model
from tests.fake_anthropic.script import Usage, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.server.api.test_log_tail import LOG, write_log

SNAPSHOT = Path(__file__).with_name("openapi.json")
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "unsupported_method",
)  # fmt: skip


@pytest.fixture
async def bridge(
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    pretended: FakeDesktop,
) -> Bridge:
    """A bridge with every feature of the document."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    model = await asyncio.to_thread(write_model, tmp_path / "model")
    cli = write_sign_in(tmp_path / "claude")
    notes = Window("Notes", "notes", Rect(0, 0, 1920, 1080), active=True)
    pretended.shown.append(notes)
    return await start_bridge(
        backend="anthropic",
        embedding_model=str(model),
        claude_cli=str(cli),
        computer_approval_seconds=0.2,
        budgets='[{"dollars": 500, "per": "day", "key": "*"}]',
    )


@functools.cache
def build() -> dict[str, Any]:
    """Build the document once: it takes a second."""
    return build_document(ENDPOINTS)


def test_the_document_equals_its_snapshot() -> None:
    assert build() == json.loads(SNAPSHOT.read_text("utf-8"))


def test_the_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(build()).validate()


async def test_every_route_is_in_the_table(bridge: Bridge) -> None:
    routes = {
        (route.method, route.resource.canonical)
        for route in make_app(bridge).router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert routes == {(row.method, row.path) for row in ENDPOINTS}


def test_operation_ids_are_unique() -> None:
    names = [row.handler.__name__ for row in ENDPOINTS]
    assert len(names) == len(set(names))


def media(row: Endpoint, part: str) -> Any:
    operation = build()["paths"][row.path][row.method.lower()]
    holder = operation["requestBody"] if part == "body" else operation["responses"][part]
    return holder["content"]["application/json"]


def check_schema(schema: Any, instance: Any) -> None:
    whole = {**schema, "components": build()["components"]}
    jsonschema.Draft202012Validator(whole).validate(instance)


WITH_BODY = [row for row in ENDPOINTS if row.body is not None]
WITH_ANSWER = [row for row in ENDPOINTS if row.answer.example is not None]


@pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: row.path)
def test_the_example_of_a_body_matches_its_schema(row: Endpoint) -> None:
    described = media(row, "body")
    check_schema(described["schema"], described["example"])
    assert row.body is not None
    row.body.model_validate(described["example"])


@pytest.mark.parametrize("row", WITH_ANSWER, ids=lambda row: row.path)
def test_the_example_of_an_answer_matches_its_schema(row: Endpoint) -> None:
    described = media(row, str(row.answer.status))
    check_schema(described["schema"], described["example"])


def describe_shape(value: Any) -> Any:
    """Return names and types without values; a list is described by its first item."""
    if isinstance(value, dict):
        return {name: describe_shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return [describe_shape(part) for part in value[:1]]
    return type(value).__name__ if not isinstance(value, int | float) else "number"


async def call_endpoint(bridge: Bridge, row: Endpoint) -> Any:
    id = "2" if row.path.startswith("/inspect") else "claude-opus-5-5"
    path = row.path.replace("{id}", id)
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    body = (row.example or {}) if row.method == "POST" else None
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(row.method, bridge.url + path, json=body) as answer,
    ):
        assert answer.status == row.answer.status, await answer.text()
        return await answer.json()


def use_plan(bridge: Bridge) -> None:
    """Let a client have used a plan, without Claude Code."""
    now = time.time()
    fields = {"utilization": 0.62, "resetsAt": now + 60}
    bridge.plan.for_account().note({"unifiedWindows": {"five_hour": fields}})
    bridge.ledger.put(
        Entry(
            at=now,
            model="claude-opus-5-5",
            client="openai-python",
            backend="claude-code",
            input_tokens=5,
            cache_write_tokens=5,
            cache_read_tokens=5,
            output_tokens=5,
            cost=100,
            outcome="stop",
            milliseconds=5,
            first_chunk_milliseconds=3,
        )
    )


async def add_accounts(row: Endpoint, bridge: Bridge) -> None:
    """Save keys, sign in and write a log, where an endpoint lists them."""
    if row.path in ("/control/keys", "/control/keys/remove") and row.body is not NewKey:
        for name in ("work", "home"):
            await bridge.keys.save_key("anthropic", NamedKey(name, "sk-ant-test"))
    if row.path == "/control/sign-ins":
        await bridge.sign_in.begin()
        await bridge.sign_in.submit_code(CODE)
    if row.path == "/control/log":
        await asyncio.to_thread(write_log, LOG)


async def add_programs(row: Endpoint, bridge: Bridge) -> None:
    """Let Codex be installed, and have asked."""
    if row.path.startswith("/control/connections"):
        await asyncio.to_thread((Path(os.environ["HOME"]) / ".codex").mkdir)
        record = RequestRecord(asked=Asked("default", stream=True, tools=9), model="claude-x")
        bridge.sightings.note("codex", record, 1.0)


@pytest.mark.parametrize("row", WITH_ANSWER, ids=lambda row: row.path)
async def test_the_example_of_an_answer_matches_the_real_one(
    row: Endpoint, bridge: Bridge, fake: FakeAnthropic, pretended: FakeDesktop
) -> None:
    pretended.elements.placed = [
        Element("button", "Save", states=frozenset(("default",)), box=Rect(9, 9, 80, 20))
    ]
    fake.script(says("Paris.", usage=Usage(24, 5)))
    fake.keys = ("sk-ant-test", "sk-ant-made-up")
    chat = next(one for one in ENDPOINTS if one.path == "/v1/chat/completions")
    if row.path in ("/computer/actions", "/computer/elements"):
        bridge.computer.allow_for(minutes=1)
    if row.path == "/usage":
        await call_endpoint(bridge, chat)
    if row.path in ("/usage", "/control/extra-usage"):
        use_plan(bridge)
    await add_accounts(row, bridge)
    if row.path.startswith("/inspect/"):
        bridge.recorder.turn_on(30)
        # The second one can be compared with the first.
        for _ in range(2):
            await call_endpoint(bridge, chat)
    if row.path == "/control/model-aliases":
        await asyncio.to_thread(bridge.aliases.save, "fast", "haiku")
    if row.path.startswith("/control/rules"):
        example = next(one.example for one in ENDPOINTS if one.body is NewRules)
        await asyncio.to_thread(bridge.routing.save, NewRules.model_validate(example).rules)
    await add_programs(row, bridge)
    if row.path == "/computer/apps":
        apps = (App("/usr/lib/firefox/firefox"),)
        await asyncio.to_thread(bridge.computer.apps.remember, apps, "click", "you")
    answer = await call_endpoint(bridge, row)
    assert describe_shape(answer) == describe_shape(row.answer.example)
    if row is chat:
        varies = {"id": answer["id"], "created": answer["created"]}
        assert answer == {**row.answer.example, **varies}


def test_every_failure_is_described() -> None:
    for row in ENDPOINTS:
        operation = build()["paths"][row.path][row.method.lower()]
        for status, response in operation["responses"].items():
            assert response["description"], (row.path, status)


async def test_schemathesis_finds_nothing(
    bridge: Bridge, fake: FakeAnthropic, tmp_path: Path
) -> None:
    """Hundreds of valid and invalid requests, generated from the document."""
    fake.default = {"text": "{}"}  # some of the requests ask for JSON
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{bridge.url}/openapi.json"),
        *("--checks", ",".join(CHECKS), "--max-examples", "60", "--seed", "7"),
        *("--header", f"Authorization: Bearer {bridge.control_token}"),
        *("--exclude-path", "/control/stop", "--exclude-path", "/control/restart"),
        *("--phases", "examples,coverage,fuzzing"),
        # A generated key, or rule, would be in use from then on.
        *("--exclude-path", "/control/keys", "--exclude-path", "/control/login"),
        *("--exclude-path", "/control/rules", "--exclude-path", "/control/keys/remove"),
        *("--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": "", "SCHEMATHESIS_HOOKS": str(HOOKS), "HOME": str(tmp_path), "NO_COLOR": "1"},
        cwd=tmp_path,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 300)
    assert process.returncode == 0, output.decode()[-6000:]
    assert any(asked.method == "POST" and asked.status == 200 for asked in fake.requests)


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(build(), indent=1) + "\n", "utf-8")

"""Every notice that the code can give is true, and a request shows it in the header."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

import aiohttp
import anthropic.types
import pytest

from bridge.backends.claude_code.backend import ClaudeCodeBackend
from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect
from bridge.models.names import resolve_rules
from bridge.models.rules import ModelRules
from bridge.server.state import Bridge
from bridge.translate.chat.request import translate_chat
from bridge.translate.passthrough import pass_through
from bridge.wire.anthropic import MessagesBody
from bridge.wire.chat import ChatRequest
from tests.computer.fake_desktop import FakeDesktop
from tests.conftest import StartBridge
from tests.embeddings.small_model import write_model
from tests.fake_anthropic.rules import TABLE
from tests.fake_anthropic.script import Failure, Reply, Thinking, ToolUse, Usage, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.notices.facts import ADD, NO_FIELD, PARAMETERS, Body, Known, user
from tests.notices.of_chats import OF_MESSAGES, OF_PARAMETERS, OF_THINKING, OF_TOOLS
from tests.notices.of_endpoints import OF_MODELS, OF_RESPONSES, THROUGH_CLAUDE_CODE
from tests.notices.of_other_models import OF_OTHER_MODELS
from tests.notices.walk import as_pattern, list_notices

OF_CHATS = {**OF_PARAMETERS, **OF_THINKING, **OF_TOOLS, **OF_MESSAGES}
KNOWN = {**OF_CHATS, **OF_RESPONSES, **OF_MODELS, **OF_OTHER_MODELS, **THROUGH_CLAUDE_CODE}

BY_TESTS_BELOW = {
    "backend: Anthropic rejected the API key; Claude Code answers",
    "backend: {}; {} (key {}) answers",
    "backend: {}; {} (sign-in {}) answers",
    "model: {}; {} answers",
    "computer_use: not at this endpoint; the rule “{}” asks for it",
    "computer_use: the rule “{}” turns it on",
    "effort: the rule “{}” asks for {}",
    "model: {} answers, as the budget of {} is used up",
    "model: {} is used instead of {} (rule “{}”)",
    "model: {} is used instead of {} (use_for_everything)",
    "model: {} is used instead of {}, as {} is retired",
    "store: a response before this one is in memory only; after a restart, this one can be read, "
    "but not continued",
    "store: in memory only so far, as writing to the disk takes long",
    "store: in memory only, as it could not be written to disk ({})",
    "store: response_days is 0, so the response is in memory only",
    "temperature: {} is sent as it is",
    "thinking: {} may leave out earlier thinking",
}
"""They say what the bridge has just done; each needs settings or requests of its own.

The one about the temperature is in `tests/server/api/inspect/test_again.py`.
"""


def test_every_notice_has_a_fact() -> None:
    found = list_notices()
    unknown = {
        text: module for text, module in found.items() if text not in {*KNOWN, *BY_TESTS_BELOW}
    }
    assert not unknown, "notices without a fact in tests/notices"
    gone = {*KNOWN, *BY_TESTS_BELOW} - found.keys()
    assert not gone, "facts without a notice"


def test_claudes_api_has_no_field_for_what_it_does_not_support() -> None:
    fields = anthropic.types.message_create_params.MessageCreateParamsBase.__annotations__
    absent = {name for name, (_, _, fact) in PARAMETERS.items() if fact == NO_FIELD}
    assert len(absent) > 9
    assert absent.isdisjoint(fields)


# --- true of the models


def translate(known: Known, rules: ModelRules) -> tuple[str, ...]:
    chat = ChatRequest.model_validate({"model": rules.id, **build_body(known)})
    return translate_chat(chat, rules, rules.id).notices


def narrow(rules: ModelRules) -> ModelRules:
    return ClaudeCodeBackend.narrow_rules(cast(Any, None), rules)


ABOUT_MODELS = [text for text, known in OF_CHATS.items() if known.holds is not None]


@pytest.mark.parametrize("template", ABOUT_MODELS)
def test_a_notice_is_given_to_the_models_of_which_it_is_true(template: str) -> None:
    known, pattern = OF_CHATS[template], as_pattern(template)
    assert known.holds is not None
    for row in TABLE:
        rules = resolve_rules(row.id)
        given = any(map(pattern.fullmatch, translate(known, rules)))
        assert given == known.holds(row), row.id


@pytest.mark.parametrize("template", ABOUT_MODELS)
def test_what_claude_code_cannot_send_is_not_said_of_the_model(template: str) -> None:
    known, pattern = OF_CHATS[template], as_pattern(template)
    assert known.holds is not None
    for row in TABLE:
        given = any(map(pattern.fullmatch, translate(known, narrow(resolve_rules(row.id)))))
        assert not given or known.holds(row) or " here" in template or "{}x{}" in template, row.id


# --- in the header


def build_body(known: Known) -> Body:
    greeting: Body = {} if "input" in known.body else {"messages": [user()]}
    return {"model": known.model, **greeting, **known.body}


async def post(bridge: Bridge, path: str, body: Body, **headers: str) -> tuple[Body, str]:
    """Return the answer and its notices."""
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{bridge.url}/v1/{path}", json=body) as response,
    ):
        answer = await response.json()
        assert response.status == 200, (body, answer)
        return answer, response.headers.get("x-bridge-notice", "")


async def find_missing(
    bridge: Bridge, fake: FakeAnthropic, notices: Mapping[str, Known]
) -> dict[str, str]:
    """Return the notices that their requests do not provoke, with those that they do."""
    missing = {}
    for template, known in notices.items():
        fake.script(*known.upstream)
        _, notice = await post(bridge, known.path, build_body(known), **known.headers)
        if not as_pattern(template).search(notice):
            missing[template] = notice
    return missing


@pytest.mark.parametrize(
    "notices",
    [OF_PARAMETERS, OF_THINKING, OF_TOOLS, OF_MESSAGES, OF_RESPONSES, OF_MODELS],
    ids=["parameters", "thinking", "tools", "messages", "responses", "models"],
)
async def test_a_request_shows_each_notice(
    bridge: Bridge, fake: FakeAnthropic, notices: Mapping[str, Known]
) -> None:
    assert await find_missing(bridge, fake, notices) == {}


@pytest.mark.parametrize("template", OF_OTHER_MODELS)
def test_a_model_that_the_client_did_not_name_is_noticed(template: str) -> None:
    known = OF_OTHER_MODELS[template]
    body = MessagesBody.model_validate({"messages": [user()], **known.body, "model": "default"})
    translated = pass_through(body, {}, resolve_rules(known.model), known.model)
    assert any(map(as_pattern(template).fullmatch, translated.notices))


async def test_a_request_through_claude_code_shows_each_notice(
    claude_code: Bridge, fake: FakeAnthropic
) -> None:
    assert await find_missing(claude_code, fake, THROUGH_CLAUDE_CODE) == {}


async def test_thinking_that_claude_code_cannot_return_is_noticed(
    claude_code: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(Reply((Thinking("So."), ToolUse("add", {}))), says("3"))
    body: Body = {"model": "claude-opus-5-5", "messages": [user()], "tools": [ADD]}
    answer, _ = await post(claude_code, "chat/completions", body)
    said = answer["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "3"}
    body["messages"] = [user(), said, result]
    _, notice = await post(claude_code, "chat/completions", body)
    assert "thinking: claude-code may leave out earlier thinking" in notice


async def test_another_backend_or_model_is_named_with_the_reason(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-revoked")
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    chat = {"model": "claude-opus-5", "messages": [user()]}
    by_key = await start_bridge(backend="anthropic")
    _, notice = await post(by_key, "chat/completions", chat)
    assert notice == "backend: Anthropic rejected the API key; Claude Code answers"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    for setting, expected in (
        (
            {"fallback_backend": "claude-code"},
            "backend: anthropic failed (overloaded); claude-code",
        ),
        ({"fallback_model": "claude-opus-4-8"}, "model: claude-opus-5 failed (overloaded); claude"),
    ):
        bridge = await start_bridge(backend="anthropic", **setting)
        fake.script(Failure(529))
        _, notice = await post(bridge, "chat/completions", chat)
        assert notice.startswith(expected)
        assert notice.endswith(" answers")


async def test_a_budget_that_is_used_up_is_named(
    fake: FakeAnthropic, start_anthropic: StartBridge
) -> None:
    budgets = '[{"dollars": 0.01, "per": "day", "at_limit": "claude-haiku-5-5"}]'
    bridge = await start_anthropic(budgets=budgets)
    fake.default = Reply(usage=Usage(output_tokens=1_000))
    chat = {"model": "claude-opus-5", "messages": [user()]}
    assert await post(bridge, "chat/completions", chat)
    answer, notice = await post(bridge, "chat/completions", chat)
    assert answer["model"] == "claude-haiku-5-5"
    assert notice == "model: claude-haiku-5-5 answers, as the budget of $0.01 a day is used up"


async def test_a_model_that_answers_in_place_of_another_is_named(bridge: Bridge) -> None:
    chat = {"model": "claude-4.5-opus:free", "messages": [user()]}
    bridge.read_today = lambda: date(2027, 2, 1)
    _, notice = await post(bridge, "chat/completions", chat)
    assert notice == (
        "model: claude-opus-5-5 is used instead of claude-4.5-opus:free, as claude-opus-4-5 is "
        "retired"
    )
    bridge.switches.use_for_everything = True
    _, notice = await post(bridge, "chat/completions", {**chat, "model": "claude-haiku-5-5"})
    assert "is used instead of claude-haiku-5-5 (use_for_everything)" in notice


async def test_what_a_rule_changes_is_named(
    start_anthropic: StartBridge, fake: FakeAnthropic, pretended: FakeDesktop
) -> None:
    rule = {"name": "All", "use_model": "opus", "effort": "low", "computer": True}
    bridge = await start_anthropic(rules=[rule])
    bridge.computer.allow_for(minutes=1)
    pretended.shown.append(Window("Notes", "notes", Rect(0, 0, 1920, 1080), active=True))
    body: Body = {"model": "gpt-4o", "messages": [user()]}
    sent = {"Authorization": f"Bearer {bridge.control_token}"}
    _, notice = await post(bridge, "chat/completions", body, **sent)
    changed = (
        "model: claude-opus-5-5 is used instead of gpt-4o (rule \\u201cAll\\u201d); "
        "effort: the rule \\u201cAll\\u201d asks for low; computer_use: "
    )
    assert notice == f"{changed}the rule \\u201cAll\\u201d turns it on"
    assert fake.bodies()[-1]["model"] == "claude-opus-5-5"
    assert fake.bodies()[-1]["output_config"] == {"effort": "low"}
    assert any("computer" in tool["type"] for tool in fake.bodies()[-1]["tools"])
    _, notice = await post(bridge, "messages", {**body, "max_tokens": 2000}, **sent)
    assert notice == f"{changed}not at this endpoint; the rule \\u201cAll\\u201d asks for it"
    assert "tools" not in fake.bodies()[-1]


async def test_a_response_that_is_not_on_disk_says_why(
    bridge: Bridge, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    body: Body = {"model": "claude-opus-5", "input": "Hi"}
    first, _ = await post(bridge, "responses", body)
    _, notice = await post(
        bridge, "responses", {**body, "store": True, "previous_response_id": first["id"]}
    )
    assert "this one can be read, but not continued" in notice

    async def wait(*_: Any) -> None:
        await asyncio.sleep(5)

    async def fail(*_: Any) -> None:
        raise OSError("no space left")

    for put, seconds, expected in (
        (wait, 0, "store: in memory only so far, as writing to the disk takes long"),
        (fail, 5, "store: in memory only, as it could not be written to disk (no space left)"),
    ):
        monkeypatch.setattr("bridge.store.responses.WRITE_SECONDS", seconds)
        monkeypatch.setattr(bridge.responses._disk, "put", put)
        _, notice = await post(bridge, "responses", {**body, "store": True})
        assert notice == expected
    without = await start_bridge(backend="anthropic", response_days=0)
    _, notice = await post(without, "responses", {**body, "store": True})
    assert notice == "store: response_days is 0, so the response is in memory only"


async def test_embeddings_name_the_model_that_made_them(
    start_bridge: StartBridge, tmp_path: Path
) -> None:
    model = await asyncio.to_thread(write_model, tmp_path / "model")
    bridge = await start_bridge(embedding_model=str(model))
    body = {"model": "text-embedding-3-small", "input": "king", "odd": 1}
    _, notice = await post(bridge, "embeddings", body)
    assert as_pattern("model: {} is used instead of {}; odd ignored: unknown parameter").fullmatch(
        notice
    )

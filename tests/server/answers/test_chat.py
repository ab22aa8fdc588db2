"""The choices of one chat share what is the same for all of them."""

from __future__ import annotations

import time
from typing import Any

import aiohttp
import pytest

from bridge.models.rules import ModelRules
from bridge.server.answers import chat as answers
from bridge.server.state import Bridge
from bridge.translate.chat.request import Translation, translate_chat
from bridge.wire.chat import ChatRequest
from tests.fake_anthropic.script import says
from tests.fake_anthropic.server import FakeAnthropic

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
BODY: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "messages": [{"role": "user", "content": "Hi"}],
    "n": 4,
}
# Translated in threads, since the schema's validator may have to be loaded.
HEAVY = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}}


@pytest.mark.parametrize("more", [{}, HEAVY], ids=["light", "heavy"])
async def test_a_chat_is_translated_once_for_all_its_choices(
    bridge: Bridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    translated: list[str] = []

    def translate_slowly(chat: ChatRequest, rules: ModelRules, model: str) -> Translation:
        translated.append(model)
        if more:
            time.sleep(0.1)
        return translate_chat(chat, rules, model)

    monkeypatch.setattr(answers, "translate_chat", translate_slowly)
    for _ in range(4):
        fake.script(says('{"a": "b"}'))
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/chat/completions", json={**BODY, **more}) as response,
    ):
        completion = await response.json()
    assert [choice["message"]["content"] for choice in completion["choices"]] == ['{"a": "b"}'] * 4
    assert translated == ["claude-opus-5-5"]

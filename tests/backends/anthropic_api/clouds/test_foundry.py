"""Microsoft Foundry: its key, and that no key of Anthropic's reaches it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.errors import KeyRejected
from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_clouds.calls import HI, open_backend, read_text
from tests.fake_clouds.foundry import KEY
from tests.fake_clouds.signed_in import SignedIn, sign_in


@pytest.fixture
async def foundry(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[SignedIn]:
    async with sign_in("foundry", fake, monkeypatch, tmp_path) as cloud:
        yield cloud


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
async def test_only_the_azure_key_is_sent(
    foundry: SignedIn, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "sk-ant-secret")
    async with open_backend(foundry.clouds, KEY) as backend:
        assert await read_text(backend)
        assert (await backend.count_tokens(HI)).tokens > 0
    for request in foundry.cloud.requests:
        assert request.headers["x-api-key"] == request.headers["api-key"] == KEY
        assert "sk-ant-secret" not in str(request.headers)
        assert request.body["model"] == "claude-opus-5-5"


async def test_the_key_may_be_in_the_environment(
    foundry: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", KEY)
    async with open_backend(foundry.clouds) as backend:
        assert await read_text(backend)


async def test_a_deployment_may_have_another_name(foundry: SignedIn) -> None:
    models = {"claude-opus-5-5": "claude-haiku-5-5"}
    async with open_backend(foundry.clouds, KEY, models=models) as backend:
        await read_text(backend)
    assert foundry.cloud.requests[0].body["model"] == "claude-haiku-5-5"


async def test_a_missing_key_is_named(foundry: SignedIn) -> None:
    async with open_backend(foundry.clouds) as backend:
        readiness = await backend.readiness()
    assert readiness.reason == (
        "Microsoft Foundry (“work”) has no usable credentials: no key is saved for it"
    )
    assert readiness.hint == "Save the key with `claude-bridge key set cloud --name work`."


async def test_a_wrong_key_is_rejected_in_the_words_of_azure(foundry: SignedIn) -> None:
    async with open_backend(foundry.clouds, "wrong") as backend:
        with pytest.raises(KeyRejected, match="invalid subscription key"):
            await read_text(backend)
        readiness = await backend.readiness()
    assert readiness.is_rejected
    assert "claude-bridge key set cloud --name work" in (readiness.hint or "")


async def test_a_resource_has_its_own_address(foundry: SignedIn) -> None:
    async with open_backend(foundry.clouds, KEY, base_url=None, resource="made-up") as backend:
        client = await backend._get_client()
    assert str(client.base_url) == "https://made-up.services.ai.azure.com/anthropic/"

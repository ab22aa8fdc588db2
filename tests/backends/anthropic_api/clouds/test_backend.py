"""The clouds as routes of the bridge: the real client, the real packages of AWS and Google."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from bridge.backends.anthropic_api.clouds.backend import CloudBackend
from bridge.backends.anthropic_api.clouds.bedrock import Bedrock
from bridge.clouds.table import CloudKindName, CloudTable
from bridge.errors import ModelNotFound, NotSupported
from bridge.keys import KeyChain, NamedKey
from bridge.paths import find_paths
from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.script import rate_limited, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_clouds import aws
from tests.fake_clouds.calls import open_backend, read_text
from tests.fake_clouds.signed_in import SignedIn, sign_in

MODEL = "claude-opus-5-5"
HI: Any = [{"role": "user", "content": "Hi"}]


@pytest.fixture(params=["bedrock", "bedrock-mantle", "foundry", "vertex"])
async def signed_in(
    request: pytest.FixtureRequest,
    fake: FakeAnthropic,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> AsyncIterator[SignedIn]:
    """Each cloud; the user is signed in to it."""
    kind: CloudKindName = request.param
    async with sign_in(kind, fake, monkeypatch, tmp_path) as cloud:
        yield cloud


async def test_an_answer_streams(
    signed_in: SignedIn, start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="anthropic", clouds=signed_in.clouds)
    fake.script(says("one two three"))
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0) as client:
        stream = await client.chat.completions.create(model=MODEL, messages=HI, stream=True)
        pieces = [c.choices[0].delta.content async for c in stream if c.choices[0].delta.content]
    assert pieces == ["one", " two", " three"]


async def get_health(bridge: Bridge) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession(bridge.url) as session,
        session.get("/health") as answer,
    ):
        health: dict[str, Any] = await answer.json()
    return health


async def test_the_cloud_is_the_only_route_without_a_key(
    signed_in: SignedIn, start_bridge: StartBridge
) -> None:
    bridge = await start_bridge(backend="anthropic", clouds=signed_in.clouds)
    health = await get_health(bridge)
    assert [route["label"] for route in health["routes"]] == ["cloud work"]
    assert "(“work”), not checked yet" in health["backend"]["reason"]


async def test_all_keys_come_before_the_clouds(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    key, chain = NamedKey("home", "sk-ant-home"), KeyChain(find_paths().data)
    await asyncio.to_thread(chain.update, lambda keys: keys.with_key("anthropic", key))
    table = {"kind": "foundry", "resource": "made-up"}
    bridge = await start_bridge(backend="anthropic", clouds={"b": table, "a": table})
    labels = [route["label"] for route in (await get_health(bridge))["routes"]]
    assert labels == ["the environment's key", "key home", "cloud b", "cloud a"]


NOT_FOUNDRY = pytest.mark.parametrize(
    "signed_in", ["bedrock", "bedrock-mantle", "vertex"], indirect=True
)
"""Foundry's deployments are named like the models, and it needs no package."""


@NOT_FOUNDRY
async def test_a_model_without_a_name_in_the_cloud_is_refused_by_name(
    signed_in: SignedIn,
) -> None:
    models = {"claude-haiku-5-5": "some-name"}
    async with open_backend(signed_in.clouds, models=models) as backend:
        with pytest.raises(ModelNotFound, match=r"no name for claude-opus-5-5.*clouds\.work\."):
            await read_text(backend)
        assert [model.display_name for model in await backend.models()] == ["Claude Haiku 5.5"]
    assert signed_in.cloud.requests == []


async def test_models_are_not_listed_without_a_table(signed_in: SignedIn) -> None:
    async with open_backend(signed_in.clouds, models={}) as backend:
        with pytest.raises(NotSupported, match=r"does not list its models.*clouds\.work\.models"):
            await backend.models()


@NOT_FOUNDRY
async def test_a_missing_package_is_named_with_the_extra_that_installs_it(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = signed_in.clouds["work"]["kind"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    async with open_backend(signed_in.clouds) as backend:
        readiness = await backend.readiness()
    extra = {"bedrock-mantle": "bedrock"}.get(kind, kind)
    assert f"pip install 'anthropic[{extra}]'" in readiness.reason
    assert readiness.hint is None


async def test_missing_credentials_are_looked_for_again_after_a_while(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = 0.0
    async with sign_in("bedrock", fake, monkeypatch, tmp_path) as signed_in:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
        cloud = Bedrock("work", CloudTable.model_validate(signed_in.clouds["work"]), None)
        backend = CloudBackend(cloud, 5.0, lambda part, type: None, lambda: now)
        assert not (await backend.readiness()).ready
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.ACCESS_KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws.SECRET_KEY)
        assert not (await backend.readiness()).ready
        now = 31.0
        assert (await backend.readiness()).ready
        await backend.close()


async def test_a_cloud_takes_over_from_a_limited_key(
    signed_in: SignedIn,
    start_bridge: StartBridge,
    fake: FakeAnthropic,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    bridge = await start_bridge(backend="anthropic", clouds=signed_in.clouds)
    fake.script(says("By the key."), rate_limited(), says("By the cloud."))
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0) as client:
        texts = [
            (await client.chat.completions.create(model=MODEL, messages=HI))
            .choices[0]
            .message.content
            for _ in range(2)
        ]
    assert texts == ["By the key.", "By the cloud."]
    assert len(signed_in.cloud.requests) == 1


async def test_a_step_of_the_chain_names_the_cloud(
    signed_in: SignedIn,
    start_bridge: StartBridge,
    fake: FakeAnthropic,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="anthropic", clouds=signed_in.clouds)
    backends = bridge.selection._backends
    route = await backends["anthropic"].find_route("work")
    assert route is not None
    assert (await route.readiness()).ready
    assert await backends["anthropic"].find_route("other") is None

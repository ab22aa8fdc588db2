"""`/v1/embeddings` with the real client and a small model that the tests make."""

from __future__ import annotations

import asyncio
import base64
import struct
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from bridge.errors import SettingsError
from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.embeddings.small_model import write_model
from tests.fake_anthropic.server import FakeAnthropic


@pytest.fixture
async def bridge(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Bridge:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    model = await asyncio.to_thread(write_model, tmp_path / "model")
    return await start_bridge(backend="anthropic", embedding_model=str(model))


@pytest.fixture
async def client(bridge: Bridge) -> AsyncIterator[AsyncOpenAI]:
    base = f"{bridge.url}/v1"
    async with AsyncOpenAI(base_url=base, api_key="any", max_retries=0) as openai_client:
        yield openai_client


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("model", "length"),
    [
        ("text-embedding-3-small", 1536),
        ("text-embedding-3-large", 3072),
        ("text-embedding-ada-002", 1536),
    ],
)
async def test_openais_names_have_their_usual_lengths(
    client: AsyncOpenAI, model: str, length: int
) -> None:
    answer = await client.embeddings.create(model=model, input=["king", "queen", "king"])
    vectors = [item.embedding for item in answer.data]
    assert [len(vector) for vector in vectors] == [length] * 3
    assert cosine(vectors[0], vectors[0]) == pytest.approx(1, abs=1e-5)
    assert vectors[0] == vectors[2]
    assert [item.index for item in answer.data] == [0, 1, 2]
    assert answer.usage.prompt_tokens == 3
    assert answer.model == "model", "the one that made the vectors"


async def test_cosines_are_the_same_under_every_name(client: AsyncOpenAI, bridge: Bridge) -> None:
    assert bridge.embedder is not None
    own = bridge.embedder.list_models()[0]
    found = []
    for model in (own, "text-embedding-3-small", "text-embedding-3-large"):
        answer = await client.embeddings.create(model=model, input=["king bread", "queen"])
        found.append(cosine(*(item.embedding for item in answer.data)))
    assert found == pytest.approx([found[0]] * 3, abs=1e-6)


async def test_both_encodings_have_the_same_values(client: AsyncOpenAI) -> None:
    options: Any = {"model": "text-embedding-3-small", "input": "king", "dimensions": 4}
    plain = await client.embeddings.create(**options, encoding_format="float")
    packed: Any = await client.embeddings.create(**options, encoding_format="base64")
    numbers = struct.unpack("<4f", base64.b64decode(packed.data[0].embedding))
    assert list(numbers) == pytest.approx(plain.data[0].embedding, abs=1e-7)


async def test_the_model_that_answered_is_reported(client: AsyncOpenAI) -> None:
    raw = await client.embeddings.with_raw_response.create(
        model="text-embedding-3-small", input="king", user="u", extra_body={"odd": 1}
    )
    assert (
        "model: model is used instead of text-embedding-3-small" in raw.headers["x-bridge-notice"]
    )
    assert raw.parse().model == "model"
    assert "odd ignored: unknown parameter" in raw.headers["x-bridge-notice"]


@pytest.mark.parametrize(
    ("more", "status", "param"),
    [
        ({"input": []}, 400, "input"),
        ({"input": ["king", ""]}, 400, "input[1]"),
        ({"input": "king", "dimensions": 0}, 400, "dimensions"),
        ({"input": "king", "model": "text-embedding-ada-002", "dimensions": 4}, 400, "dimensions"),
        ({"input": "king", "model": "voyage-9"}, 404, "model"),
    ],
)
async def test_a_wrong_parameter_is_named(
    client: AsyncOpenAI, more: dict[str, Any], status: int, param: str
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        await client.embeddings.create(**{"model": "text-embedding-3-small", **more})
    assert (caught.value.status_code, caught.value.param) == (status, param)


async def test_langchain_embeds_with_its_token_arrays(bridge: Bridge) -> None:
    langchain = pytest.importorskip("langchain_openai")
    embeddings = langchain.OpenAIEmbeddings(
        model="text-embedding-3-small", base_url=f"{bridge.url}/v1", api_key="any",
        check_embedding_ctx_length=False,
    )  # fmt: skip
    vectors = await embeddings.aembed_documents(["king", "queen"])
    await embeddings.async_client._client.close()
    assert [len(vector) for vector in vectors] == [1536, 1536]


POST = """
import json, sys, urllib.request
body = json.dumps({"model": "text-embedding-3-small", "encoding_format": "base64",
                   "input": ["king queen bread unknown baker " * 4] * 1000}).encode()
sys.stdin.readline()
headers = {"Content-Type": "application/json"}
url = sys.argv[1] + "/v1/embeddings"
with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
    sys.exit(0 if len(json.load(answer)["data"]) == 1000 else 1)
"""


async def longest_gap(bridge: Bridge, client: AsyncOpenAI, *, beside: bool) -> float:
    """Seconds between two chunks of a stream, while another program embeds a thousand texts."""
    other = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", POST, bridge.url), stdin=asyncio.subprocess.PIPE
    )
    assert other.stdin is not None
    gaps: list[float] = []
    stream = await client.chat.completions.create(
        model="default", messages=[{"role": "user", "content": "Go"}], stream=True
    )
    last = time.perf_counter()
    async for _ in stream:
        now = time.perf_counter()
        gaps.append(now - last)
        last = now
        if len(gaps) == 20 and beside:
            other.stdin.write(b"\n")
    other.stdin.close()
    assert await other.wait() == 0
    return max(gaps[20:])


async def test_a_stream_continues_while_a_thousand_texts_are_embedded(
    bridge: Bridge, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.default = {"text": "word " * 200, "delay": 0.004}
    await longest_gap(bridge, client, beside=True)  # so that all is loaded
    delays = [await longest_gap(bridge, client, beside=True) for _ in range(3)]
    print(f"longest gaps beside it: {[round(gap * 1000) for gap in delays]} ms")
    assert min(delays) < 0.25, "a guard against a blocked loop; two cores are shared by three"


async def test_disabled_embeddings_are_rejected_by_name(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline", embeddings="none")
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        with pytest.raises(openai.APIStatusError, match="setting embeddings") as caught:
            await client.embeddings.create(model="text-embedding-3-small", input="x")
        assert caught.value.status_code == 501
        assert not [one for one in (await client.models.list()).data if "embedding" in one.id]


async def test_a_service_needs_an_address(start_bridge: StartBridge) -> None:
    with pytest.raises(SettingsError, match="embedding_url"):
        await start_bridge(embeddings="upstream")


@pytest.mark.parametrize("model", ["nomic-embed-text", None])
async def test_a_service_without_a_model_name_is_warned_about(
    start_bridge: StartBridge, caplog: pytest.LogCaptureFixture, model: str | None
) -> None:
    """Servers with a single model ignore the name, so the bridge starts."""
    named = {} if model is None else {"embedding_model": model}
    await start_bridge(embeddings="upstream", embedding_url="http://127.0.0.1:1/v1", **named)
    assert ("Setting embedding_model is not set" in caplog.text) is (model is None)


async def test_models_for_embeddings_are_listed(client: AsyncOpenAI) -> None:
    listed = {model.id: model for model in (await client.models.list()).data}
    extra = listed["text-embedding-3-large"].model_extra or {}
    assert extra["capabilities"] == {"embeddings": True}


async def test_a_fresh_installation_answers_without_a_download(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    bridge = await start_bridge(backend="offline")
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        listed = [model.id for model in (await client.models.list()).data]
        assert "wordllama-l2-supercat-256" in listed
        raw = await client.embeddings.with_raw_response.create(
            model="text-embedding-3-small", input=["one", "two"], dimensions=256
        )
        own = await client.embeddings.create(model="wordllama-l2-supercat-256", input=["one"])
    answer = raw.parse()
    assert answer.model == own.model == "wordllama-l2-supercat-256"
    assert f"model: {own.model} is used instead" in raw.headers["x-bridge-notice"]
    assert answer.data[0].embedding == own.data[0].embedding

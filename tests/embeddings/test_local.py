"""The local model is downloaded once and whole, loaded once, and never blocks a stream."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants

from bridge.embeddings.local import MAX_CHARACTERS, LocalEmbedder, _split_batches
from bridge.embeddings.sources import FolderSource, HubSource
from bridge.errors import (
    ContextTooLong,
    EmbeddingModelBroken,
    EmbeddingModelMissing,
    InvalidRequest,
    ModelNotFound,
    ShuttingDown,
)
from tests.embeddings.fake_hub import COMMIT, MODEL, FakeHub
from tests.embeddings.small_model import LENGTH, row, write_model


@pytest.fixture
async def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeHub]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    async with FakeHub(write_model(tmp_path / "hub")) as fake:
        monkeypatch.setenv("HF_ENDPOINT", fake.url)
        yield fake


@pytest.fixture
def source(tmp_path: Path) -> HubSource:
    """A model on the hub, and an empty cache."""
    return HubSource(MODEL, tmp_path / "cache")


@pytest.fixture
async def embedder(source: HubSource) -> AsyncIterator[LocalEmbedder]:
    local = LocalEmbedder(source)
    yield local
    await local.close()


@pytest.fixture
async def by_hand(tmp_path: Path) -> AsyncIterator[LocalEmbedder]:
    """An embedder for a folder with files that the user put there."""
    folder = await asyncio.to_thread(write_model, tmp_path / "mine")
    local = LocalEmbedder(FolderSource(folder))
    yield local
    await local.close()


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Vectors


async def test_the_models_own_name_gives_its_own_length(by_hand: LocalEmbedder) -> None:
    result = await by_hand.embed(["king", "queen bread"], model="mine", dimensions=None)
    assert result.vectors.shape == (2, LENGTH)
    assert np.allclose(result.vectors[0], row("king") / np.linalg.norm(row("king")), atol=1e-6)
    assert (result.prompt_tokens, result.answered_by) == (3, "mine")


@pytest.mark.parametrize(
    ("model", "dimensions", "length"),
    [
        ("text-embedding-3-small", None, 1_536),
        ("text-embedding-3-large", None, 3_072),
        ("text-embedding-ada-002", None, 1_536),
        ("text-embedding-3-large", 3, 3),
        ("mine", 20, 20),
    ],
)
async def test_openais_names_give_openais_lengths(
    by_hand: LocalEmbedder, model: str, dimensions: int | None, length: int
) -> None:
    result = await by_hand.embed(["king", "queen"], model=model, dimensions=dimensions)
    assert result.vectors.shape == (2, length)
    assert np.allclose(np.linalg.norm(result.vectors, axis=1), 1, atol=1e-6)
    if length >= LENGTH:
        own = await by_hand.embed(["king", "queen"], model="mine", dimensions=None)
        assert np.array_equal(result.vectors[:, :LENGTH], own.vectors)


async def test_tokens_are_embedded_as_the_text_they_stand_for(by_hand: LocalEmbedder) -> None:
    result = await by_hand.embed([[10789], "king"], model="mine", dimensions=None)
    assert np.array_equal(result.vectors[0], result.vectors[1])


async def test_an_unknown_name_is_refused_before_loading(
    embedder: LocalEmbedder,
) -> None:
    assert embedder.list_models()[:2] == (MODEL, "small")
    with pytest.raises(ModelNotFound, match="someone/small"):
        await embedder.embed(["a"], model="claude", dimensions=None)


async def test_many_texts_stay_in_order_and_are_all_counted(by_hand: LocalEmbedder) -> None:
    texts = ["king", "queen bread", "unknown"] * 100
    many = await by_hand.embed(texts, model="mine", dimensions=None)
    few = await by_hand.embed(texts[:3], model="mine", dimensions=None)
    assert np.array_equal(many.vectors, np.tile(few.vectors, (100, 1)))
    assert many.prompt_tokens == 500


async def test_a_long_text_is_refused_not_truncated(by_hand: LocalEmbedder) -> None:
    with pytest.raises(ContextTooLong, match="Input 1") as caught:
        await by_hand.embed(["a", "b" * (MAX_CHARACTERS + 1)], model="mine", dimensions=None)
    assert (caught.value.param, caught.value.code) == ("input", "context_length_exceeded")


async def test_an_unknown_token_fails_only_its_own_request(by_hand: LocalEmbedder) -> None:
    with pytest.raises(InvalidRequest):
        await by_hand.embed([[999_999]], model="mine", dimensions=None)
    assert (await by_hand.embed(["king"], model="mine", dimensions=None)).prompt_tokens == 1


def test_batches_are_small_and_complete() -> None:
    texts = ["a" * 40_000] * 3 + ["b"] * 130 + ["c" * 200_000]
    cuts = list(_split_batches(texts))
    assert cuts == [(0, 1), (1, 2), (2, 66), (66, 130), (130, 133), (133, 134)]


async def test_a_thousand_texts_do_not_block_the_event_loop(by_hand: LocalEmbedder) -> None:
    """The best of five, because other processes of this computer may block it, too."""
    texts = [f"king queen bread unknown baker {place}" for place in range(1_000)]
    await by_hand.embed(texts, model="mine", dimensions=None)
    worst = []
    for _ in range(5):
        gaps: list[float] = []
        ticker = asyncio.create_task(_tick(gaps))
        await by_hand.embed(texts, model="text-embedding-3-large", dimensions=None)
        ticker.cancel()
        worst.append(max(gaps))
    # On the loop, the texts would block it for 0.1 s and more.
    assert min(worst) < 0.05


async def _tick(gaps: list[float]) -> None:
    last = time.perf_counter()
    while True:
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        gaps.append(now - last)
        last = now


# Where the model comes from


async def test_the_model_is_downloaded_once_for_all_concurrent_requests(
    hub: FakeHub, embedder: LocalEmbedder, caplog: pytest.LogCaptureFixture, source: HubSource
) -> None:
    caplog.set_level(logging.INFO)
    hub.may_continue.clear()
    requests = [
        asyncio.create_task(embedder.embed(["king"], model="small", dimensions=None))
        for _ in range(3)
    ]
    while "GET /cdn/model.safetensors" not in hub.requests:
        await asyncio.sleep(0.01)
    assert not any(path.name in files(hub.folder) for path in source.folder.iterdir())
    requests.pop().cancel()
    hub.may_continue.set()
    assert [result.prompt_tokens for result in await asyncio.gather(*requests)] == [1, 1]
    await embedder.warm()
    assert [request for request in hub.requests if request.startswith("GET")] == [
        f"GET /{MODEL}/resolve/{COMMIT}/tokenizer.json",
        f"GET /{MODEL}/resolve/{COMMIT}/model.safetensors",
        "GET /cdn/model.safetensors",
    ]
    assert files(source.folder) == ["model.safetensors", "tokenizer.json"]
    for step in ("Downloading", "Downloaded", "loaded in"):
        assert step in caplog.text


async def test_all_files_are_of_the_commit_of_the_first(
    hub: FakeHub, embedder: LocalEmbedder
) -> None:
    await embedder.warm()
    on_main = [request for request in hub.requests if "/resolve/main/" in request]
    assert on_main == [f"HEAD /{MODEL}/resolve/main/tokenizer.json"]


async def test_the_hub_library_sends_no_telemetry_and_does_not_use_xet(
    hub: FakeHub, embedder: LocalEmbedder
) -> None:
    await embedder.warm()
    assert not [request for request in hub.requests if "/api/" in request]
    assert not [agent for agent in hub.agents if "agent/" in agent]


async def test_two_processes_at_once_leave_one_whole_model(
    hub: FakeHub, embedder: LocalEmbedder, source: HubSource
) -> None:
    other = LocalEmbedder(source)
    await asyncio.gather(embedder.warm(), other.warm())
    await other.close()
    assert files(source.folder) == ["model.safetensors", "tokenizer.json"]


async def test_a_downloaded_model_is_not_downloaded_again(
    hub: FakeHub, embedder: LocalEmbedder, source: HubSource
) -> None:
    await embedder.warm()
    hub.requests.clear()
    second = LocalEmbedder(source)
    await second.warm()
    await second.close()
    assert hub.requests == []


async def test_a_broken_download_is_resumed(
    hub: FakeHub, embedder: LocalEmbedder, source: HubSource
) -> None:
    hub.breaks = 1
    await embedder.warm()
    assert hub.requests.count("GET /cdn/model.safetensors") == 2
    assert files(source.folder) == ["model.safetensors", "tokenizer.json"]


async def test_a_failed_download_leaves_nothing_and_the_next_one_succeeds(
    hub: FakeHub, embedder: LocalEmbedder, source: HubSource
) -> None:
    hub.cdn_status = 503
    with pytest.raises(EmbeddingModelMissing, match=r"localhost.* is not available now"):
        await embedder.warm()
    assert files(source.folder) == []
    hub.cdn_status = 200
    await embedder.warm()


async def test_a_damaged_download_is_not_used(
    hub: FakeHub, embedder: LocalEmbedder, source: HubSource
) -> None:
    hub.damage = b"\0\0\0\0"
    with pytest.raises(EmbeddingModelMissing, match="arrived damaged"):
        await embedder.warm()
    assert files(source.folder) == []


async def test_one_file_alone_is_no_model(
    hub: FakeHub, embedder: LocalEmbedder, source: HubSource
) -> None:
    source.folder.mkdir(parents=True)
    (source.folder / "tokenizer.json").write_text("half of ano")
    await embedder.warm()


async def test_what_a_killed_process_left_is_removed_after_a_day(
    hub: FakeHub, embedder: LocalEmbedder, source: HubSource
) -> None:
    for name, days in (("old", 2.0), ("new", 0.1)):
        part = source.folder / f".{name}.part"
        part.mkdir(parents=True)
        (part / "model.safetensors").write_bytes(b"half")
        os.utime(part, (time.time() - days * 86_400,) * 2)
    older_version = source.folder / ".model.safetensors.older.part"
    older_version.write_bytes(b"half")
    os.utime(older_version, (0, 0))
    await embedder.warm()
    assert files(source.folder) == [".new.part", "model.safetensors", "tokenizer.json"]


async def test_the_token_is_sent_to_the_hub_only(
    hub: FakeHub, embedder: LocalEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    await embedder.warm()
    assert hub.tokens.pop("/cdn/model.safetensors") is None
    assert set(hub.tokens.values()) == {"Bearer hf_secret"}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "has no tokenizer.json"),
        (401, "HF_TOKEN"),
        (403, "HF_TOKEN"),
        (503, "not available now"),
    ],
)
async def test_an_error_of_the_hub_is_reported_with_the_fix(
    hub: FakeHub, embedder: LocalEmbedder, status: int, words: str
) -> None:
    hub.status = status
    started = time.monotonic()
    with pytest.raises(EmbeddingModelMissing, match=words) as caught:
        await embedder.warm()
    assert (caught.value.status, caught.value.code) == (503, "embedding_model_missing")
    assert "\n" not in caught.value.message
    assert time.monotonic() - started < 5


async def test_a_mirror_that_names_no_commit_is_reported(
    hub: FakeHub, embedder: LocalEmbedder
) -> None:
    hub.names_commit = False
    with pytest.raises(EmbeddingModelMissing, match="no complete mirror") as caught:
        await embedder.warm()
    assert hub.url in caught.value.message
    assert "cannot be saved" not in caught.value.message


@pytest.mark.parametrize("offline", [True, False])
async def test_without_a_network_the_error_names_the_files_and_the_folder(
    embedder: LocalEmbedder, monkeypatch: pytest.MonkeyPatch, offline: bool, source: HubSource
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    # The library reads HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE when it is imported.
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    started = time.monotonic()
    with pytest.raises(EmbeddingModelMissing) as caught:
        await embedder.warm()
    assert time.monotonic() - started < 5
    for part in (
        str(source.folder),
        "tokenizer.json and model.safetensors",
        f"http://127.0.0.1:1/{MODEL}/tree/main",
        "HF_HUB_OFFLINE" if offline else "cannot be reached",
    ):
        assert part in caught.value.message
    # The running bridge then uses the files that the user put there.
    await asyncio.to_thread(write_model, source.folder)
    await embedder.warm()


async def test_a_folder_that_cannot_be_written_is_reported(
    hub: FakeHub, embedder: LocalEmbedder, source: HubSource
) -> None:
    source.folder.parent.write_text("a file is in the way")
    with pytest.raises(EmbeddingModelMissing, match="cannot be saved"):
        await embedder.warm()


async def test_a_folder_of_the_user_is_never_filled_by_a_download(
    hub: FakeHub, tmp_path: Path
) -> None:
    local = LocalEmbedder(FolderSource(tmp_path / "none"))
    with pytest.raises(EmbeddingModelMissing, match=r"tokenizer\.json and model\.safetensors"):
        await local.warm()
    await local.close()
    assert hub.requests == []


async def test_a_broken_model_error_has_the_fix(
    hub: FakeHub, embedder: LocalEmbedder, source: HubSource
) -> None:
    await asyncio.to_thread(write_model, source.folder)
    (source.folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(EmbeddingModelBroken, match="remove them to download them again"):
        await embedder.warm()
    await asyncio.to_thread(write_model, source.folder)
    await embedder.warm()


# Shutdown


async def test_closing_discards_a_running_download(
    hub: FakeHub, embedder: LocalEmbedder, source: HubSource
) -> None:
    hub.may_continue.clear()
    request = asyncio.create_task(embedder.embed(["king"], model="small", dimensions=None))
    while "GET /cdn/model.safetensors" not in hub.requests:
        await asyncio.sleep(0.01)
    closing = asyncio.create_task(embedder.close())
    await asyncio.sleep(0)
    hub.may_continue.set()
    await asyncio.wait_for(closing, 30)
    with pytest.raises(ShuttingDown):
        await request
    assert files(source.folder) == []


async def test_a_request_after_closing_fails_with_shutting_down(by_hand: LocalEmbedder) -> None:
    await by_hand.warm()
    await by_hand.close()
    with pytest.raises(ShuttingDown):
        await by_hand.embed(["king"], model="mine", dimensions=None)

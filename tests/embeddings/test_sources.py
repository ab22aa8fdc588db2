"""The built-in model needs no download, and a model that was in use stays in use."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.metadata
import json
import logging
import sys
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.embeddings.local import LocalEmbedder
from bridge.embeddings.sources import (
    FORMER_DEFAULT,
    BuiltinSource,
    FolderSource,
    HubSource,
    find_default_source,
    find_source,
)
from bridge.errors import EmbeddingModelBroken
from bridge.settings import BUILTIN_EMBEDDING_MODEL, Settings
from tests.embeddings.retrieval import QUESTIONS, TEXTS, list_inputs, measure_quality
from tests.embeddings.small_model import write_model

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def builtin(no_network: None) -> AsyncIterator[LocalEmbedder]:
    local = LocalEmbedder(BuiltinSource())
    yield local
    await local.close()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any download would fail at once."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")


# The built-in model


async def test_the_built_in_model_answers_without_a_download(builtin: LocalEmbedder) -> None:
    result = await builtin.embed(
        ["A cat sat on the mat.", "Eine Katze 猫 🐈"],
        model=BUILTIN_EMBEDDING_MODEL,
        dimensions=None,
    )
    assert result.vectors.shape == (2, 256)
    assert np.allclose(np.linalg.norm(result.vectors, axis=1), 1, atol=1e-6)
    assert result.answered_by == BUILTIN_EMBEDDING_MODEL


async def test_it_finds_the_right_texts(builtin: LocalEmbedder) -> None:
    assert (len(TEXTS), len(QUESTIONS)) == (60, 40)
    assert set(QUESTIONS.values()) <= set(TEXTS)
    result = await builtin.embed(list_inputs(), model="text-embedding-3-small", dimensions=None)
    quality = measure_quality(result.vectors)
    assert quality.recall_at_1 >= 0.85
    assert quality.recall_at_5 >= 0.95
    assert quality.mrr >= 0.9


async def test_fewer_dimensions_still_find_most_texts(builtin: LocalEmbedder) -> None:
    """The model was trained so that its leading numbers carry the most information."""
    result = await builtin.embed(list_inputs(), model=BUILTIN_EMBEDDING_MODEL, dimensions=64)
    assert measure_quality(result.vectors).recall_at_5 >= 0.9


def average_rows(*tokens: str) -> NDArray[np.float64]:
    """The mean of the tokens' rows, read from the package's files by hand."""
    tokenizer, matrix = BuiltinSource().get_files(lambda: False)
    vocabulary = json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
    raw = matrix.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    rows = np.frombuffer(raw[start:], "<f2").reshape(-1, 256)
    mean: NDArray[np.float64] = rows[[vocabulary[token] for token in tokens]].mean(
        axis=0, dtype=float
    )
    return mean


async def test_a_vector_is_the_mean_of_the_packages_rows(builtin: LocalEmbedder) -> None:
    result = await builtin.embed(["hello world"], model=BUILTIN_EMBEDDING_MODEL, dimensions=None)
    mean = await asyncio.to_thread(average_rows, "▁hello", "▁world")
    assert np.allclose(result.vectors[0], mean / np.linalg.norm(mean), atol=1e-6)
    assert result.prompt_tokens == 2


def test_its_vectors_never_change_unnoticed() -> None:
    """Stored vectors of another matrix could not be compared: the model would need a new name."""
    _, matrix = BuiltinSource().get_files(lambda: False)
    digest = hashlib.sha256(matrix.read_bytes()).hexdigest()
    assert digest == "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    installed = importlib.metadata.version("wordllama")
    assert f"wordllama=={installed}" in project["dependencies"]


async def test_its_package_is_not_imported(builtin: LocalEmbedder) -> None:
    await builtin.warm()
    assert "wordllama" not in sys.modules


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(EmbeddingModelBroken, match="package wordllama is not installed"):
        BuiltinSource().get_files(lambda: False)


# Which model is used


@pytest.mark.parametrize(
    ("setting", "kind", "name"),
    [
        (BUILTIN_EMBEDDING_MODEL, BuiltinSource, BUILTIN_EMBEDDING_MODEL),
        ("minishlab/potion-base-8M", HubSource, "minishlab/potion-base-8M"),
        ("./mine/small", FolderSource, "small"),
        ("/opt/models/mine", FolderSource, "mine"),
        ("mine", FolderSource, "mine"),
    ],
)
def test_a_setting_names_a_model(setting: str, kind: type, name: str, tmp_path: Path) -> None:
    source = find_source(setting, tmp_path)
    assert (type(source), source.name) == (kind, name)


def test_a_new_installation_uses_the_built_in_model(tmp_path: Path) -> None:
    assert Settings.model_fields["embedding_model"].default == BUILTIN_EMBEDDING_MODEL
    assert isinstance(find_default_source(tmp_path), BuiltinSource)


def test_half_of_the_former_default_is_not_used(tmp_path: Path) -> None:
    folder = HubSource(FORMER_DEFAULT, tmp_path).folder
    folder.mkdir()
    (folder / "tokenizer.json").write_text("{}")
    assert isinstance(find_default_source(tmp_path), BuiltinSource)


async def test_the_former_default_stays_in_use_where_it_was_downloaded(
    tmp_path: Path, no_network: None, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that was filled with its vectors would find nonsense with others."""
    caplog.set_level(logging.INFO)
    await asyncio.to_thread(write_model, HubSource(FORMER_DEFAULT, tmp_path).folder)
    embedder = LocalEmbedder(await asyncio.to_thread(find_default_source, tmp_path))
    result = await embedder.embed(["king"], model="text-embedding-3-small", dimensions=None)
    await embedder.close()
    assert result.answered_by == FORMER_DEFAULT
    assert f"set embedding_model to {BUILTIN_EMBEDDING_MODEL}" in caplog.text

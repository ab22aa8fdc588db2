"""A static model gives model2vec's vectors, and invalid files are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from bridge.embeddings.static_model import StaticModel
from bridge.errors import EmbeddingModelBroken, InvalidRequest
from tests.embeddings.small_model import LENGTH, ROWS, WORDS, row, safetensors, write_model


def load_model(folder: Path) -> StaticModel:
    return StaticModel(folder / "tokenizer.json", folder / "model.safetensors")


@pytest.fixture
def model(tmp_path: Path) -> StaticModel:
    return load_model(write_model(tmp_path / "model"))


def test_a_vector_is_the_mean_of_the_tokens_and_every_token_is_counted(model: StaticModel) -> None:
    vectors, tokens = model.embed(["King queen", "unknown baker bread"])
    assert vectors.dtype == np.float32
    assert vectors.shape == (2, LENGTH)
    assert np.allclose(vectors[0], (row("king") + row("queen")) / 2, atol=1e-6)
    whole = [row(word) for word in ("un", "##known", "bak", "##er", "bread")]
    assert np.allclose(vectors[1], np.mean(whole, axis=0), atol=1e-6)
    assert tokens == 7


def test_unknown_tokens_are_counted_but_ignored_beside_known_ones(
    model: StaticModel,
) -> None:
    vectors, tokens = model.embed(["king zzz", "zzz", " "])
    assert np.allclose(vectors[0], row("king"))
    assert np.allclose(vectors[1], row("[UNK]"))
    assert np.allclose(vectors[2], row("[UNK]"))
    assert tokens == 3


def test_a_long_text_is_not_truncated(model: StaticModel) -> None:
    vectors, tokens = model.embed(["king " * 5_000 + "queen " * 5_000])
    assert tokens == 10_000
    assert np.allclose(vectors[0], (row("king") + row("queen")) / 2, atol=1e-6)


def test_mapping_weights_and_small_types_work_as_in_model2vec(tmp_path: Path) -> None:
    mapping = np.zeros(len(WORDS), np.int64)
    mapping[WORDS.index("queen")] = 1
    weights = np.ones(len(WORDS))
    weights[WORDS.index("queen")] = 3
    rows = np.array([[1, 0], [0, 2]], np.float16)
    folder = write_model(tmp_path, embeddings=rows, mapping=mapping, weights=weights)
    vectors, _ = load_model(folder).embed(["king queen"])
    assert vectors.tolist() == [[0.5, 3]]


def test_model2vec_itself_gives_the_same_vectors(tmp_path: Path) -> None:
    model2vec = pytest.importorskip("model2vec")
    folder = write_model(tmp_path)
    (folder / "config.json").write_text('{"normalize": false}')
    texts = ["king queen", "the unknown baker's bread", "king zzz " * 30]
    theirs = model2vec.StaticModel.from_pretrained(folder).encode(texts)
    assert np.allclose(load_model(folder).embed(texts)[0], theirs, atol=1e-6)


def test_a_text_without_known_tokens_is_refused(tmp_path: Path) -> None:
    rows = ROWS.copy()
    rows[WORDS.index("[UNK]")] = 0
    with pytest.raises(InvalidRequest, match="Input 6") as caught:
        load_model(write_model(tmp_path, embeddings=rows)).embed(["king", "zzz"], first=5)
    assert caught.value.param == "input"


def test_a_matrix_of_sentence_transformers_is_read(tmp_path: Path) -> None:
    folder = write_model(tmp_path, **{"embedding.weight": ROWS})
    assert load_model(folder).length == LENGTH


WHOLE = safetensors({"embeddings": ROWS})


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        WHOLE[:20],
        WHOLE[:-1],
        b"\xff" * 100,
        b"<html>not found</html>",
        safetensors({"embeddings": ROWS[:-1]}),
        safetensors({"embeddings": ROWS[0]}),
        safetensors({"something": ROWS}),
        WHOLE.replace(b'"F32"', b'"X32"'),
        WHOLE.replace(b'"F32"', b'"F16"'),
    ],
)
def test_an_invalid_matrix_file_is_named(tmp_path: Path, raw: bytes) -> None:
    folder = write_model(tmp_path)
    (folder / "model.safetensors").write_bytes(raw)
    with pytest.raises(EmbeddingModelBroken, match=r"model\.safetensors"):
        load_model(folder)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"\xff", b'{"model": {"type": "BPE"}}'])
def test_an_invalid_tokenizer_file_is_named(tmp_path: Path, raw: bytes) -> None:
    folder = write_model(tmp_path)
    (folder / "tokenizer.json").write_bytes(raw)
    with pytest.raises(EmbeddingModelBroken, match=r"tokenizer\.json"):
        load_model(folder)


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        (models.WordLevel({"king": 0, "<odd>": 1}, unk_token="<odd>"), 1),
        (models.BPE({"k": 0, "<odd>": 1}, [], unk_token="<odd>"), 1),
        (models.BPE({"k": 0}, []), None),
        (models.Unigram([("king", 0.0), ("<odd>", 0.0)], unk_id=1), 1),
        (models.Unigram([("king", 0.0)]), None),
    ],
)
def test_the_unknown_token_of_each_kind_of_tokenizer_is_found(
    tmp_path: Path, kind: models.Model, ids: int | None
) -> None:
    folder = write_model(tmp_path)
    Tokenizer(kind).save(str(folder / "tokenizer.json"))
    assert load_model(folder)._unknown == ids

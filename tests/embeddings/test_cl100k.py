"""OpenAI's tokens are decoded with the vocabulary of tiktoken."""

from __future__ import annotations

import hashlib
import lzma

import pytest

from bridge.embeddings.cl100k import VOCABULARY, decode_inputs
from bridge.errors import InvalidRequest

TIKTOKENS_HASH = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
"""`expected_hash` of `cl100k_base` in tiktoken_ext/openai_public.py."""


def test_the_vocabulary_is_tiktokens_byte_for_byte() -> None:
    raw = lzma.decompress(VOCABULARY.read_bytes())
    assert hashlib.sha256(raw).hexdigest() == TIKTOKENS_HASH
    assert "MIT License" in VOCABULARY.with_name("cl100k_base.LICENSE").read_text("utf-8")


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([15339, 1917], "hello world"),
        ([83, 1609, 5963, 374, 2294, 0], "tiktoken is great!"),
        ([100257], "<|endoftext|>"),
        ([9468, 238], "\ufffd"),
    ],
)
def test_tokens_are_decoded_to_their_text(ids: list[int], text: str) -> None:
    assert decode_inputs([ids]) == [text]


def test_texts_stay_unchanged() -> None:
    assert decode_inputs(["as it is", [15339]]) == ["as it is", "hello"]


@pytest.mark.parametrize(
    ("inputs", "place"),
    [([[15339, 100_256]], "input"), ([[15339], [100_300]], "input[1]"), ([[200_000]], "input")],
)
def test_an_unknown_token_id_is_named(inputs: list[list[int]], place: str) -> None:
    with pytest.raises(InvalidRequest, match="not a token of cl100k_base") as caught:
        decode_inputs(inputs)
    assert caught.value.param == place

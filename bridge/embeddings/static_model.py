"""A static embedding model in model2vec's format: a text's vector is the mean of its tokens'.

https://github.com/MinishLab/model2vec. Its own library is not used: it cuts texts after 512
tokens without a word, and reads the whole matrix into memory, holding the GIL meanwhile. What
is left then is little: tokenize, look up, add.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from bridge.embeddings.base import Vectors
from bridge.errors import EmbeddingModelBroken, InvalidRequest

TOKENIZER = "tokenizer.json"
MATRIX = "model.safetensors"

_MATRIX_NAMES = ("embeddings", "embedding.weight")
"""model2vec's, and sentence-transformers' for the same."""
_KINDS: Mapping[str, str] = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I8": "i1",
}
_ROWS_AT_ONCE = 2_048
"""About a millisecond of work."""


class StaticModel:
    """Not for the event loop. The matrix stays on disk and is mapped: who waits is one thread."""

    def __init__(self, folder: Path) -> None:
        """Raises EmbeddingModelBroken; OSError when a file cannot be read."""
        self._tokenizer, self._unknown = _tokenizer(folder / TOKENIZER)
        tensors = _tensors(folder / MATRIX)
        matrix = next((tensors[name] for name in _MATRIX_NAMES if name in tensors), None)
        self._mapping = tensors.get("mapping")
        self._weights = tensors.get("weights")
        rows = matrix if self._mapping is None else self._mapping
        tokens = self._tokenizer.get_vocab_size()
        if matrix is None or matrix.ndim != 2 or rows is None or len(rows) < tokens:
            raise EmbeddingModelBroken(
                f"{folder / MATRIX} has no vector for each of the {tokens} tokens of {TOKENIZER}."
            )
        self._matrix = matrix

    @property
    def length(self) -> int:
        """Numbers in a vector."""
        return int(self._matrix.shape[1])

    def embed(self, texts: Sequence[str], first: int = 0) -> tuple[Vectors, int]:
        """Vectors of shape (texts, length), of any norm but 0, and all tokens counted.

        `first` is the place of the first text in its request. Raises InvalidRequest for a text
        that has no vector at all.
        """
        # Of the tokenizer's ways in, only this one releases the GIL.
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        vectors = np.empty((len(texts), self.length), np.float32)
        tokens = 0
        for place, encoding in enumerate(encodings):
            ids = encoding.ids
            tokens += len(ids)
            vectors[place] = self._mean(np.array(ids, np.int64), first + place)
        return vectors, tokens

    def _mean(self, ids: NDArray[np.int64], place: int) -> NDArray[np.float64]:
        """Without the tokens it does not know, as model2vec has it; if it knows none, those."""
        known = ids if self._unknown is None else ids[ids != self._unknown]
        total = self._sum(known)
        if not total.any() and self._unknown is not None:
            known = np.array([self._unknown])
            total = self._sum(known)
        if not total.any():
            raise InvalidRequest(
                f"Input {place} has no vector: the model knows nothing in it.", param="input"
            )
        return total / max(1, len(known))

    def _sum(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        total = np.zeros(self.length)
        for start in range(0, len(ids), _ROWS_AT_ONCE):
            piece = ids[start : start + _ROWS_AT_ONCE]
            rows = self._matrix[piece if self._mapping is None else self._mapping[piece]]
            if self._weights is not None:
                rows = rows * self._weights[piece][:, None]
            total += rows.sum(axis=0, dtype=np.float64)
        return total


def _tokenizer(path: Path) -> tuple[Tokenizer, int | None]:
    """The tokenizer, with the id of its token for the unknown."""
    raw = path.read_bytes()
    try:
        tokenizer = Tokenizer.from_buffer(raw)
        model = json.loads(raw)["model"]
        unknown = model.get("unk_id")
    except Exception as error:  # the Rust side raises nothing narrower
        raise EmbeddingModelBroken(f"{path} is no tokenizer that can be used: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if unknown is None and model.get("unk_token") is not None:
        unknown = tokenizer.token_to_id(model["unk_token"])
    return tokenizer, unknown


def _tensors(path: Path) -> dict[str, NDArray[Any]]:
    """A safetensors file, mapped. https://github.com/huggingface/safetensors#format"""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            # An odd number may claim terabytes; real headers of such models have some 200 bytes.
            header = json.loads(file.read(min(size, 100_000_000)))
        header.pop("__metadata__", None)
        return {name: _mapped(path, 8 + size, told) for name, told in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EmbeddingModelBroken(
            f"{path} is no safetensors file that can be used, or only a part of one: {error}"
        ) from error


def _mapped(path: Path, start: int, told: Mapping[str, Any]) -> NDArray[Any]:
    begin, end = told["data_offsets"]
    kind, shape = np.dtype(_KINDS[told["dtype"]]), tuple(told["shape"])
    if end - begin != kind.itemsize * int(np.prod(shape)):
        raise ValueError("shape and size differ")
    mapped = np.memmap(path, kind, "r", offset=start + begin, shape=shape)
    # As a plain array: memmap's own indexing costs more than the lookup.
    return cast("NDArray[Any]", mapped.view(np.ndarray))

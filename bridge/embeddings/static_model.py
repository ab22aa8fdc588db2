"""A static embedding model in model2vec's format: a text's vector is the mean of its tokens'.

https://github.com/MinishLab/model2vec. Its own library is not used, because it silently truncates
texts after 512 tokens, and holds the GIL while it reads the whole matrix into memory. The work
itself is small: tokenize, look up rows, add.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import Unigram

from bridge.embeddings.base import Vectors
from bridge.errors import EmbeddingModelBroken, InvalidRequest

_MATRIX_NAMES = ("embeddings", "embedding.weight")
"""The tensor's name in files of model2vec, and of sentence-transformers."""
_KINDS: Mapping[str, str] = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I8": "i1",
}
_ROWS_AT_ONCE = 2_048
"""About a millisecond of work, during which the GIL is held."""


class StaticModel:
    """A loaded model, for a worker thread: the matrix is mapped, so look-ups may read the disk."""

    def __init__(self, tokenizer: Path, matrix: Path) -> None:
        """Load the files. Raises EmbeddingModelBroken, and OSError if one cannot be read."""
        self._tokenizer, self._unknown = _load_tokenizer(tokenizer)
        tensors = _map_tensors(matrix)
        rows = next((tensors[name] for name in _MATRIX_NAMES if name in tensors), None)
        self._mapping = tensors.get("mapping")
        self._weights = tensors.get("weights")
        by_token = rows if self._mapping is None else self._mapping
        tokens = self._tokenizer.get_vocab_size()
        if rows is None or rows.ndim != 2 or by_token is None or len(by_token) < tokens:
            raise EmbeddingModelBroken(
                f"{matrix} lacks vectors for some of the {tokens} tokens of {tokenizer.name}."
            )
        self._matrix = rows

    @property
    def length(self) -> int:
        """The length of the vectors."""
        return int(self._matrix.shape[1])

    def embed(self, texts: Sequence[str], first: int = 0) -> tuple[Vectors, int]:
        """Return vectors of shape (texts, length), not normalized, and the number of tokens.

        `first` is the index of the first text in the request. Raises InvalidRequest for a text
        whose vector is zero.
        """
        # The only method of the tokenizer that releases the GIL.
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        vectors = np.empty((len(texts), self.length), np.float32)
        tokens = 0
        for index, encoding in enumerate(encodings):
            ids = encoding.ids
            tokens += len(ids)
            vectors[index] = self._average_rows(np.array(ids, np.int64), first + index)
        return vectors, tokens

    def _average_rows(self, ids: NDArray[np.int64], index: int) -> NDArray[np.float64]:
        # Unknown tokens are left out, as in model2vec, unless a text has no others.
        known = ids if self._unknown is None else ids[ids != self._unknown]
        total = self._sum_rows(known)
        if not total.any() and self._unknown is not None:
            known = np.array([self._unknown])
            total = self._sum_rows(known)
        if not total.any():
            raise InvalidRequest(
                f"Input {index} has no vector: the model knows none of its tokens.", param="input"
            )
        return total / max(1, len(known))

    def _sum_rows(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        total = np.zeros(self.length)
        for start in range(0, len(ids), _ROWS_AT_ONCE):
            piece = ids[start : start + _ROWS_AT_ONCE]
            rows = self._matrix[piece if self._mapping is None else self._mapping[piece]]
            if self._weights is not None:
                rows = rows * self._weights[piece][:, None]
            total += rows.sum(axis=0, dtype=np.float64)
        return total


def _load_tokenizer(path: Path) -> tuple[Tokenizer, int | None]:
    """Return the tokenizer, and the id of its unknown token, if it has one."""
    raw = path.read_bytes()
    try:
        tokenizer = Tokenizer.from_buffer(raw)
        unknown = _find_unknown(tokenizer, raw)
    except Exception as error:  # the Rust library raises bare Exceptions
        raise EmbeddingModelBroken(f"{path} is not a valid tokenizer: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, unknown


def _find_unknown(tokenizer: Tokenizer, raw: bytes) -> int | None:
    if isinstance(tokenizer.model, Unigram):
        # Unlike the other kinds, it has no attribute for it. Parsing megabytes of JSON holds the
        # GIL, so the others do without.
        unknown: int | None = json.loads(raw)["model"].get("unk_id")
        return unknown
    token = tokenizer.model.unk_token
    return None if token is None else tokenizer.token_to_id(token)


def _map_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Map a safetensors file. https://github.com/huggingface/safetensors#format"""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            # A damaged file may claim terabytes; real headers of such models have about 200 bytes.
            header = json.loads(file.read(min(size, 100_000_000)))
        header.pop("__metadata__", None)
        return {name: _map_tensor(path, 8 + size, entry) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EmbeddingModelBroken(
            f"{path} is not a valid safetensors file, or is incomplete: {error}"
        ) from error


def _map_tensor(path: Path, start: int, entry: Mapping[str, Any]) -> NDArray[Any]:
    begin, end = entry["data_offsets"]
    kind, shape = np.dtype(_KINDS[entry["dtype"]]), tuple(entry["shape"])
    if end - begin != kind.itemsize * int(np.prod(shape)):
        raise ValueError("shape and size differ")
    mapped = np.memmap(path, kind, "r", offset=start + begin, shape=shape)
    # As a plain array, because indexing a memmap costs more than the look-up itself.
    return cast("NDArray[Any]", mapped.view(np.ndarray))

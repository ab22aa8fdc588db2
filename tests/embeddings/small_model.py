"""A model of a few words in model2vec's format, made by the tests themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

WORDS = ("[PAD]", "[UNK]", "king", "queen", "bread", "un", "##known", "##er", "bak")
LENGTH = 8
ROWS: NDArray[np.float32] = (
    np.random.default_rng(7).standard_normal((len(WORDS), LENGTH)).astype(np.float32)
)


def row(word: str) -> NDArray[np.float32]:
    vector: NDArray[np.float32] = ROWS[WORDS.index(word)]
    return vector


def write_model(folder: Path, **tensors: NDArray[Any]) -> Path:
    """Both files; `tensors` stand in for `embeddings`."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(
        models.WordPiece({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "model.safetensors").write_bytes(safetensors(tensors or {"embeddings": ROWS}))
    return folder


def safetensors(tensors: dict[str, NDArray[Any]]) -> bytes:
    names = {"float32": "F32", "float16": "F16", "float64": "F64", "int64": "I64", "int8": "I8"}
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    start = 0
    for name, tensor in tensors.items():
        end = start + tensor.nbytes
        kind = names[tensor.dtype.name]
        header[name] = {"dtype": kind, "shape": tensor.shape, "data_offsets": [start, end]}
        start = end
    words = json.dumps(header).encode()
    data = b"".join(tensor.tobytes() for tensor in tensors.values())
    return len(words).to_bytes(8, "little") + words + data

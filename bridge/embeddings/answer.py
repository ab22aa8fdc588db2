"""Vectors as the answer of `/v1/embeddings`; pure, and for a worker thread: it may take seconds."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bridge.embeddings.base import Embedded
from bridge.wire.embeddings import (
    CreateEmbeddingResponse,
    EmbeddingItem,
    EmbeddingsUsage,
    EncodingFormat,
)


def to_base64(vector: NDArray[np.float32]) -> str:
    """Little-endian float32 bytes, as OpenAI's clients decode them."""
    return base64.b64encode(vector.astype("<f4", copy=False).tobytes()).decode("ascii")


def from_base64(words: str) -> NDArray[np.float32]:
    """The other way round. Raises ValueError."""
    return np.frombuffer(base64.b64decode(words, validate=True), "<f4").astype(np.float32)


def answer(embedded: Embedded, model: str, encoding: EncodingFormat) -> CreateEmbeddingResponse:
    """The whole answer; `model` is the name it carries."""
    return {
        "object": "list",
        "data": list(_items(embedded, encoding)),
        "model": model,
        "usage": _usage(embedded),
    }


def answer_body(embedded: Embedded, model: str, encoding: EncodingFormat) -> bytes:
    """`answer` as JSON, written vector by vector: the whole at once would hold the GIL."""
    pieces = [b'{"object":"list","data":[']
    for item in _items(embedded, encoding):
        pieces += (_json(item), b",")
    pieces[-1] = b"],"
    pieces.append(_json({"model": model, "usage": _usage(embedded)})[1:])
    # Joined once, and as bytes: from a megabyte on that is done without the GIL.
    return b"".join(pieces)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _items(embedded: Embedded, encoding: EncodingFormat) -> Iterator[EmbeddingItem]:
    for index, vector in enumerate(embedded.vectors):
        numbers = to_base64(vector) if encoding == "base64" else vector.tolist()
        yield {"object": "embedding", "index": index, "embedding": numbers}


def _usage(embedded: Embedded) -> EmbeddingsUsage:
    return {"prompt_tokens": embedded.prompt_tokens, "total_tokens": embedded.prompt_tokens}

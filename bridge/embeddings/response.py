"""Build the response of `/v1/embeddings`; pure, for a worker thread: may take seconds."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bridge.embeddings.base import EmbeddingResult
from bridge.wire.embeddings import (
    CreateEmbeddingResponse,
    EmbeddingItem,
    EmbeddingsUsage,
    EncodingFormat,
)


def to_base64(vector: NDArray[np.float32]) -> str:
    """Encode a vector as base64 of little-endian float32, as OpenAI's clients expect it."""
    return base64.b64encode(vector.astype("<f4", copy=False).tobytes()).decode("ascii")


def from_base64(text: str) -> NDArray[np.float32]:
    """Decode what `to_base64` encodes. Raises ValueError."""
    return np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float32)


def build_response(result: EmbeddingResult, encoding: EncodingFormat) -> CreateEmbeddingResponse:
    """Build the response; it names the model that made the vectors, not the requested one.

    Programs that store that name with their vectors notice when the model has changed.
    """
    return {
        "object": "list",
        "data": list(_iterate_items(result, encoding)),
        "model": result.answered_by,
        "usage": _count_usage(result),
    }


def encode_response(result: EmbeddingResult, encoding: EncodingFormat) -> bytes:
    """Encode `build_response`, vector by vector, because one large dump would hold the GIL."""
    pieces = [b'{"object":"list","data":[']
    for item in _iterate_items(result, encoding):
        pieces += (_dump_json(item), b",")
    # Replaces the last comma; there is at least one vector.
    pieces[-1] = b"],"
    ending = {"model": result.answered_by, "usage": _count_usage(result)}
    pieces.append(_dump_json(ending)[1:])
    # Joined once and as bytes: above a megabyte, Python does that without the GIL.
    return b"".join(pieces)


def _dump_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _iterate_items(result: EmbeddingResult, encoding: EncodingFormat) -> Iterator[EmbeddingItem]:
    for index, vector in enumerate(result.vectors):
        numbers = to_base64(vector) if encoding == "base64" else vector.tolist()
        yield {"object": "embedding", "index": index, "embedding": numbers}


def _count_usage(result: EmbeddingResult) -> EmbeddingsUsage:
    return {"prompt_tokens": result.prompt_tokens, "total_tokens": result.prompt_tokens}

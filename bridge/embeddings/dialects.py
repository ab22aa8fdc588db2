"""The request and response formats of embedding services: OpenAI's and Voyage's; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge.embeddings.base import TextOrTokens, Vectors
from bridge.embeddings.response import from_base64


@dataclass(frozen=True, slots=True)
class Dialect:
    """Field names and limits of one format."""

    dimensions: str
    usage: str
    """The field of the response's `usage` with the number of input tokens."""
    fixed: Mapping[str, Any]
    """Fields with the same value in every request."""
    max_inputs: int


OPENAI = Dialect("dimensions", "prompt_tokens", {"encoding_format": "base64"}, 2_048)
"""base64, as OpenAI's own clients request it: parsing millions of numbers would hold the GIL."""

VOYAGE = Dialect(
    "output_dimension",
    "total_tokens",
    # By default, Voyage truncates long texts without reporting it.
    {"encoding_format": "base64", "output_dtype": "float", "truncation": False},
    1_000,
)
"""https://docs.voyageai.com/reference/embeddings-api"""


def build_body(
    dialect: Dialect, model: str, inputs: Sequence[TextOrTokens], dimensions: int | None
) -> dict[str, Any]:
    """Build the JSON body of a request; `dimensions` None is the model's default."""
    body: dict[str, Any] = {"model": model, "input": list(inputs), **dialect.fixed}
    if dimensions is not None:
        body[dialect.dimensions] = dimensions
    return body


def parse_response(dialect: Dialect, answer: Any, count: int) -> tuple[Vectors, int]:
    """Return vectors of shape (`count`, length), ordered by `index`, and the number of tokens.

    Raises ValueError with the reason if the response is malformed.
    """
    try:
        items = {item["index"]: _decode_vector(item["embedding"]) for item in answer["data"]}
        tokens = answer["usage"][dialect.usage]
    except (KeyError, TypeError) as error:
        raise ValueError(f"missing or malformed field: {error}") from error
    if len(answer["data"]) != count or items.keys() != set(range(count)):
        raise ValueError(f"{len(items)} vectors for {count} inputs")
    if not isinstance(tokens, int) or tokens < 0:
        raise ValueError("missing token count")
    vectors = np.stack([items[index] for index in range(count)])
    if vectors.ndim != 2 or not vectors.size or not np.isfinite(vectors).all():
        raise ValueError("its vectors contain values that are not numbers")
    return vectors, tokens


def _decode_vector(value: str | list[float]) -> NDArray[np.float32]:
    # Some services ignore `encoding_format` and return numbers.
    return from_base64(value) if isinstance(value, str) else np.array(value, np.float32)


def parse_error(answer: Any) -> tuple[str | None, str | None, str | None]:
    """Return message, code and param of an error: OpenAI's `error` or Voyage's `detail`."""
    error = answer.get("error", answer.get("detail")) if isinstance(answer, dict) else None
    fields = error if isinstance(error, dict) else {"message": error}
    message, code, param = (
        value if isinstance(value := fields.get(name), str) else None
        for name in ("message", "code", "param")
    )
    return message, code, param

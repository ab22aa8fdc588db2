"""How embedding services word a request and its answer: OpenAI's way, and Voyage's; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge.embeddings.answer import from_base64
from bridge.embeddings.base import TextOrTokens, Vectors


@dataclass(frozen=True, slots=True)
class Dialect:
    """The names of fields, and limits."""

    dimensions: str
    usage: str
    """Where the answer's `usage` counts the inputs' tokens."""
    fixed: Mapping[str, Any]
    """Said in every request."""
    most_inputs: int


OPENAI = Dialect("dimensions", "prompt_tokens", {"encoding_format": "base64"}, 2_048)
"""base64, as OpenAI's own clients ask: parsing millions of numbers would hold the GIL."""

VOYAGE = Dialect(
    "output_dimension",
    "total_tokens",
    # Without `truncation`, Voyage would cut long texts without a word.
    {"encoding_format": "base64", "output_dtype": "float", "truncation": False},
    1_000,
)
"""https://docs.voyageai.com/reference/embeddings-api"""


def request_body(
    dialect: Dialect, model: str, inputs: Sequence[TextOrTokens], dimensions: int | None
) -> dict[str, Any]:
    body: dict[str, Any] = {"model": model, "input": list(inputs), **dialect.fixed}
    if dimensions is not None:
        body[dialect.dimensions] = dimensions
    return body


def read_answer(dialect: Dialect, answer: Any, count: int) -> tuple[Vectors, int]:
    """Vectors of shape (`count`, length) by their `index`, and the tokens counted.

    Raises ValueError with the reason for an answer that is none.
    """
    try:
        items = {item["index"]: _vector(item["embedding"]) for item in answer["data"]}
        tokens = answer["usage"][dialect.usage]
    except (KeyError, TypeError) as error:
        raise ValueError(f"it lacks, or has in a wrong shape: {error}") from error
    if len(answer["data"]) != count or items.keys() != set(range(count)):
        raise ValueError(f"it has {len(items)} vectors, not one for each of {count} inputs")
    if not isinstance(tokens, int) or tokens < 0:
        raise ValueError("it does not count the tokens")
    vectors = np.stack([items[index] for index in range(count)])
    if vectors.ndim != 2 or not vectors.size or not np.isfinite(vectors).all():
        raise ValueError("not everything in its vectors is a number")
    return vectors, tokens


def _vector(said: str | list[float]) -> NDArray[np.float32]:
    """Some services answer with numbers whatever they are asked."""
    return from_base64(said) if isinstance(said, str) else np.array(said, np.float32)


def read_words(answer: Any) -> tuple[str | None, str | None, str | None]:
    """A failure's message, code and param: in OpenAI's `error`, or Voyage's `detail`."""
    error = answer.get("error", answer.get("detail")) if isinstance(answer, dict) else None
    said = error if isinstance(error, dict) else {"message": error}
    message, code, param = (
        value if isinstance(value := said.get(name), str) else None
        for name in ("message", "code", "param")
    )
    return message, code, param

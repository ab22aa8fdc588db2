"""Resolve a model name and `dimensions` to the length of the vectors; pure.

OpenAI's model names give vectors of OpenAI's lengths, which databases of existing programs expect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.errors import InvalidRequest, ModelNotFound

OPENAI_LENGTHS: Mapping[str, int] = {
    "text-embedding-3-small": 1_536,
    "text-embedding-3-large": 3_072,
    "text-embedding-ada-002": 1_536,
}
"""OpenAI's models, and the length of their vectors.

https://platform.openai.com/docs/guides/embeddings#embedding-models
"""

MAX_DIMENSIONS = 4_096
"""Limit for a model under its own name; a response then has at most 34 MB."""

_FIXED = "text-embedding-ada-002"


def resolve_length(model: str, dimensions: int | None, own: Sequence[str]) -> int | None:
    """Return the length of the vectors, None for the model's default.

    `own` are the model's own names. Raises ModelNotFound, and InvalidRequest for `dimensions`
    that OpenAI would refuse.
    """
    if model not in OPENAI_LENGTHS:
        if model in own:
            return _check_limit(MAX_DIMENSIONS, dimensions, model)
        known = ", ".join(f"`{name}`" for name in (*own, *OPENAI_LENGTHS))
        raise ModelNotFound(
            f"The embedding model `{model}` does not exist here. Available: {known}.", param="model"
        )
    # OpenAI introduced the parameter with its third generation of models.
    if dimensions is not None and model == _FIXED:
        raise InvalidRequest(f"`{model}` does not support `dimensions`.", param="dimensions")
    return _check_limit(OPENAI_LENGTHS[model], dimensions, model) or OPENAI_LENGTHS[model]


def _check_limit(limit: int, dimensions: int | None, model: str) -> int | None:
    if dimensions is not None and dimensions > limit:
        raise InvalidRequest(
            f"Invalid value for dimensions: {dimensions}; the maximum for `{model}` is {limit}.",
            param="dimensions",
        )
    return dimensions

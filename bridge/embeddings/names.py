"""Which length of vector a model name and `dimensions` ask for; pure.

OpenAI's names keep OpenAI's lengths, so that the tables of existing programs fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.errors import InvalidRequest, ModelNotFound

USUAL: Mapping[str, int] = {
    "text-embedding-3-small": 1_536,
    "text-embedding-3-large": 3_072,
    "text-embedding-ada-002": 1_536,
}
"""OpenAI's models and the lengths of their vectors.
https://platform.openai.com/docs/guides/embeddings#embedding-models
"""

MOST_DIMENSIONS = 4_096
"""Of a model under its own name; one request then answers with 34 MB at the most."""

_FIXED = "text-embedding-ada-002"


def length_asked(model: str, dimensions: int | None, own: Sequence[str]) -> int | None:
    """Numbers in each vector; None: as many as the model has. `own` are the model's own names.

    Raises ModelNotFound, or InvalidRequest for `dimensions` that OpenAI would refuse.
    """
    if model not in USUAL:
        if model in own:
            return _at_most(MOST_DIMENSIONS, dimensions, model)
        known = ", ".join(f"`{name}`" for name in (*own, *USUAL))
        raise ModelNotFound(
            f"There is no embedding model `{model}` here. There are: {known}.", param="model"
        )
    if dimensions is not None and model == _FIXED:
        raise InvalidRequest(f"`{model}` does not take `dimensions`.", param="dimensions")
    return _at_most(USUAL[model], dimensions, model) or USUAL[model]


def _at_most(most: int, dimensions: int | None, model: str) -> int | None:
    if dimensions is not None and dimensions > most:
        raise InvalidRequest(
            f"Invalid value for dimensions: {dimensions}; `{model}` gives {most} at the most.",
            param="dimensions",
        )
    return dimensions

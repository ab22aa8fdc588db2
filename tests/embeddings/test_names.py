"""A model name and `dimensions` give the length of the vectors."""

from __future__ import annotations

import pytest

from bridge.embeddings.names import MAX_DIMENSIONS, resolve_length
from bridge.errors import InvalidRequest, ModelNotFound

OWN = ("someone/small", "small")


@pytest.mark.parametrize(
    ("model", "dimensions", "length"),
    [
        ("text-embedding-3-small", None, 1_536),
        ("text-embedding-3-large", None, 3_072),
        ("text-embedding-ada-002", None, 1_536),
        ("text-embedding-3-small", 256, 256),
        ("text-embedding-3-large", 3_072, 3_072),
        ("small", None, None),
        ("someone/small", 1, 1),
        ("small", MAX_DIMENSIONS, MAX_DIMENSIONS),
    ],
)
def test_each_name_has_its_length(model: str, dimensions: int | None, length: int | None) -> None:
    assert resolve_length(model, dimensions, OWN) == length


@pytest.mark.parametrize(
    ("model", "dimensions"),
    [
        ("text-embedding-ada-002", 1_536),
        ("text-embedding-3-small", 1_537),
        ("text-embedding-3-large", 3_073),
        ("small", MAX_DIMENSIONS + 1),
    ],
)
def test_dimensions_that_openai_refuses_are_refused(model: str, dimensions: int) -> None:
    with pytest.raises(InvalidRequest, match=model) as caught:
        resolve_length(model, dimensions, OWN)
    assert (caught.value.status, caught.value.param) == (400, "dimensions")


def test_openais_limits_apply_to_openais_names_with_every_embedder() -> None:
    with pytest.raises(InvalidRequest):
        resolve_length("text-embedding-ada-002", 8, ("text-embedding-ada-002",))


def test_the_error_for_an_unknown_name_lists_the_models() -> None:
    with pytest.raises(ModelNotFound) as caught:
        resolve_length("text-embedding-4", None, OWN)
    assert caught.value.param == "model"
    for name in (*OWN, "text-embedding-3-small", "text-embedding-ada-002"):
        assert f"`{name}`" in caught.value.message

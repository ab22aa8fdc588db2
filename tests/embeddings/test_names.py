"""Which length a model name and `dimensions` ask for."""

from __future__ import annotations

import pytest

from bridge.embeddings.names import MOST_DIMENSIONS, length_asked
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
        ("small", MOST_DIMENSIONS, MOST_DIMENSIONS),
    ],
)
def test_names_have_their_lengths(model: str, dimensions: int | None, length: int | None) -> None:
    assert length_asked(model, dimensions, OWN) == length


@pytest.mark.parametrize(
    ("model", "dimensions"),
    [
        ("text-embedding-ada-002", 1_536),
        ("text-embedding-3-small", 1_537),
        ("text-embedding-3-large", 3_073),
        ("small", MOST_DIMENSIONS + 1),
    ],
)
def test_dimensions_that_openai_refuses_are_refused_by_name(model: str, dimensions: int) -> None:
    with pytest.raises(InvalidRequest, match=model) as caught:
        length_asked(model, dimensions, OWN)
    assert (caught.value.status, caught.value.param) == (400, "dimensions")


def test_openais_rules_hold_for_openais_names_wherever_they_are_answered() -> None:
    with pytest.raises(InvalidRequest):
        length_asked("text-embedding-ada-002", 8, ("text-embedding-ada-002",))


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(ModelNotFound) as caught:
        length_asked("text-embedding-4", None, OWN)
    assert caught.value.param == "model"
    for name in (*OWN, "text-embedding-3-small", "text-embedding-ada-002"):
        assert f"`{name}`" in caught.value.message

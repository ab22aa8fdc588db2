"""Requests to `/v1/embeddings`: the four input shapes and the errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.server.http.body.invalid_body import join_field_path
from bridge.wire.embeddings import MOST_INPUTS, MOST_TOKENS, EmbeddingsRequest


def read(**body: Any) -> EmbeddingsRequest:
    return EmbeddingsRequest.model_validate_json(json.dumps({"model": "m", "input": "a", **body}))


@pytest.mark.parametrize(
    ("said", "inputs"),
    [
        ("a text", ["a text"]),
        (["one", "two"], ["one", "two"]),
        ([9906, 1917], [[9906, 1917]]),
        ([[9906], [1917, 0]], [[9906], [1917, 0]]),
        (" ", [" "]),
    ],
)
def test_the_four_input_shapes_give_a_list(said: Any, inputs: list[str | list[int]]) -> None:
    assert read(input=said).inputs == inputs


@pytest.mark.parametrize("field", ["dimensions", "encoding_format", "user"])
def test_null_is_like_a_missing_field(field: str) -> None:
    assert getattr(read(**{field: None}), field) is None
    assert getattr(read(), field) is None


def test_unknown_fields_are_stored_for_the_notice() -> None:
    assert read(input_type="query").unknown == {"input_type": "query"}
    assert read().unknown == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": None}, "input"),
        ({"input": 7}, "input"),
        ({"input": {"text": "a"}}, "input"),
        ({"input": ["a", ""]}, "input[1]"),
        ({"input": ["a", 3]}, "input[1]"),
        ({"input": ["a", None]}, "input[1]"),
        ({"input": [None]}, "input[0]"),
        ({"input": [1, "a"]}, "input[1]"),
        ({"input": [1, -1]}, "input[1]"),
        ({"input": [1, 1.5]}, "input[1]"),
        ({"input": [True, False]}, "input[0]"),
        ({"input": [[1], []]}, "input[1]"),
        ({"input": [[1], "a"]}, "input[1]"),
        ({"input": [[1, "a"]]}, "input[0][1]"),
        ({"input": ["a"] * (MOST_INPUTS + 1)}, "input"),
        ({"input": [1] * (MOST_TOKENS + 1)}, "input"),
        ({"input": [[1] * (MOST_TOKENS + 1)]}, "input[0]"),
        ({"model": None}, "model"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": "many"}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"user": 3}, "user"),
    ],
)
def test_an_error_is_reported_once_with_its_field(body: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(**body)
    places = {
        join_field_path(problem["loc"], {"model": "m", "input": "a", **body})
        for problem in caught.value.errors()
    }
    if body.get("input") == [True, False]:
        places.discard("input[1]")
    assert places == {field}


def test_openais_maximum_is_accepted() -> None:
    assert len(read(input=["a"] * MOST_INPUTS).inputs) == MOST_INPUTS
    assert read(input=[1] * MOST_TOKENS).inputs == [[1] * MOST_TOKENS]


def test_a_request_without_input_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        EmbeddingsRequest.model_validate_json('{"model": "m"}')
    assert [problem["loc"] for problem in caught.value.errors()] == [("input",)]

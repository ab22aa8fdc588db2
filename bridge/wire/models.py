"""OpenAI's model objects, with limits and lifecycle beside them."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class Model(TypedDict):
    """`GET /v1/models/{id}`; `created` in Unix seconds, limits in tokens."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    display_name: str
    lifecycle: str
    max_input_tokens: NotRequired[int]
    max_output_tokens: NotRequired[int]


class ModelList(TypedDict):
    """`GET /v1/models`."""

    object: Literal["list"]
    data: list[Model]

"""OpenAI's model objects, with limits, capabilities and lifecycle beside them."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class Capabilities(TypedDict, total=False):
    """What a model can do; what is not named it cannot, or nobody knows."""

    embeddings: bool
    image_input: bool
    pdf_input: bool
    tools: bool
    structured_outputs: bool
    reasoning: bool
    reasoning_efforts: list[str]


class Model(TypedDict):
    """`GET /v1/models/{id}`; `created` in Unix seconds, 0 where unknown, limits in tokens."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    display_name: str
    lifecycle: str
    max_input_tokens: NotRequired[int]
    max_output_tokens: NotRequired[int]
    alias_of: NotRequired[str]
    capabilities: NotRequired[Capabilities]


class ModelList(TypedDict):
    """`GET /v1/models`."""

    object: Literal["list"]
    data: list[Model]

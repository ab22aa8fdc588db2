"""OpenAI's model objects, extended by limits, capabilities and lifecycle."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class Capabilities(TypedDict, total=False):
    """What a model can do; a missing field means that it cannot, or that it is unknown."""

    embeddings: bool
    image_input: bool
    pdf_input: bool
    tools: bool
    structured_outputs: bool
    reasoning: bool
    reasoning_efforts: list[str]


class Model(TypedDict):
    """`GET /v1/models/{id}`; `created` is in Unix seconds (0 if unknown), limits in tokens."""

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

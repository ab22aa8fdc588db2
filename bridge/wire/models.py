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
    type: NotRequired[Literal["chat", "embedding"]]
    """So that pickers can leave embedding models out; older servers do not tell it."""
    created: int
    owned_by: str
    display_name: str
    lifecycle: str
    max_input_tokens: NotRequired[int]
    max_output_tokens: NotRequired[int]
    alias_of: NotRequired[str]
    retires: NotRequired[str]
    """The day from which it does not answer, as YYYY-MM-DD in UTC."""
    capabilities: NotRequired[Capabilities]


class ModelList(TypedDict):
    """`GET /v1/models`."""

    object: Literal["list"]
    data: list[Model]

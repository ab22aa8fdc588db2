"""OpenAI's embeddings: request and answer.

https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StrictInt, StrictStr, Tag
from typing_extensions import TypedDict

MOST_INPUTS = 2_048
MOST_TOKENS = 8_192
"""The most tokens of one input that is sent as token ids. Both limits are OpenAI's."""

Text = Annotated[StrictStr, Field(min_length=1)]
Tokens = Annotated[
    list[Annotated[StrictInt, Field(ge=0)]], Field(min_length=1, max_length=MOST_TOKENS)
]


def _classify_input(value: Any) -> str | None:
    """Return which of the four shapes an input has, judging a list by its first element.

    Then pydantic validates that shape only, and its errors are about the one that was meant.
    """
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, list):
        return "token_lists"
    if isinstance(first, int):
        return "tokens"
    if isinstance(value, list):
        return "texts"
    return "text" if isinstance(value, str) else None


Input = Annotated[
    Annotated[Text, Tag("text")]
    | Annotated[list[Text], Field(min_length=1, max_length=MOST_INPUTS), Tag("texts")]
    | Annotated[Tokens, Tag("tokens")]
    | Annotated[list[Tokens], Field(min_length=1, max_length=MOST_INPUTS), Tag("token_lists")],
    Discriminator(
        _classify_input,
        custom_error_type="input_type",
        custom_error_message="Input should be a string, or a list of strings or of token ids",
    ),
]

EncodingFormat = Literal["float", "base64"]


class EmbeddingsRequest(BaseModel):
    """`POST /v1/embeddings`. Other fields are ignored with a notice."""

    model_config = ConfigDict(extra="allow", frozen=True)

    model: str
    input: Input
    dimensions: int | None = Field(None, ge=1)
    encoding_format: EncodingFormat | None = None
    user: str | None = None

    @property
    def inputs(self) -> list[str | list[int]]:
        """All inputs in order, each a text or a list of token ids."""
        if isinstance(self.input, str):
            return [self.input]
        if isinstance(self.input[0], int):
            return [self.input]
        return list(self.input)

    @property
    def unknown(self) -> Mapping[str, Any]:
        """Fields that OpenAI's API does not have."""
        return self.model_extra or {}


class EmbeddingItem(TypedDict):
    """One input's vector, as numbers or as base64 of little-endian float32 bytes."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingsUsage(TypedDict):
    prompt_tokens: int
    total_tokens: int


class CreateEmbeddingResponse(TypedDict):
    """The answer; `data` is in the order of the inputs."""

    object: Literal["list"]
    data: list[EmbeddingItem]
    model: str
    usage: EmbeddingsUsage

"""The interface of embedders, which turn texts into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    # numpy takes 0.1 s to import, which start-up and other requests should not pay for.
    import numpy as np
    from numpy.typing import NDArray

Vectors: TypeAlias = "NDArray[np.float32]"

TextOrTokens: TypeAlias = str | Sequence[int]
"""A text, or the ids of its tokens in OpenAI's vocabulary `cl100k_base`."""


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingResult:
    """The vectors of one request."""

    vectors: Vectors
    """float32, of shape (inputs, length), in the order of the inputs."""
    prompt_tokens: int
    """The number of tokens, as the model's own tokenizer counts them."""
    answered_by: str
    """The model that made the vectors, whichever name was requested."""


class Embedder(Protocol):
    """A source of vectors."""

    @property
    def name(self) -> str:
        """The name in logs and usage: `local` or `upstream`."""

    def list_models(self) -> Sequence[str]:
        """Return every model name it accepts, its own first."""

    async def embed(
        self, inputs: Sequence[TextOrTokens], *, model: str, dimensions: int | None
    ) -> EmbeddingResult:
        """Embed the inputs, at least one; each vector has `dimensions` numbers or the default.

        The first call may take minutes, for a download. Raises ModelNotFound, InvalidRequest
        with the field in `param`, and other BridgeErrors for a failed download or service.
        """

    async def warm(self) -> None:
        """Do in advance what the first request would wait for. Raises BridgeError."""

    async def close(self) -> None:
        """Stop; running requests fail with ShuttingDown."""

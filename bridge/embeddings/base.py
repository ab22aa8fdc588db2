"""The seam between the bridge and whatever turns texts into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    # numpy takes a tenth of a second to import: none of that before the first embedding.
    import numpy as np
    from numpy.typing import NDArray

Vectors: TypeAlias = "NDArray[np.float32]"

TextOrTokens: TypeAlias = str | Sequence[int]
"""A text, or the ids of its tokens in OpenAI's `cl100k_base`."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """The vectors of one request."""

    vectors: Vectors
    """float32 of shape (inputs, length), in the order of the inputs."""
    prompt_tokens: int
    """As the tokenizer that was used counts them."""
    answered_by: str
    """The model whose vectors these are, whatever name was asked."""


class Embedder(Protocol):
    """A source of vectors."""

    @property
    def name(self) -> str:
        """For the log and the usage: `local`, `upstream`."""

    def models(self) -> Sequence[str]:
        """Every model name it answers to, its own first."""

    async def embed(
        self, inputs: Sequence[TextOrTokens], *, model: str, dimensions: int | None
    ) -> Embedded:
        """Vectors of the inputs, at least one, each of length `dimensions` or the model's usual.

        Raises ModelNotFound, InvalidRequest with the field in `param`, and what may go wrong
        on the way as other BridgeErrors. May take minutes the first time.
        """

    async def warm(self) -> None:
        """Does beforehand what would take long at the first request; raises BridgeError."""

    async def close(self) -> None:
        """What still runs ends with ShuttingDown."""

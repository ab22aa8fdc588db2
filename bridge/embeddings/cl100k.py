"""OpenAI's tokens back into text: langchain and others send ids of `cl100k_base`, not words.

The vocabulary lies beside this module, so that nothing has to be fetched. It is the file that
tiktoken fetches, byte for byte and under tiktoken's licence (`cl100k_base.LICENSE`;
https://github.com/openai/tiktoken/issues/92), only packed.
"""

from __future__ import annotations

import base64
import lzma
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from bridge.embeddings.base import TextOrTokens
from bridge.errors import InvalidRequest

VOCABULARY = Path(__file__).with_name("cl100k_base.tiktoken.xz")
"""Lines of `base64(bytes) id`, packed."""

_SPECIAL: Mapping[int, bytes] = {
    100_257: b"<|endoftext|>",
    100_258: b"<|fim_prefix|>",
    100_259: b"<|fim_middle|>",
    100_260: b"<|fim_suffix|>",
    100_276: b"<|endofprompt|>",
}


def texts_of(inputs: Sequence[TextOrTokens]) -> list[str]:
    """Every input as text, for a worker thread: reading the vocabulary takes 0.1 s, once.

    A character of which the tokens are only a part becomes U+FFFD, as tiktoken has it. Raises
    InvalidRequest, with the place in `param`, for an id that is no token.
    """
    return [
        text if isinstance(text, str) else _decode(text, _place(index, inputs))
        for index, text in enumerate(inputs)
    ]


def _decode(ids: Sequence[int], place: str) -> str:
    vocabulary = _vocabulary()
    try:
        return b"".join(map(vocabulary.__getitem__, ids)).decode("utf-8", "replace")
    except KeyError as error:
        raise InvalidRequest(
            f"Invalid value for {place}: {error} is no token of cl100k_base, the vocabulary of "
            "OpenAI's embedding models. Tokens of another are best sent as text.",
            param=place,
        ) from error


def _place(index: int, inputs: Sequence[TextOrTokens]) -> str:
    """A single input may have been sent outside of a list."""
    return f"input[{index}]" if len(inputs) > 1 else "input"


@cache
def _vocabulary() -> Mapping[int, bytes]:
    lines = lzma.decompress(VOCABULARY.read_bytes()).splitlines()
    pairs = (line.split() for line in lines)
    return {int(rank): base64.b64decode(word) for word, rank in pairs} | dict(_SPECIAL)

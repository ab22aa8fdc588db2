"""Decode OpenAI's tokens: langchain and others send ids of `cl100k_base` instead of text.

The vocabulary is a file beside this module, so that nothing has to be downloaded. It is the file
that tiktoken downloads, compressed, and under tiktoken's licence (`cl100k_base.LICENSE`;
https://github.com/openai/tiktoken/issues/92).
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
"""Lines of `base64(bytes) id`, compressed."""

_SPECIAL: Mapping[int, bytes] = {
    100_257: b"<|endoftext|>",
    100_258: b"<|fim_prefix|>",
    100_259: b"<|fim_middle|>",
    100_260: b"<|fim_suffix|>",
    100_276: b"<|endofprompt|>",
}


def decode_inputs(inputs: Sequence[TextOrTokens]) -> list[str]:
    """Return every input as text. For a worker thread: the first call takes 0.1 s.

    An incomplete character becomes U+FFFD, as in tiktoken. Raises InvalidRequest for an id that
    is not in the vocabulary; `param` is the input's index.
    """
    return [
        text if isinstance(text, str) else _decode_tokens(text, _name_input(index, inputs))
        for index, text in enumerate(inputs)
    ]


def _decode_tokens(ids: Sequence[int], param: str) -> str:
    vocabulary = _load_vocabulary()
    try:
        return b"".join(map(vocabulary.__getitem__, ids)).decode("utf-8", "replace")
    except KeyError as error:
        raise InvalidRequest(
            f"Invalid value for {param}: {error} is not a token of cl100k_base, the vocabulary of "
            "OpenAI's embedding models. Send text instead of tokens of another vocabulary.",
            param=param,
        ) from error


def _name_input(index: int, inputs: Sequence[TextOrTokens]) -> str:
    # A single input may have been sent without a list around it.
    return f"input[{index}]" if len(inputs) > 1 else "input"


@cache
def _load_vocabulary() -> Mapping[int, bytes]:
    lines = lzma.decompress(VOCABULARY.read_bytes()).splitlines()
    pairs = (line.split() for line in lines)
    return {int(rank): base64.b64decode(word) for word, rank in pairs} | dict(_SPECIAL)

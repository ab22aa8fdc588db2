"""How well vectors find the right text of a labelled set, `labelled_texts.toml`.

`python -m tests.embeddings.retrieval MODEL` measures a value of the setting `embedding_model`.
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge.embeddings.base import Vectors
from bridge.embeddings.sources import find_source
from bridge.embeddings.static_model import StaticModel

_DATA = tomllib.loads(Path(__file__).with_name("labelled_texts.toml").read_text())
TEXTS: Mapping[str, str] = _DATA["texts"]
QUESTIONS: Mapping[str, str] = _DATA["questions"]
"""Each question, and the key of the text that answers it."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares from 0 to 1."""

    recall_at_1: float
    """Questions whose text comes first."""
    recall_at_5: float
    """Questions whose text is among the first five."""
    mrr: float
    """Mean reciprocal rank: 1 if the right text is always first, 0.5 if it is always second."""


def list_inputs() -> list[str]:
    """Return the texts and then the questions, to embed in one request."""
    return [*TEXTS.values(), *QUESTIONS]


def measure_quality(vectors: Vectors) -> Quality:
    """Rank all texts for each question by cosine; `vectors` are those of `list_inputs`."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarities = units[len(TEXTS) :] @ units[: len(TEXTS)].T
    keys = list(TEXTS)
    ranks = [
        int((row > row[keys.index(key)]).sum()) + 1
        for row, key in zip(similarities, QUESTIONS.values(), strict=True)
    ]
    mrr = sum(1 / rank for rank in ranks) / len(ranks)
    return Quality(_measure_recall(ranks, 1), _measure_recall(ranks, 5), mrr)


def _measure_recall(ranks: Sequence[int], first: int) -> float:
    return sum(rank <= first for rank in ranks) / len(ranks)


def main(model: str) -> None:
    """Print the quality of a model, downloading it first if necessary."""
    with tempfile.TemporaryDirectory() as cache:
        files = find_source(model, Path(cache)).get_files(lambda: False)
        vectors, _ = StaticModel(*files).embed(list_inputs())
    print(f"{model}: {measure_quality(vectors)}")


if __name__ == "__main__":
    main(sys.argv[1])

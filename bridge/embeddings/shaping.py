"""Resize vectors to another length; pure.

Longer vectors are padded with zeros. Every cosine similarity stays the same to the last bit, which
an orthonormal map would keep only up to rounding. A client that truncates the vector later gets the
model's own leading numbers, which carry the most information in a model made with PCA, as
model2vec's are. Shorter vectors are truncated and normalized again, as OpenAI does.
"""

from __future__ import annotations

import numpy as np

from bridge.embeddings.base import Vectors
from bridge.errors import InvalidRequest


def resize_vectors(vectors: Vectors, length: int) -> Vectors:
    """Resize (n, any) to (n, `length`), each vector of norm 1.

    Raises InvalidRequest if the first `length` numbers of a vector are all zero.
    """
    return pad_vectors(normalize_vectors(vectors[:, :length]), length)


def normalize_vectors(vectors: Vectors) -> Vectors:
    """Scale each vector to norm 1. Raises InvalidRequest for a vector of zeros."""
    # Divided by the largest number first, because squares of float32's smallest numbers would be
    # zero and those of its largest infinite.
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0).astype(np.float64)
    if not largest.all():
        where = int(np.flatnonzero(largest == 0)[0])
        raise InvalidRequest(
            f"The vector of input {where} is zero in its first {vectors.shape[1]} dimensions.",
            param="dimensions",
        )
    exact = vectors / largest
    norms = np.linalg.norm(exact, axis=1, keepdims=True)
    units: Vectors = (exact / norms).astype(np.float32)
    return units


def pad_vectors(vectors: Vectors, length: int) -> Vectors:
    """Append zeros: (n, m) to (n, `length`); m is at most `length`."""
    return np.pad(vectors, ((0, 0), (0, length - vectors.shape[1])))

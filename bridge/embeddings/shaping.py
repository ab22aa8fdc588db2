"""Vectors brought to another length, as honestly as that goes; pure.

Longer: zeros behind. Every cosine stays what it was to the last bit, which an orthonormal map
could only keep up to rounding; and whoever cuts the vector later gets the model's own leading
numbers, which say the most where the model was made with PCA, as model2vec's are.
Shorter: the leading numbers, brought to norm 1 again, as OpenAI itself does it.
"""

from __future__ import annotations

import numpy as np

from bridge.embeddings.base import Vectors
from bridge.errors import InvalidRequest


def shaped(vectors: Vectors, length: int) -> Vectors:
    """(n, any) to (n, `length`), each of norm 1.

    Raises InvalidRequest when a vector has nothing in its first `length` numbers.
    """
    return padded(unit(vectors[:, :length]), length)


def unit(vectors: Vectors) -> Vectors:
    """Each of norm 1 and of the same direction. Raises InvalidRequest for one that has none."""
    # By the largest first: squares of float32's smallest would be zero, of its largest infinite.
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0).astype(np.float64)
    if not largest.all():
        where = int(np.flatnonzero(largest == 0)[0])
        raise InvalidRequest(
            f"The model's vector of input {where} has nothing in its first "
            f"{vectors.shape[1]} dimensions.",
            param="dimensions",
        )
    exact = vectors / largest
    norms = np.linalg.norm(exact, axis=1, keepdims=True)
    units: Vectors = (exact / norms).astype(np.float32)
    return units


def padded(vectors: Vectors, length: int) -> Vectors:
    """(n, m) to (n, `length`) with zeros behind; m is at most `length`."""
    return np.pad(vectors, ((0, 0), (0, length - vectors.shape[1])))

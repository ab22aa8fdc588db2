"""Resized vectors have norm 1; padding keeps every cosine similarity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge.embeddings.shaping import normalize_vectors, pad_vectors, resize_vectors
from bridge.errors import InvalidRequest

NUMBERS = st.floats(-(2.0**99), 2.0**99, width=32)


@st.composite
def some_vectors(draw: st.DrawFn) -> NDArray[np.float32]:
    """(2 to 4, 1 to 12), with something in the first place of each."""
    width = draw(st.integers(1, 12))
    rows = draw(st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=2, max_size=4))
    vectors = np.array(rows, np.float32)
    vectors[vectors[:, 0] == 0, 0] = 1
    return vectors


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Exact enough for any float32."""
    a, b = (v.astype(np.float64) / np.abs(v).max() for v in (one, other))
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


@given(some_vectors(), st.integers(1, 40))
def test_resized_vectors_have_norm_1(vectors: NDArray[np.float32], length: int) -> None:
    made = resize_vectors(vectors, length)
    assert made.dtype == np.float32
    assert made.shape == (len(vectors), length)
    assert np.allclose(np.linalg.norm(made.astype(np.float64), axis=1), 1, atol=1e-6)


@given(some_vectors(), st.integers(0, 40))
def test_padding_keeps_every_cosine(vectors: NDArray[np.float32], more: int) -> None:
    made = resize_vectors(vectors, vectors.shape[1] + more)
    assert abs(cosine(made[0], made[1]) - cosine(vectors[0], vectors[1])) < 1e-6
    # What is added is nothing at all: to the last bit the same as at the model's own length.
    assert np.array_equal(made[:, : vectors.shape[1]], normalize_vectors(vectors))
    assert not made[:, vectors.shape[1] :].any()


@given(some_vectors(), st.integers(1, 12))
def test_truncation_keeps_the_direction_of_the_leading_numbers(
    vectors: NDArray[np.float32], length: int
) -> None:
    made = resize_vectors(vectors, length)
    for short, whole in zip(made, vectors[:, :length], strict=True):
        assert cosine(short[: len(whole)], whole) > 1 - 1e-6


def test_padding_keeps_the_numbers() -> None:
    assert pad_vectors(np.array([[3, 4]], np.float32), 4).tolist() == [[3, 4, 0, 0]]


def test_numbers_whose_squares_exceed_float32_keep_their_direction() -> None:
    assert normalize_vectors(np.array([[3e-45, 0], [3e38, 3e38]], np.float32))[0].tolist() == [1, 0]


def test_a_vector_that_begins_with_zeros_cannot_be_truncated() -> None:
    with pytest.raises(InvalidRequest, match="input 1") as caught:
        resize_vectors(np.array([[1, 0, 0], [0, 0, 1]], np.float32), 2)
    assert caught.value.param == "dimensions"

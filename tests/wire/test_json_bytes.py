"""What goes out quickly is the same as what goes out slowly, and comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.wire.json_bytes import decode_json, encode_ascii_json, encode_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_there_and_back(value: Any) -> None:
    assert json.loads(encode_json(value)) == value
    assert json.loads(encode_ascii_json(value)) == value
    assert decode_json(json.dumps(value).encode()) == value


@given(VALUES)
def test_ascii_is_ascii(value: Any) -> None:
    assert encode_ascii_json(value).isascii()


def test_half_of_a_surrogate_pair_comes_through() -> None:
    assert encode_json("\ud83d") == b'"\\ud83d"'
    assert decode_json(b'"\\ud83d"') == "\ud83d"


def test_an_integer_of_any_length_keeps_its_digits() -> None:
    assert encode_json([2**70]) == b"[1180591620717411303424]"
    assert decode_json(b"[1180591620717411303424]") == [2**70]


@pytest.mark.parametrize("text", [b"", b"{", b"nothing", b'{"a": 1,}', b"\xff"])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_json(text)


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        encode_json({"a": object()})

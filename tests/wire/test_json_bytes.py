"""Fast and slow JSON encoding agree, and decoding inverts them."""

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
def test_encoding_and_decoding_preserve_the_value(value: Any) -> None:
    assert json.loads(encode_json(value)) == value
    assert json.loads(encode_ascii_json(value)) == value
    assert decode_json(json.dumps(value).encode()) == value


@given(VALUES)
def test_ascii_is_ascii(value: Any) -> None:
    assert encode_ascii_json(value).isascii()


def test_a_lone_surrogate_is_preserved() -> None:
    assert encode_json("\ud83d") == b'"\\ud83d"'
    assert decode_json(b'"\\ud83d"') == "\ud83d"


def test_an_integer_of_any_length_is_preserved() -> None:
    assert encode_json([2**70]) == b"[1180591620717411303424]"
    assert decode_json(b"[1180591620717411303424]") == [2**70]


@pytest.mark.parametrize("text", [b"", b"{", b"nothing", b'{"a": 1,}', b"\xff"])
def test_invalid_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_json(text)


def test_a_value_without_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        encode_json({"a": object()})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_lacks_become_null(number: float) -> None:
    assert encode_json([number]) == b"[null]"
    # The surrogate and the long number lead to the slower encoder.
    value = {"a": ("\ud83d", 2**70, [number])}
    assert json.loads(encode_ascii_json(value)) == {"a": ["\ud83d", 2**70, [None]]}

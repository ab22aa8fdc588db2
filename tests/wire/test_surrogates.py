"""Halves of surrogate pairs are replaced, and nothing else is changed."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bridge.wire.json_bytes import replace_surrogates, replace_surrogates_in

characters = st.characters(codec=None, categories=None)
halves = st.integers(0xD800, 0xDFFF).map(chr)
texts = st.text(st.one_of(st.sampled_from('\\u"d8a\ud83d\ude00'), characters, halves), max_size=20)


@given(texts)
def test_halves_in_json_are_replaced(text: str) -> None:
    encoded = json.dumps({text: [text]}).encode()
    decoded = json.loads(replace_surrogates(encoded))
    # The standard library joins escapes of two halves to their character.
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert [*decoded.values()] == [[joined]]
    assert [*decoded] == [joined]


@given(st.text(max_size=50))
def test_json_without_halves_stays_as_it_is(text: str) -> None:
    encoded = json.dumps({text: text}).encode()
    assert replace_surrogates(encoded) == encoded


def test_halves_in_a_value_are_replaced() -> None:
    value = {"a\ud83d": ["\ude00", 7, None, {"b": "\U0001f600"}]}
    assert replace_surrogates_in(value) == {"a\ufffd": ["\ufffd", 7, None, {"b": "\U0001f600"}]}

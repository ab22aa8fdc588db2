"""Tests that every model in the bridge's list has a name that can be spoken."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talon_user.core.names import build_spoken_names, format_model, spell_number

LISTED = [
    {"id": "claude-opus-5-5"},
    {"id": "claude-opus-4-1-20250805"},
    {"id": "claude-sonnet-5-5"},
    {"id": "claude-haiku-5-5"},
    {"id": "claude-fable-5-2"},
    {"id": "bridge-echo"},
    {"id": "default"},
    {"id": "text-embedding-3-small", "capabilities": {"embeddings": True}},
]


def test_the_newest_model_of_a_line_has_the_bare_name() -> None:
    names = build_spoken_names(LISTED)
    assert names["opus"] == "claude-opus-5-5"
    assert names["opus four point one"] == "claude-opus-4-1-20250805"
    assert names["opus four one"] == "claude-opus-4-1-20250805"
    assert names["fable"] == "claude-fable-5-2"
    assert names["echo"] == "bridge-echo"
    assert names["default"] == "default"
    assert not [name for name in names if "embedding" in name]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("claude-opus-4-1-20250805", "Opus 4.1"),
        ("claude-3-5-sonnet-20241022", "Sonnet 3.5"),
        ("bridge-echo", "echo"),
        ("gpt-4o", "gpt-4o"),
    ],
)
def test_a_model_id_is_formatted_as_people_write_it(model: str, name: str) -> None:
    assert format_model(model) == name


@pytest.mark.parametrize(
    ("number", "words"), [(0, "zero"), (13, "thirteen"), (40, "forty"), (99, "ninety nine")]
)
def test_numbers_are_spelled(number: int, words: str) -> None:
    assert spell_number(number) == words


@given(
    st.lists(st.from_regex(r"claude-[a-z]{3,9}(-[0-9]{1,2}){1,3}(-20[0-9]{6})?", fullmatch=True))
)
def test_every_name_can_be_spoken_and_maps_to_a_listed_model(ids: list[str]) -> None:
    names = build_spoken_names([{"id": one} for one in ids])
    assert all(re.fullmatch(r"[a-z]+( [a-z]+)*", name) for name in names)
    assert set(names.values()) <= set(ids)
    assert bool(names) == bool(ids)


@pytest.mark.parametrize("junk", [None, "x", [1, {}, {"id": 4}], {"data": []}])
def test_an_invalid_list_has_no_names(junk: object) -> None:
    assert build_spoken_names(junk) == {}

"""Custom tools: their text is extracted from streaming JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.translate.chat.custom_tools import InputExtractor, describe_custom_tool
from bridge.wire.chat import CustomDefinition

DEFINITION = 'start: "a"+'


@pytest.mark.parametrize(
    "form",
    [
        {"type": "grammar", "grammar": {"syntax": "lark", "definition": DEFINITION}},
        {"type": "grammar", "syntax": "lark", "definition": DEFINITION},
    ],
)
def test_a_grammar_is_part_of_the_description(form: dict[str, Any]) -> None:
    tool = CustomDefinition(name="letters", description="Writes letters.", format=form)
    assert describe_custom_tool(tool) == (
        "Writes letters.\n\nThe input must follow this lark grammar exactly:\n" + DEFINITION
    )


def test_free_text_needs_no_description() -> None:
    assert describe_custom_tool(CustomDefinition(name="x", format={"type": "text"})) == (
        "Takes any text as its input."
    )


def read(pieces: list[str]) -> str:
    machine = InputExtractor()
    return "".join(machine.feed(piece) for piece in pieces) + machine.finish()


def split(text: str, cuts: list[int]) -> list[str]:
    places = sorted({min(cut, len(text)) for cut in cuts})
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.booleans(),
    st.lists(st.integers(0, 200), max_size=30),
)
def test_the_text_is_exact_for_any_split(text: str, ascii: bool, cuts: list[int]) -> None:
    written = json.dumps({"input": text}, ensure_ascii=ascii)
    assert read(split(written, cuts)) == text


def test_text_is_returned_before_the_input_ends() -> None:
    machine = InputExtractor()
    assert [machine.feed(piece) for piece in ('{"in', 'put": "ab', "c\\", 'n"', "}")] == [
        "",
        "ab",
        "c",
        "\n",
        "",
    ]


def test_input_of_another_shape_is_returned_as_json() -> None:
    assert read(['{"text": ', '"a"}']) == '{"text": "a"}'


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert read(['{"input": "\\ud83d!"}']) == "\ufffd!"
    assert read(['{"input": "\\ude00"}']) == "\ufffd"

"""What a test case shows of a request's content."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.inspect.filler import fill_json_text, fill_value

PERSON: dict[str, Any] = {
    "name": "Jane Doe", "id": "123-45", "status": "ill", "pattern": "p4ss", "phone": 5551234567,
    "more": [{"name": "John", "active": True, "none": None}],
}  # fmt: skip


def test_the_input_of_a_call_is_content_whatever_its_fields_are_called() -> None:
    block = {"type": "tool_use", "id": "toolu_1", "name": "save", "input": PERSON}
    assert fill_value(block) == {
        **block,
        "input": {
            "name": "Xxxx Xxx", "id": "000-00", "status": "xxx", "pattern": "x0xx", "phone": 0,
            "more": [{"name": "Xxxx", "active": True, "none": None}],
        },
    }  # fmt: skip


def test_fields_of_the_api_stay() -> None:
    body = {"model": "default", "input": [{"type": "message", "role": "user", "content": "Hi"}]}
    assert fill_value(body) == {
        "model": "default",
        "input": [{"type": "message", "role": "user", "content": "Xx"}],
    }


def test_arguments_that_are_cut_off_are_filled_in_no_time() -> None:
    assert (
        fill_json_text(
            '{"name": "Jane',
        )
        == '{"name": "Xxxx'
    )
    assert len(fill_json_text('{"a": "' + '\\"' * 200_000)) > 200_000


@pytest.mark.parametrize(
    ("body", "filled"),
    [
        ("prompt=My letter", "xxxxxx=Xx xxxxxx"),
        (
            '{"a": My _letter, "b": [true, null, -1.5e3, 2E+5]}',
            '{"a": Xx _xxxxxx, "b": [true, null, -1.5e3, 2E+5]}',
        ),
        ("{'a': 'My letter'}", "{'x': 'Xx xxxxxx'}"),
        ('{"a" : "b", "c": 1}', '{"a" : "x", "c": 1}'),
    ],
)
def test_a_body_that_is_no_json_shows_no_words_either(body: str, filled: str) -> None:
    assert fill_json_text(body) == filled

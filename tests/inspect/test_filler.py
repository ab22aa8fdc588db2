"""What a test case shows of a request's content."""

from __future__ import annotations

from typing import Any

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

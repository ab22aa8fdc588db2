"""Any valid file: our values in, everything else byte for byte, and out again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from bridge.connect.data import MISSING, get_value, is_same, put_value
from bridge.connect.edit import Format, apply_changes, remove_written, splice
from bridge.connect.formats import FormatName, find_format
from bridge.connect.refusal import NotParsable
from tests.connect.configs import KINDS


def draw_config(data: st.DataObject, name: FormatName) -> tuple[str, Format, Any]:
    """Draw a config file; return its text, its format and its values."""
    text, kind = data.draw(KINDS[name][0]()), find_format(name)
    try:
        return text, kind, kind.parse(text)
    except NotParsable:
        reject()


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data())
def test_only_our_values_change(name: FormatName, data: st.DataObject) -> None:
    text, kind, before = draw_config(data, name)
    edit = apply_changes(kind, text, KINDS[name][1])
    expected = before
    for one in edit.written:
        expected = put_value(expected, one.path, one.value)
    assert is_same(kind.parse(edit.text), expected)
    again = apply_changes(kind, edit.text, KINDS[name][1])
    assert again.text == edit.text


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data())
def test_everything_else_stays(name: FormatName, data: st.DataObject) -> None:
    """What the splices replace is one of our old values, or the blanks of an empty list."""
    text, kind, before = draw_config(data, name)
    edit = apply_changes(kind, text, KINDS[name][1])
    for step, written in zip(edit.steps, edit.written, strict=True):
        for one in step:
            old = text[one.start : one.end]
            if get_value(before, written.path) is MISSING:
                assert set(old) <= set("[]{}, \n\t")
            else:
                assert "\n" not in old
        text = splice(text, step)
    assert text == edit.text


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data())
def test_each_value_can_be_taken_out_again(name: FormatName, data: st.DataObject) -> None:
    text, kind, before = draw_config(data, name)
    edit = apply_changes(kind, text, KINDS[name][1])
    after = edit.text
    for one in reversed(edit.written):
        if one.existing == len(one.path):
            continue
        for step in remove_written(kind, after, one):
            after = splice(after, step)
        assert get_value(kind.parse(after), one.path) is MISSING
    comments = [word for word in ("# note", "# mine", "# head", "# one") if word in text]
    assert [word for word in comments if word in after] == comments
    if all(one.existing < len(one.path) for one in edit.written):
        assert drop_empty(kind.parse(after)) == drop_empty(before)


def drop_empty(data: Any) -> Any:
    """In YAML, a list without its last line is nothing."""
    if isinstance(data, dict):
        return {key: repr(drop_empty(value)) for key, value in data.items()}
    return data or None

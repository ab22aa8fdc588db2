"""Assignments in `.env` files and in the start-up files of shells."""

from __future__ import annotations

import pytest

from bridge.connect.data import Change
from bridge.connect.edit import apply_changes, find_put, splice
from bridge.connect.formats import FormatName, find_format

URL, KEY = Change(("OPENAI_BASE_URL",), "http://x/v1"), Change(("OPENAI_API_KEY",), "any")
ADDED = "export OPENAI_BASE_URL=http://x/v1\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("shell", "export PATH=$HOME/bin:\\\n/usr/bin\n"),
        ("env", "DIR=C:\\data\\\n"),
        ("env", "DIR='C:\\data\\'\n"),
    ],
)
def test_a_backslash_at_the_end_of_a_line_is_no_problem(name: FormatName, text: str) -> None:
    edit = apply_changes(find_format(name), text, [URL])
    assert edit.text.startswith(text)
    assert edit.text.endswith("OPENAI_BASE_URL=http://x/v1\n")


@pytest.mark.parametrize("written", ['"$GW/v1"', "$MY_KEY", '"`cat key`"', "'$GW/v1'", '"a b"'])
def test_a_value_is_given_back_as_the_shell_reads_it(written: str) -> None:
    kind = find_format("shell")
    before = f"export OPENAI_BASE_URL={written}\n"
    edit = apply_changes(kind, before, [URL])
    assert edit.text == ADDED

    old = kind.parse(before)["OPENAI_BASE_URL"]
    after = splice(edit.text, find_put(kind, edit.text, kind.parse(edit.text), URL.path, old)[0])

    assert kind.parse(after) == kind.parse(before)
    assert after.replace("'a b'", '"a b"') == before


@pytest.mark.parametrize(
    "text",
    [
        "cat > /tmp/x.env <<EOF\nOPENAI_API_KEY=theirs\nEOF\n",
        "cat <<-'END OF' \n",
        "cat <<'END'\nexport OPENAI_API_KEY=theirs\nEND\n",
        "work() {\n  export OPENAI_API_KEY=theirs\n}\n",
        "if true; then\n\tOPENAI_API_KEY=theirs\nfi\n",
    ],
)
def test_an_assignment_in_a_function_or_a_text_is_not_the_variables(text: str) -> None:
    edit = apply_changes(find_format("shell"), text, [KEY])
    assert edit.text == f"{text}export OPENAI_API_KEY=any\n"

"""What a command prints cannot act on the terminal, and has no color where none is wanted."""

from __future__ import annotations

import io

import pytest

from bridge.cli.text import clean, clean_line, dim, shows_color


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain “text” – é 漢 🙂", "plain “text” – é 漢 🙂"),
        ("two\nlines\tand a tab\r\n", "two\nlines\tand a tab\n"),
        ("\x1b[2J\x1b]52;c;aGk=\x07", "[2J]52;c;aGk="),
        ("over\rwrite\b\x7f", "overwrite"),
        ("c1 \x9b31m\x85", "c1 31m"),
        ("left \u202eright\u2066\u200f\u2028", "left right"),
    ],
)
def test_control_characters_are_left_out(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_line_stays_one_line() -> None:
    assert clean_line(" a\n\x1b[31mb\t c ") == "a [31mb c"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "variables", "colored"),
    [
        (Terminal(), {}, True),
        (io.StringIO(), {}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
    ],
)
def test_color_is_for_terminals_that_want_it(
    stream: io.StringIO, variables: dict[str, str], colored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert shows_color(stream) is colored
    assert dim("x", stream) == ("\x1b[2mx\x1b[0m" if colored else "x")

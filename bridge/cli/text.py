"""Text for a terminal: without control characters, and in color only where it is wanted."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

# C0 and C1 control characters without tab and line break, and those that change the direction of
# text: a terminal would act on the first, and the second can show a line as another one.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def clean(text: object) -> str:
    """Return a text without characters that a terminal acts on, except tabs and line breaks.

    For all that comes from the server, a file or the log: it must not move the cursor, change
    colors or write to the clipboard.
    """
    return _CONTROL.sub("", str(text).replace("\r\n", "\n"))


def clean_line(text: object) -> str:
    """Return a text as one line, without characters that a terminal acts on."""
    return " ".join(clean(text).split())


def print_line(text: object = "") -> None:
    """Print a cleaned text to stdout."""
    print(clean(text))


def print_error(text: object) -> None:
    """Print a cleaned text to stderr, for the user and not for a program that reads the output."""
    print(clean(text), file=sys.stderr)


def dim(text: str, stream: TextIO) -> str:
    """Return a text in a faint color, if the stream shows colors; `text` must be cleaned."""
    return f"\x1b[2m{text}\x1b[0m" if shows_color(stream) else text


def shows_color(stream: TextIO) -> bool:
    """Return whether colors may be used: on a terminal, unless `NO_COLOR` is set.

    https://no-color.org
    """
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream.isatty()

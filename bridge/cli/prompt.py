"""Questions to the user in a terminal; Ctrl+D is no answer, and no error."""

from __future__ import annotations

import getpass


def confirm(question: str, *, default: bool = False) -> bool:
    """Ask for yes or no; return `default` if the user only presses Enter, and False on Ctrl+D."""
    choices = "[Y/n]" if default else "[y/N]"
    try:
        answer = input(f"{question} {choices} ").strip().lower()
    except EOFError:
        # The cursor is still behind the question.
        print()
        return False
    return answer in ("y", "yes") if answer else default


def read_hidden(prompt: str) -> str:
    """Read a line without showing it; return an empty text on Ctrl+D."""
    try:
        return getpass.getpass(prompt)
    except EOFError:
        print()
        return ""

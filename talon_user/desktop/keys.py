"""Presses keys and types, with community's actions where somebody implements them."""

from talon import actions, app

KEYS = {
    "copy": ("ctrl-c", "cmd-c"),
    "paste": ("ctrl-v", "cmd-v"),
    "select_all": ("ctrl-a", "cmd-a"),
    "left": ("left", "left"),
    "right": ("right", "right"),
    "line_start": ("home", "cmd-left"),
    "line_end": ("end", "cmd-right"),
    "extend_line_end": ("shift-end", "cmd-shift-right"),
}
"""For each of Talon's `edit` actions that we use: its keys elsewhere, and on a Mac."""


def type_text(text: str) -> None:
    """Type `text` into the focused window."""
    actions.insert(text)


def edit(name: str) -> None:
    """Do one of Talon's edit actions; where no package implements it, press its keys."""
    try:
        getattr(actions.edit, name)()
    except NotImplementedError:
        actions.key(KEYS[name][app.platform == "mac"])


def select_back(steps: int) -> None:
    """Extend the selection to the left by so many steps of the caret."""
    if steps:
        actions.key(f"shift-left:{steps}")


def press_backspace() -> None:
    """Delete the selection."""
    actions.key("backspace")


def press_new_file() -> None:
    """Open a new file in the focused app."""
    actions.key("cmd-n" if app.platform == "mac" else "ctrl-n")

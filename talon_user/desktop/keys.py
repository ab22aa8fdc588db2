"""Press keys and type text in the focused window."""

from talon import actions, app, settings

KEYS_MILLISECONDS = 8.0
"""How long keys may be pressed in one callback."""

# The keys of Talon's `edit` actions that we use: on Windows and Linux, and on a Mac.
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


def count_keys_at_once() -> int:
    """Return how many keys may be pressed in one callback: Talon waits after each."""
    wait = float(settings.get("key_wait", 1.0))
    return max(1, int(KEYS_MILLISECONDS / max(wait, 1.0)))


def type_text(text: str, insert_limit: int) -> None:
    """Type `text`, in parts of which none is longer than what `insert` types."""
    # Community's `insert` pastes longer text, and with a limit of 0 every character.
    if insert_limit > 0:
        for start in range(0, len(text), insert_limit):
            actions.insert(text[start : start + insert_limit])
    else:
        for char in text:
            actions.key("space" if char == " " else char)


def run_edit_action(name: str) -> None:
    """Run one of Talon's `edit` actions, or press its keys if no package implements it."""
    try:
        getattr(actions.edit, name)()
    except NotImplementedError:
        actions.key(KEYS[name][app.platform == "mac"])


def select_back(steps: int) -> None:
    """Extend the selection to the left by `steps` caret steps."""
    if steps:
        actions.key(f"shift-left:{steps}")


def press_backspace() -> None:
    """Delete the selection."""
    actions.key("backspace")


def press_new_file() -> None:
    """Open a new file in the focused app."""
    actions.key("cmd-n" if app.platform == "mac" else "ctrl-n")

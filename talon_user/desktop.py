"""All that a session asks of Talon about the screen: the focused window, keys, notifications."""

import re

from talon import actions, app, scope, ui

NO_WINDOW = -1
TERMINALS = frozenset(
    {
        "alacritty", "cmd", "conhost", "foot", "ghostty", "iterm", "iterm2", "kitty", "konsole",
        "mintty", "powershell", "ptyxis", "pwsh", "terminal", "terminator", "tilix", "wezterm",
        "windowsterminal", "xterm"
    }
)  # fmt: skip


def focused_window() -> int:
    """Return the id of the focused window, or NO_WINDOW."""
    try:
        return int(ui.active_window().id)
    except ui.UIErr:
        return NO_WINDOW


def in_terminal() -> bool:
    """Tell whether the focused app is a terminal, by Talon's tag or by its name."""
    if "terminal" in (scope.get("tag") or ()):
        return True
    focused = ui.active_app()
    program = re.split(r"[\\/]", focused.exe or "")[-1]
    names = f"{focused.name} {program} {focused.bundle or ''}".lower()
    return not TERMINALS.isdisjoint(re.findall(r"[a-z0-9]+", names))


def type_text(text: str) -> None:
    """Type `text` into the focused window."""
    actions.insert(text)


def press_paste() -> None:
    """Press paste; without community nobody implements `edit.paste`, so press its keys."""
    try:
        actions.edit.paste()
    except NotImplementedError:
        actions.key("cmd-v" if app.platform == "mac" else "ctrl-v")


def notify(sentence: str) -> None:
    """Show `sentence` to the user."""
    app.notify(title="Claude", body=sentence)

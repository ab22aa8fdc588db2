"""Read what Talon knows about the focused window and its app."""

import re
from collections import deque
from dataclasses import dataclass

from talon import app, scope, ui

NO_WINDOW = -1
recent_notices: deque[str] = deque(maxlen=10)
"""The last notices, newest last, for users who missed them or cannot see them."""
TERMINALS = frozenset(
    {
        "alacritty", "cmd", "conhost", "foot", "ghostty", "iterm", "iterm2", "kitty", "konsole",
        "mintty", "powershell", "ptyxis", "pwsh", "terminal", "terminator", "tilix", "wezterm",
        "windowsterminal", "xterm"
    }
)  # fmt: skip


@dataclass(frozen=True)
class Focus:
    """The focused window's id, or NO_WINDOW, with its app's name, program and bundle."""

    window: int
    app: str = ""
    program: str = ""
    bundle: str = ""
    title: str = ""


def read_focused_window() -> int:
    """Return the id of the focused window, or NO_WINDOW."""
    try:
        return int(ui.active_window().id)
    except ui.UIErr:
        return NO_WINDOW


def read_focus() -> Focus:
    """Return the focused window and its app."""
    window = read_focused_window()
    if window == NO_WINDOW:
        return Focus(NO_WINDOW)
    active = ui.active_app()
    program = re.split(r"[\\/]", active.exe or "")[-1]
    title = ui.active_window().title or ""
    return Focus(window, active.name or "", program, active.bundle or "", title)


def is_terminal(focus: Focus) -> bool:
    """Return whether the focused app is a terminal, by Talon's tag or by its name."""
    # The tag comes from community's app definitions; without community the names must do.
    if "terminal" in (scope.get("tag") or ()):
        return True
    names = f"{focus.app} {focus.program} {focus.bundle}".lower()
    return not TERMINALS.isdisjoint(re.findall(r"[a-z0-9]+", names))


def is_denied(focus: Focus, names: str) -> bool:
    """Return whether the app's name, program or bundle is in the comma-separated `names`."""
    denied = {name.strip().lower() for name in names.split(",")} - {""}
    program = focus.program.lower().removesuffix(".exe")
    return not denied.isdisjoint({focus.app.lower(), program, focus.bundle.lower()})


def notify(sentence: str) -> None:
    """Show `sentence` to the user as a notification, and store it."""
    recent_notices.append(sentence)
    show_notification(sentence)


def show_notification(sentence: str) -> None:
    """Show `sentence` to the user as a notification."""
    app.notify(title="Claude", body=sentence)

"""All that Talon knows about the focused window: its id, its app, whether it is a terminal."""

import re
from dataclasses import dataclass

from talon import app, scope, ui

NO_WINDOW = -1
TERMINALS = frozenset(
    {
        "alacritty", "cmd", "conhost", "foot", "ghostty", "iterm", "iterm2", "kitty", "konsole",
        "mintty", "powershell", "ptyxis", "pwsh", "terminal", "terminator", "tilix", "wezterm",
        "windowsterminal", "xterm"
    }
)  # fmt: skip


@dataclass(frozen=True)
class Focus:
    """The focused window, or NO_WINDOW with nothing else."""

    window: int
    app: str = ""
    program: str = ""
    bundle: str = ""
    title: str = ""


def focused_window() -> int:
    """Return the id of the focused window, or NO_WINDOW."""
    try:
        return int(ui.active_window().id)
    except ui.UIErr:
        return NO_WINDOW


def focus() -> Focus:
    """Return what is focused."""
    window = focused_window()
    if window == NO_WINDOW:
        return Focus(NO_WINDOW)
    active = ui.active_app()
    program = re.split(r"[\\/]", active.exe or "")[-1]
    title = ui.active_window().title or ""
    return Focus(window, active.name or "", program, active.bundle or "", title)


def in_terminal(focused: Focus) -> bool:
    """Tell whether the app is a terminal, by Talon's tag or by its name."""
    if "terminal" in (scope.get("tag") or ()):
        return True
    names = f"{focused.app} {focused.program} {focused.bundle}".lower()
    return not TERMINALS.isdisjoint(re.findall(r"[a-z0-9]+", names))


def is_denied(focused: Focus, names: str) -> bool:
    """Tell whether the app is on the list: its name, program or bundle, with commas between."""
    denied = {name.strip().lower() for name in names.split(",")} - {""}
    program = focused.program.lower().removesuffix(".exe")
    return not denied.isdisjoint({focused.app.lower(), program, focused.bundle.lower()})


def notify(sentence: str) -> None:
    """Show `sentence` to the user."""
    app.notify(title="Claude", body=sentence)

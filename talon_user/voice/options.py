"""Declare the settings, and read and check their values."""

from typing import Any

from talon import Module, settings

from ..core.insertion import TYPE_LIMIT
from ..core.place import Place, classify_place
from ..desktop.screen import notify, read_signs
from ..wire.request import Address, parse_address
from ..wire.running import find_running_url

DEFAULT_PORT = 8000
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"
DENIED_APPS = (
    "1Password, Bitwarden, Dashlane, KeePass, KeePassXC, Keychain Access, LastPass, Passwords"
)
CHOICES = {
    "insert_mode": ("stream", "lines", "at_end"),
    "default_destination": (
        "here", "above", "below", "new file", "clip", "append", "window", "browser", "speech",
        "snippet",
    ),
    "stop_noise": ("", "hiss", "pop"),
    "hud": ("auto", "canvas", "imgui", "none"),
}  # fmt: skip
"""The values of some settings; the first one counts where there is another."""

mod = Module()
SETTINGS: tuple[tuple[str, Any, str], ...] = (
    (
        "bridge_url",
        DEFAULT_URL,
        "The bridge's address: a numeric host or localhost; the default finds it on any port",
    ),
    ("api_key", "", "The bridge's access key, if it requires one"),
    (
        "model",
        "default",
        "The model for questions that do not name one; default is the bridge's active model",
    ),
    (
        "insert_mode",
        "stream",
        "stream: insert text as it arrives; lines: paste whole lines; at_end: paste the complete"
        " answer",
    ),
    (
        "default_destination",
        "here",
        "Where an answer goes if neither you nor the prompt names a destination: here, above, "
        "below, new file, clip, append, window, browser, speech or snippet",
    ),
    ("code_mode", False, "Insert code without fences if “claude ask” asks for code"),
    (
        "thread_minutes",
        30.0,
        "Minutes after the last answer in which “claude ask” continues its thread; 0: never",
    ),
    ("timeout_seconds", 60.0, "Seconds to wait for the first words of an answer; 0: without end"),
    ("window_lines", 40, "Longer answers to “claude ask” go to Claude's window; 0: never"),
    ("tell_app", False, "Send the current app's name"),
    ("tell_title", False, "Send the window's title"),
    (
        "deny_apps",
        DENIED_APPS,
        "Apps in which nothing is read or inserted: names, programs or bundles, comma-separated",
    ),
    (
        "text_apps",
        "",
        "Your own apps that run nothing and may get several lines: names, programs or bundles",
    ),
    ("terminals", "", "Your own apps that run each line, and never get a line break or a copy key"),
    ("shell", "", "The shell for “claude shell”; empty: the system's usual shell"),
    ("stop_noise", "", "A noise that stops Claude: hiss, pop or none"),
    (
        "context_always",
        True,
        "Send what Claude remembers with every question; false: only after “claude with context”",
    ),
    (
        "sounds",
        False,
        "Play the system's notification sound with each notice and at the end of an answer",
    ),
    ("hud", "auto", "The library that draws status and answers: auto, canvas, imgui or none"),
)
"""Name, default and description of each setting."""
for _name, _default, _description in SETTINGS:
    mod.setting(f"claude_{_name}", type=type(_default), default=_default, desc=_description)


def read_text(name: str) -> str:
    """Return a text setting; `name` has no `user.claude_` prefix."""
    return str(settings.get(f"user.claude_{name}"))


def is_enabled(name: str) -> bool:
    """Return a setting that is true or false."""
    return bool(settings.get(f"user.claude_{name}"))


def read_number(name: str) -> float:
    """Return a setting that is a number."""
    return float(settings.get(f"user.claude_{name}"))


def read_choice(name: str) -> str:
    """Return a setting of CHOICES; for another value, notify the user and return the first."""
    value, choices = read_text(name), CHOICES[name]
    if value in choices:
        return value
    words = [choice or "empty" for choice in choices]
    allowed = f"{', '.join(words[:-1])} or {words[-1]}"
    notify(f"user.claude_{name} must be {allowed}. Using {choices[0] or 'none'}.")
    return choices[0]


def read_address() -> Address:
    """Return the bridge's address; raise BadSetting."""
    url = read_text("bridge_url")
    # A setting that the user left alone follows the bridge to whatever port it uses.
    running = find_running_url(DEFAULT_PORT) if url == DEFAULT_URL else None
    return parse_address(running or url)


def read_place() -> Place:
    """Return whether the focus is in a text field, in a terminal, or may be in either."""
    return classify_place(read_signs(), read_text("text_apps"), read_text("terminals"))


def read_type_limit() -> int:
    """Return the length of the longest text that `insert` types.

    With community, `insert` pastes longer text by itself: it waits 150 ms, and then restores the
    clipboard while slow apps still read it.
    """
    threshold = int(settings.get("user.paste_to_insert_threshold", -1))
    return threshold if threshold >= 0 else TYPE_LIMIT

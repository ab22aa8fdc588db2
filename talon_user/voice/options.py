"""Declare the settings, and read and check their values."""

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
INSERT_MODES = ("stream", "lines", "at_end")
DEFAULT_DESTINATIONS = (
    "here", "above", "below", "new file", "clip", "append", "window", "browser", "speech",
    "snippet",
)  # fmt: skip
NOISES = ("", "hiss", "pop")
HUDS = ("auto", "canvas", "imgui", "none")

mod = Module()
mod.setting(
    "claude_bridge_url",
    type=str,
    default=DEFAULT_URL,
    desc="The bridge's address: a numeric host or localhost; the default finds it on any port",
)
mod.setting(
    "claude_api_key", type=str, default="", desc="The bridge's access key, if it requires one"
)
mod.setting(
    "claude_model",
    type=str,
    default="default",
    desc="The model for questions that do not name one; default is the bridge's active model",
)
mod.setting(
    "claude_insert_mode",
    type=str,
    default="stream",
    desc="stream: insert text as it arrives; lines: paste whole lines; "
    "at_end: paste the complete answer",
)
mod.setting(
    "claude_default_destination",
    type=str,
    default="here",
    desc="Where an answer goes if neither you nor the prompt names a destination: here, above, "
    "below, new file, clip, append, window, browser, speech or snippet",
)
mod.setting(
    "claude_code_mode",
    type=bool,
    default=False,
    desc="Insert code without fences if “claude ask” asks for code",
)
mod.setting(
    "claude_thread_minutes",
    type=float,
    default=30.0,
    desc="Minutes after the last answer in which “claude ask” continues its thread; 0: never",
)
mod.setting(
    "claude_timeout_seconds",
    type=float,
    default=60.0,
    desc="Seconds to wait for the first words of an answer; 0: without end",
)
mod.setting(
    "claude_window_lines",
    type=int,
    default=40,
    desc="Longer answers to “claude ask” go to Claude's window; 0: never",
)
mod.setting("claude_tell_app", type=bool, default=False, desc="Send the current app's name")
mod.setting("claude_tell_title", type=bool, default=False, desc="Send the window's title")
mod.setting(
    "claude_deny_apps",
    type=str,
    default=DENIED_APPS,
    desc="Apps in which nothing is read or inserted: names, programs or bundles, comma-separated",
)
mod.setting(
    "claude_text_apps",
    type=str,
    default="",
    desc="Your own apps that run nothing and may get several lines: names, programs or bundles",
)
mod.setting(
    "claude_terminals",
    type=str,
    default="",
    desc="Your own apps that run each line, and never get a line break or a copy key",
)
mod.setting(
    "claude_shell",
    type=str,
    default="",
    desc="The shell for “claude shell”; empty: the system's usual shell",
)
mod.setting(
    "claude_stop_noise", type=str, default="", desc="A noise that stops Claude: hiss, pop or none"
)
mod.setting(
    "claude_context_always",
    type=bool,
    default=True,
    desc="Send what Claude remembers with every question; false: only after “claude with context”",
)
mod.setting(
    "claude_sounds",
    type=bool,
    default=False,
    desc="Play the system's notification sound with each notice and at the end of an answer",
)
mod.setting(
    "claude_hud",
    type=str,
    default="auto",
    desc="The library that draws status and answers: auto, canvas, imgui or none",
)


def read_text(name: str) -> str:
    """Return a text setting; `name` has no `user.claude_` prefix."""
    return str(settings.get(f"user.claude_{name}"))


def is_enabled(name: str) -> bool:
    """Return a setting that is true or false."""
    return bool(settings.get(f"user.claude_{name}"))


def read_thread_minutes() -> float:
    """Return how long “claude ask” continues a thread, in minutes."""
    return float(settings.get("user.claude_thread_minutes"))


def read_timeout_seconds() -> float:
    """Return how long to wait for the first words of an answer; infinite for 0."""
    seconds = float(settings.get("user.claude_timeout_seconds"))
    return seconds if seconds > 0 else float("inf")


def read_window_lines() -> int:
    """Return how many lines an answer may have to be inserted at once; 0: any number."""
    return int(settings.get("user.claude_window_lines"))


def read_address() -> Address:
    """Return the bridge's address; raise BadSetting."""
    url = read_text("bridge_url")
    # A setting that the user left alone follows the bridge to whatever port it uses.
    running = find_running_url(DEFAULT_PORT) if url == DEFAULT_URL else None
    return parse_address(running or url)


def read_insert_mode() -> str:
    """Return how to insert into the focused app."""
    return _read_choice("insert_mode", INSERT_MODES, "stream")


def read_default_destination() -> str:
    """Return where an answer goes without a destination."""
    return _read_choice("default_destination", DEFAULT_DESTINATIONS, "here")


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


def read_stop_noise() -> str:
    """Return the noise that stops Claude, or empty."""
    return _read_choice("stop_noise", NOISES, "")


def read_hud() -> str:
    """Return the GUI library to use."""
    return _read_choice("hud", HUDS, "auto")


def _read_choice(name: str, choices: tuple[str, ...], fallback: str) -> str:
    """Return a setting; for a value that is not a choice, notify the user and use `fallback`."""
    value = read_text(name)
    if value in choices:
        return value
    words = [choice or "empty" for choice in choices]
    allowed = f"{', '.join(words[:-1])} or {words[-1]}"
    notify(f"user.claude_{name} must be {allowed}. Using {fallback or 'none'}.")
    return fallback

"""Declares the settings, and reads each as what it must be."""

from talon import Module, settings

from ..desktop.screen import notify
from ..wire.request import Address, parse_address

SAFES = "1Password, Bitwarden, Dashlane, KeePass, KeePassXC, Keychain Access, LastPass, Passwords"
MODES = ("stream", "lines", "at_end")
NOISES = ("", "hiss", "pop")
HUDS = ("auto", "canvas", "imgui", "none")

mod = Module()
mod.setting(
    "claude_bridge_url",
    type=str,
    default="http://127.0.0.1:8000",
    desc="Where the bridge listens: a numeric address or localhost",
)
mod.setting(
    "claude_api_key", type=str, default="", desc="The bridge's key, when it was set up with one"
)
mod.setting(
    "claude_model",
    type=str,
    default="default",
    desc="The model that answers where none is spoken; default is the bridge's own",
)
mod.setting(
    "claude_insert_mode",
    type=str,
    default="stream",
    desc="stream: prose as it comes, typed, line breaks pasted; lines: whole lines, pasted; "
    "at_end: one paste when the answer is whole",
)
mod.setting(
    "claude_code_mode",
    type=bool,
    default=False,
    desc="Whether “claude ask” wants code, and only the code of the answer is inserted",
)
mod.setting(
    "claude_thread_minutes",
    type=float,
    default=30.0,
    desc="How long “claude ask” goes on in the thread of the last answer; 0: never",
)
mod.setting("claude_tell_app", type=bool, default=False, desc="Whether Claude is told the app")
mod.setting(
    "claude_tell_title", type=bool, default=False, desc="Whether Claude is told the window's title"
)
mod.setting(
    "claude_deny_apps",
    type=str,
    default=SAFES,
    desc="Apps in which nothing is read or inserted: names, programs or bundles, with commas",
)
mod.setting(
    "claude_shell", type=str, default="", desc="The shell for “claude shell”; empty: the system's"
)
mod.setting(
    "claude_stop_noise", type=str, default="", desc="A noise that stops Claude: hiss, pop or none"
)
mod.setting(
    "claude_hud", type=str, default="auto", desc="What shows the state: auto, canvas, imgui, none"
)


def text(name: str) -> str:
    """Return a setting of text; `name` without its user.claude_."""
    return str(settings.get(f"user.claude_{name}"))


def switch(name: str) -> bool:
    """Return a setting that is on or off."""
    return bool(settings.get(f"user.claude_{name}"))


def thread_minutes() -> float:
    """Return how long a thread goes on by itself."""
    return float(settings.get("user.claude_thread_minutes"))


def address() -> Address:
    """Return where the bridge listens; raise BadSetting."""
    return parse_address(text("bridge_url"))


def insert_mode() -> str:
    """Return how to insert into the focused app."""
    return _one_of("insert_mode", MODES, "stream")


def stop_noise() -> str:
    """Return the noise that stops Claude."""
    return _one_of("stop_noise", NOISES, "")


def hud() -> str:
    """Return which GUI library shows the state."""
    return _one_of("hud", HUDS, "auto")


def _one_of(name: str, allowed: tuple[str, ...], instead: str) -> str:
    value = text(name)
    if value in allowed:
        return value
    words = [one or "nothing" for one in allowed]
    choice = f"{', '.join(words[:-1])} or {words[-1]}"
    notify(f"Set user.claude_{name} to {choice}; until then it is {instead or 'nothing'}.")
    return instead

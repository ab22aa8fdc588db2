"""What Talon has built in and what the `community` package adds, as far as we meet it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.talon_world.declarations import Capture
from tests.talon_world.script_thread import seconds_in

if TYPE_CHECKING:
    from tests.talon_world.world import TalonWorld

BUILTIN_CAPTURES = frozenset(
    {
        "phrase", "word", "digit_string", "digits", "key", "letter", "modifiers", "number",
        "number_signed", "number_small", "number_string", "special_key", "symbol"
    }
)  # fmt: skip
TYPING_KEYS = {"enter": "\n", "tab": "\t", "space": " "}


class Phrase(list[str]):
    """The engine's words for `<phrase>`."""


def builtin_actions(world: "TalonWorld") -> dict[str, Callable[..., Any]]:
    """Return the actions that Talon has without any package; some are names and nothing more."""

    def insert(text: str) -> None:
        window = world.focused
        if window is not None:
            window.type(text)

    def key(key: str) -> None:
        window = world.focused
        if window is not None and key in ("ctrl-v", "cmd-v"):
            window.paste()
        elif window is not None and key in TYPING_KEYS:
            window.key(TYPING_KEYS[key])

    def sleep(duration: str) -> None:
        world.script.flag(f"actions.sleep({duration!r}) holds up the script thread")

    def paste() -> None:
        raise NotImplementedError("Action 'edit.paste' exists but no Context implements it")

    def parse_words(phrase: Phrase) -> list[str]:
        return list(phrase)

    return {
        "insert": insert,
        "key": key,
        "sleep": sleep,
        "edit.paste": paste,
        "dictate.parse_words": parse_words,
        "speech.enabled": lambda: world.speech_enabled,
    }


def add_community(world: "TalonWorld") -> None:
    """Add what the community package brings."""

    def edit_paste() -> None:
        if world.focused is not None:
            world.focused.paste()

    def user_paste(text: str) -> None:
        """Paste as community does: it sleeps, and its restore races slow apps."""
        before = world.clipboard.formats
        world.clipboard.put({"text/plain": text})
        edit_paste()
        world.script.sleep(seconds_in("150ms"))
        world.clipboard.put(before)

    world.builtins["edit.paste"] = edit_paste
    world.builtins["user.paste"] = user_paste
    world.declarations.captures["user.text"] = Capture("<phrase>", lambda m: " ".join(m.phrase))

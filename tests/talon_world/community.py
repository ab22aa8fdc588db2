"""The built-in actions and captures, and those of community and Cursorless that we use."""

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


EDIT_KEYS = {
    "copy": "ctrl-c", "paste": "ctrl-v", "select_all": "ctrl-a", "undo": "ctrl-z",
    "left": "left", "right": "right", "line_start": "home", "line_end": "end",
    "extend_left": "shift-left", "extend_line_start": "shift-home", "extend_line_end": "shift-end",
}  # fmt: skip


class Phrase(list[str]):
    """The engine's words for `<phrase>`."""


def _press(world: "TalonWorld", name: str, times: int) -> None:
    world.script.count_keys(times)
    world.script.charge(times * float(world.setting("key_wait", 1.0)) / 1000)
    for _ in range(times):
        if world.focused is not None:
            world.focused.press(name)


def builtin_actions(world: "TalonWorld") -> dict[str, Callable[..., Any]]:
    """Return the actions of Talon without any package; some have no implementation."""

    def insert(text: str) -> None:
        world.script.count_keys(len(text))
        window = world.focused
        if window is not None:
            window.type(text)

    def key(key: str) -> None:
        for one in key.split():
            name, _, times = (one, "", "") if one == ":" else one.partition(":")
            _press(world, name, int(times or 1))

    def sleep(duration: str) -> None:
        world.script.flag(f"actions.sleep({duration!r}) blocks the script thread")

    def make_unimplemented(name: str) -> Callable[..., Any]:
        def raise_unimplemented() -> None:
            raise NotImplementedError(f"Action '{name}' exists but no Context implements it")

        return raise_unimplemented

    def parse_words(phrase: Phrase) -> list[str]:
        return list(phrase)

    return {
        "insert": insert,
        "key": key,
        "sleep": sleep,
        **_build_mode_actions(world),
        **_build_tracking_actions(world),
        **{f"edit.{name}": make_unimplemented(f"edit.{name}") for name in EDIT_KEYS},
        "dictate.parse_words": parse_words,
        "speech.enabled": lambda: world.speech_enabled,
    }


def _build_mode_actions(world: "TalonWorld") -> dict[str, Callable[..., Any]]:
    def enable(mode: str) -> None:
        if mode not in {"command", "dictation", "sleep", *world.declarations.modes}:
            world.script.flag(f"no mod.mode declares {mode}")
        world.modes.add(mode)

    def disable(mode: str) -> None:
        world.modes.discard(mode)

    return {"mode.enable": enable, "mode.disable": disable}


def _build_tracking_actions(world: "TalonWorld") -> dict[str, Callable[..., Any]]:
    def toggle(name: str) -> Callable[[bool], None]:
        return lambda state: world.gaze.add(name) if state else world.gaze.discard(name)

    names = ("control", "control1", "control_zoom")
    enabled = {f"tracking.{name}_enabled": lambda name=name: name in world.gaze for name in names}
    return {**enabled, **{f"tracking.{name}_toggle": toggle(name) for name in names}}


def add_community(world: "TalonWorld") -> None:
    """Add the actions and captures of the community package."""

    def press(key: str) -> Callable[[], None]:
        return lambda: world.builtins["key"](key)

    def user_paste(text: str) -> None:
        """Paste as community does: it sleeps, and restores too early for slow apps."""
        before = world.clipboard.formats
        world.clipboard.put({"text/plain": text})
        world.builtins["edit.paste"]()
        world.script.sleep(seconds_in("150ms"))
        world.clipboard.put(before)

    insert_typed = world.builtins["insert"]

    def insert(text: str) -> None:
        """Paste text that is longer than a setting, instead of typing it."""
        threshold = world.setting("user.paste_to_insert_threshold", None)
        if 0 <= threshold < len(text) and "terminal" not in world.tags:
            user_paste(text)
        else:
            insert_typed(text)

    world.community_settings["user.paste_to_insert_threshold"] = -1
    world.builtins["insert"] = insert
    world.builtins.update({f"edit.{name}": press(key) for name, key in EDIT_KEYS.items()})

    def insert_snippet(body: str) -> None:
        """Let the editor insert a snippet, and wait for it."""
        world.script.wait_in_command("insert_snippet", 0.05)
        if world.focused is not None:
            world.focused.snippets.append(body)

    world.builtins["user.insert_snippet"] = insert_snippet
    world.builtins["user.paste"] = user_paste
    world.builtins["user.get_last_phrase"] = lambda: world.last_dictated
    world.declarations.captures["user.text"] = Capture("<phrase>", lambda m: " ".join(m.phrase))

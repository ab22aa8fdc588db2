"""A fake Cursorless: targets in the focused editor, and calls that wait for it and may fail."""

from typing import TYPE_CHECKING

from tests.talon_world.apps import App
from tests.talon_world.declarations import Capture

if TYPE_CHECKING:
    from tests.talon_world.world import TalonWorld

# "this", "that" and "line" are targets, too: the selection, the last target, the current line.
MARK = "(air | bat | this | that | line)"
# Cursorless writes a request to a file, presses a key, and sleeps until the editor has replied.
REPLY_SECONDS = 0.06


class Cursorless:
    """`hats` maps the spoken form of a hat to the text below it."""

    def __init__(self, world: "TalonWorld") -> None:
        self.hats: dict[str, str] = {}
        self.failure = ""
        """What the next calls fail with, such as a time-out."""
        self._world = world
        self._last: tuple[int, int] | None = None

    def add(self) -> None:
        """Declare Cursorless's actions and captures, as in the editor that has it."""
        world = self._world
        world.tags.add("user.cursorless")
        world.builtins["user.cursorless_get_text_list"] = self._read_texts
        world.builtins["user.cursorless_command"] = self._run_command
        world.builtins["user.cursorless_insert"] = self._insert
        captures = world.declarations.captures
        captures["user.cursorless_target"] = Capture(f"{MARK} (and {MARK})*", str)
        captures["user.cursorless_destination"] = Capture(
            "(to | before | after) <user.cursorless_target>", str
        )

    def _read_texts(self, target: str) -> list[str]:
        window = self._await_editor()
        ranges = [self._resolve(window, mark) for mark in target.split(" and ")]
        return [window.text[start:end] for start, end in ranges]

    def _run_command(self, action_name: str, target: str) -> None:
        window = self._await_editor()
        assert action_name == "setSelection", action_name
        window.anchor, window.caret = self._resolve(window, target)

    def _insert(self, destination: str, text: str) -> None:
        window = self._await_editor()
        mode, _, target = destination.partition(" ")
        start, end = self._resolve(window, target)
        start, end = {"to": (start, end), "before": (start, start), "after": (end, end)}[mode]
        window.text = window.text[:start] + text + window.text[end:]

    def _await_editor(self) -> App:
        self._world.script.wait_in_command("Cursorless", REPLY_SECONDS)
        if self.failure:
            raise RuntimeError(self.failure)
        assert self._world.focused is not None
        return self._world.focused

    def _resolve(self, window: App, mark: str) -> tuple[int, int]:
        """Return where a mark is now: hats move whenever the text changes."""
        text, start, end = window.text, len(window.before), len(window.text) - len(window.after)
        if mark == "line":
            start = text.rfind("\n", 0, start) + 1
            end = len(text[:start] + text[start:].split("\n")[0])
        elif mark == "that" and self._last is not None:
            start, end = self._last
        elif mark != "this":
            if self.hats.get(mark, "\0") not in text:
                raise RuntimeError("No such hat")
            start = text.index(self.hats[mark])
            end = start + len(self.hats[mark])
        self._last = (start, end)
        return self._last

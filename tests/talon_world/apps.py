"""Fake apps, each with one habit that breaks careless insertion."""

import itertools
import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.talon_world.world import TalonWorld

CLOSERS = {"(": ")", "[": "]", "{": "}"}
TYPED = {"enter": "\n", "tab": "\t", "space": " "}


class Rect:
    """A rectangle of the screen."""

    def __init__(self, x: float, y: float, width: float, height: float) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height


class App:
    """A plain text field with a caret and a selection; `paste_delay`: how late it reads."""

    name = "Notes"
    exe = "/usr/bin/notes"
    bundle = ""
    paste_delay = 0.02
    rect = Rect(10, 20, 800, 600)
    _ids = itertools.count(1)

    def __init__(self, world: "TalonWorld", title: str = "") -> None:
        self.world = world
        self.id = next(App._ids)
        self.title = title or self.name
        self.text = ""
        self.anchor = self.caret = 0
        self.undo: list[str] = []
        self.keys: list[str] = []

    @property
    def app(self) -> "App":
        """Let the window stand for its app."""
        return self

    @property
    def before(self) -> str:
        """The text before the selection."""
        return self.text[: min(self.anchor, self.caret)]

    @property
    def after(self) -> str:
        """The text after the selection."""
        return self.text[max(self.anchor, self.caret) :]

    @property
    def selected(self) -> str:
        """The text that is selected."""
        return self.text[len(self.before) : len(self.text) - len(self.after)]

    def focus(self) -> None:
        """Bring this window to the front."""
        self.world.focus(self)

    # The user's hands.

    def write(self, text: str) -> None:
        """Have the user write, at the caret."""
        self.put(text)

    def select(self, text: str) -> None:
        """Have the user select the first `text`."""
        self.anchor = self.text.index(text)
        self.caret = self.anchor + len(text)

    def click(self, at: int) -> None:
        """Have the user put the caret somewhere."""
        self.anchor = self.caret = at

    # What keys do.

    def type(self, text: str) -> None:
        """Take typed characters, one key each."""
        self.undo.append(self.text)
        for char in text:
            self.key(char)

    def key(self, char: str) -> None:
        """Take one character."""
        self.put(char)

    def press(self, name: str) -> None:
        """Take one key that is no character, such as shift-left; refuse one we do not know."""
        self.keys.append(name)
        if name in TYPED:
            self.key(TYPED[name])
            return
        modifiers, _, key = name.rpartition("-")
        doing: Any = self._doings().get(name) or self._moves().get(key)
        if doing is None or modifiers not in ("", "shift", "ctrl", "cmd"):
            self.world.script.flag(f"nobody knows what the key {name} does in {self.name}")
        doing()
        if key in self._moves() and modifiers != "shift":
            self.anchor = self.caret

    def put(self, text: str) -> None:
        """Put text in the place of the selection."""
        start = len(self.before)
        self.text = self.before + text + self.after
        self.anchor = self.caret = start + len(text)

    def paste(self) -> None:
        """Paste what the clipboard holds once the app comes to read it."""
        self.world.script.later(self.paste_delay, self._read_clipboard)

    def take_paste(self, text: str) -> None:
        """Put pasted text in."""
        self.put(text)

    def copy(self) -> None:
        """Copy the selection a little later; with none, the clipboard stays as it is."""
        self.world.script.later(self.paste_delay, self._write_clipboard)

    def copied(self) -> str:
        """What copying puts on the clipboard now."""
        return self.selected

    def new_file(self) -> None:
        """Open an empty document in a window of its own."""
        self.world.script.later(0.1, lambda: self.world.open(type(self), "Untitled"))

    def _doings(self) -> dict[str, Callable[[], None]]:
        both = {
            "a": self._select_all, "c": self.copy, "v": self.paste, "n": self.new_file,
            "z": self._undo,
        }  # fmt: skip
        doings = {f"{modifier}-{key}": do for key, do in both.items() for modifier in _MODIFIERS}
        return {**doings, "backspace": self._backspace, "escape": lambda: None}

    def _moves(self) -> dict[str, Callable[[], None]]:
        return {
            "left": self._left,
            "right": self._right,
            "up": self._up,
            "home": self._home,
            "end": self._end,
        }

    def _left(self) -> None:
        if self.anchor != self.caret and self.keys[-1] == "left":
            self.caret = min(self.anchor, self.caret)
        else:
            self.caret = max([0, *(at for at in boundaries(self.text) if at < self.caret)])

    def _right(self) -> None:
        if self.anchor != self.caret and self.keys[-1] == "right":
            self.caret = max(self.anchor, self.caret)
        else:
            end = len(self.text)
            self.caret = min([end, *(at for at in boundaries(self.text) if at > self.caret)])

    def _home(self) -> None:
        self.caret = self.text.rfind("\n", 0, self.caret) + 1

    def _up(self) -> None:
        start = self.text.rfind("\n", 0, self.caret) + 1
        above = self.text.rfind("\n", 0, max(0, start - 1)) + 1
        self.caret = min(above + self.caret - start, max(0, start - 1))

    def _end(self) -> None:
        end = self.text.find("\n", self.caret)
        self.caret = len(self.text) if end < 0 else end

    def _backspace(self) -> None:
        self.undo.append(self.text)
        if self.anchor == self.caret:
            self._left()
        self.put("")

    def _select_all(self) -> None:
        self.anchor, self.caret = 0, len(self.text)

    def _undo(self) -> None:
        if self.undo:
            self.text = self.undo.pop()
            self.anchor = self.caret = len(self.text)

    def _read_clipboard(self) -> None:
        self.undo.append(self.text)
        self.take_paste(self.world.clipboard.text)

    def _write_clipboard(self) -> None:
        text = self.copied()
        if text:
            self.world.clipboard.user_copies(text)


_MODIFIERS = ("ctrl", "cmd")


def boundaries(text: str) -> list[int]:
    """Return where a caret can stand, as apps see it: not within what is seen as one."""
    stops = [0]
    for at in range(1, len(text) + 1):
        if at == len(text) or not _clings(text, at):
            stops.append(at)
    return stops


def _clings(text: str, at: int) -> bool:
    char, before = text[at], text[at - 1]
    if before in "\r\n":
        return before + char == "\r\n"
    if char in "\u200d\ufe0f\u20e3" or unicodedata.combining(char) or before == "\u200d":
        return True
    flags = len(text[:at]) - len(text[:at].rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))
    return "\U0001f3fb" <= char <= "\U0001f3ff" or (
        "\U0001f1e6" <= char <= "\U0001f1ff" and flags % 2 == 1
    )


class SlowPaster(App):
    """Reads the clipboard 300 ms after the key."""

    name = "Slow"
    paste_delay = 0.3


class CodeEditor(App):
    """Indents after Enter, closes brackets as one types, copies the line when told to copy none."""

    name = "Code"
    exe = "/usr/share/code/code"

    def key(self, char: str) -> None:
        """Take one key, with the editor's help."""
        if char == "\n":
            line = self.before.rsplit("\n", 1)[-1]
            indent = re.match(r"[ \t]*", line)
            deeper = "    " if line.rstrip().endswith((":", "{")) else ""
            self.put("\n" + (indent[0] if indent else "") + deeper)
        elif char in CLOSERS:
            self.put(char + self.selected + CLOSERS[char])
            self.click(self.caret - 1)
        elif char in CLOSERS.values() and self.after.startswith(char):
            self.click(self.caret + 1)
        else:
            self.put(char)

    def copied(self) -> str:
        """The selection, or else the whole line."""
        if self.selected:
            return self.selected
        return self.before.rpartition("\n")[2] + self.after.partition("\n")[0] + "\n"


class Chat(App):
    """Sends the draft when Enter is pressed; pasted line breaks stay in the draft."""

    name = "Chat"

    def __init__(self, world: "TalonWorld", title: str = "") -> None:
        super().__init__(world, title)
        self.sent: list[str] = []

    def key(self, char: str) -> None:
        """Take one key."""
        if char == "\n":
            self.sent.append(self.text)
            self.text = ""
            self.click(0)
        else:
            self.put(char)


class Terminal(App):
    """Runs the line at every line break, typed or pasted, and obeys control characters."""

    name = "Terminal"
    exe = "/usr/bin/gnome-terminal-server"

    def __init__(self, world: "TalonWorld", title: str = "") -> None:
        super().__init__(world, title)
        self.ran: list[str] = []

    def key(self, char: str) -> None:
        """Take one key."""
        if char in "\r\n":
            self.ran.append(self.text)
            self.text = ""
            self.click(0)
        elif char.isprintable():
            self.put(char)
        else:
            self.ran.append(f"control {char!r}")

    def press(self, name: str) -> None:
        """Obey ctrl-c: it ends the program that runs."""
        if name == "ctrl-c":
            self.ran.append("interrupted")
        else:
            super().press(name)

    def take_paste(self, text: str) -> None:
        """Obey pasted text just as typed text."""
        for char in text:
            self.key(char)


class CompletionPopup(App):
    """Offers a completion while one types a word; Enter and Tab then take it."""

    name = "Popup"

    def key(self, char: str) -> None:
        """Take one key, or lose it to the popup."""
        if char in "\n\t" and re.search(r"\w\w$", self.before):
            self.put("Completed")
        else:
            self.put(char)


class PasswordSafe(App):
    """Holds what nobody else should read."""

    name = "KeePassXC"
    exe = "/usr/bin/keepassxc"

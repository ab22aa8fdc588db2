"""Fake apps, each with one habit that breaks careless insertion."""

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.talon_world.world import TalonWorld

CLOSERS = {"(": ")", "[": "]", "{": "}"}


class App:
    """A plain text field; `paste_delay` is how late it reads the clipboard."""

    name = "Notes"
    exe = "/usr/bin/notes"
    bundle = ""
    paste_delay = 0.02
    _ids = itertools.count(1)

    def __init__(self, world: "TalonWorld", title: str = "") -> None:
        self.world = world
        self.id = next(App._ids)
        self.title = title or self.name
        self.before = ""
        self.after = ""
        self.undo: list[str] = []

    @property
    def text(self) -> str:
        """All that stands in the field."""
        return self.before + self.after

    @property
    def app(self) -> "App":
        """Let the window stand for its app."""
        return self

    def focus(self) -> None:
        """Bring this window to the front."""
        self.world.focus(self)

    def type(self, text: str) -> None:
        """Take typed characters, one key each."""
        self.undo.append(self.text)
        for char in text:
            self.key(char)

    def key(self, char: str) -> None:
        """Take one key."""
        self.before += char

    def paste(self) -> None:
        """Paste what the clipboard holds once the app comes to read it."""
        self.world.script.later(self.paste_delay, self._read_clipboard)

    def take_paste(self, text: str) -> None:
        """Put pasted text in."""
        self.before += text

    def _read_clipboard(self) -> None:
        self.undo.append(self.text)
        self.take_paste(self.world.clipboard.text)


class SlowPaster(App):
    """Reads the clipboard 300 ms after the key."""

    name = "Slow"
    paste_delay = 0.3


class CodeEditor(App):
    """Indents after Enter and closes brackets, as one types."""

    name = "Code"
    exe = "/usr/share/code/code"

    def key(self, char: str) -> None:
        """Take one key, with the editor's help."""
        if char == "\n":
            line = self.before.rsplit("\n", 1)[-1]
            indent = re.match(r"[ \t]*", line)
            deeper = "    " if line.rstrip().endswith((":", "{")) else ""
            self.before += "\n" + (indent[0] if indent else "") + deeper
        elif char in CLOSERS:
            self.before += char
            self.after = CLOSERS[char] + self.after
        elif char in CLOSERS.values() and self.after.startswith(char):
            self.before += char
            self.after = self.after[1:]
        else:
            self.before += char


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
            self.before = ""
        else:
            self.before += char


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
            self.ran.append(self.before)
            self.before = ""
        elif char.isprintable():
            self.before += char
        else:
            self.ran.append(f"control {char!r}")

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
            self.before += "Completed"
        else:
            self.before += char

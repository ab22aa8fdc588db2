"""Fake apps, each with a behaviour that breaks careless insertion."""

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
    """A plain text field; it reads the clipboard `paste_delay` seconds after the key."""

    name = "Notes"
    exe = "/usr/bin/notes"
    bundle = ""
    cls = ""
    element: Any = None
    """What `ui.focused_element` returns; without it, the platform cannot tell."""
    paste_delay = 0.02
    rect = Rect(10, 20, 800, 600)
    _ids = itertools.count(1)

    def __init__(self, world: "TalonWorld", title: str = "") -> None:
        self.world = world
        self.id = next(App._ids)
        self.title = title or self.name
        self.screen = world.screens[0]
        self.text = ""
        self.anchor = self.caret = 0
        self.undo: list[str] = []
        self.snippets: list[str] = []
        self.keys: list[str] = []
        self.pending_pastes = 0
        """Paste keys for which it has not read the clipboard yet."""

    @property
    def app(self) -> "App":
        """The app; each fake window is also its app."""
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

    # What the user does.

    def write(self, text: str) -> None:
        """Type as the user, at the caret."""
        self.put(text)

    def select(self, text: str) -> None:
        """Select the first occurrence of `text` as the user."""
        self.anchor = self.text.index(text)
        self.caret = self.anchor + len(text)

    def click(self, at: int) -> None:
        """Click as the user, and so move the caret."""
        self.move_caret(at)
        self.world.click()

    def move_caret(self, at: int) -> None:
        """Move the caret by other means than a click, such as the arrow keys or gaze."""
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
        """Handle a key by name, such as shift-left; flag an unknown one."""
        if len(name) == 1:
            self.key(name)
            return
        self.keys.append(name)
        if name in TYPED:
            self.key(TYPED[name])
            return
        modifiers, _, key = name.rpartition("-")
        handler: Any = self._handlers().get(name) or self._moves().get(key)
        if handler is None or modifiers not in ("", "shift", "ctrl", "cmd"):
            self.world.script.flag(f"unknown key {name} in {self.name}")
        handler()
        if key in self._moves() and modifiers != "shift":
            self.anchor = self.caret

    def put(self, text: str) -> None:
        """Replace the selection with text."""
        start = len(self.before)
        self.text = self.before + text + self.after
        self.anchor = self.caret = start + len(text)

    def paste(self) -> None:
        """Paste the clipboard's content after the app's delay."""
        self.pending_pastes += 1
        self.world.script.later(self.paste_delay, self._read_clipboard)

    def take_paste(self, text: str) -> None:
        """Insert pasted text."""
        self.put(text)

    def copy(self) -> None:
        """Copy the selection after the app's delay; an empty one leaves the clipboard unchanged."""
        self.world.script.later(self.paste_delay, self._write_clipboard)

    def read_selection(self) -> str:
        """Return the text that would be copied now."""
        return self.selected

    def new_file(self) -> None:
        """Open an empty document in a new window."""
        self.world.script.later(0.1, lambda: self.world.open(type(self), "Untitled"))

    def _handlers(self) -> dict[str, Callable[[], None]]:
        both = {
            "a": self._select_all, "c": self.copy, "v": self.paste, "n": self.new_file,
            "z": self._undo,
        }  # fmt: skip
        handlers = {f"{modifier}-{key}": do for key, do in both.items() for modifier in _MODIFIERS}
        return {**handlers, "backspace": self._backspace, "escape": lambda: None}

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
        self.pending_pastes -= 1
        self.undo.append(self.text)
        self.take_paste(self.world.clipboard.text)

    def _write_clipboard(self) -> None:
        text, clipboard = self.read_selection(), self.world.clipboard
        if not text or clipboard.locked:
            return
        # Many apps clear the clipboard first, and add formats such as HTML last.
        clipboard.put({})
        self.world.script.later(0.03, lambda: clipboard.user_copies(text))
        self.world.script.later(0.09, lambda: clipboard.add_format(text, "html", f"<p>{text}</p>"))


_MODIFIERS = ("ctrl", "cmd")


def boundaries(text: str) -> list[int]:
    """Return the caret positions of a text: those between visible characters."""
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
    """An app that reads the clipboard 450 ms after the key."""

    name = "Slow"
    paste_delay = 0.45


class Element:
    """An element as accessibility describes it: what it does not have raises."""

    def __init__(self, **facts: Any) -> None:
        self.__dict__.update(facts)


class AutoFormatter(App):
    """An app that corrects and formats what is typed, but not what is pasted."""

    name = "Pages"

    def key(self, char: str) -> None:
        """Take one key, and then correct the text before the caret."""
        self.put(char)
        before = self.before
        for wrong, right in (("teh ", "the "), ("--", "—"), ("(c) ", "© "), ("1/2 ", "½ ")):
            if before.endswith(wrong):
                start = len(before) - len(wrong)
                self.text = before[:start] + right + self.after
                self.move_caret(start + len(right))


class MacApp(App):
    """An app whose text accessibility can read, as most on a Mac: it tells where the caret is."""

    name = "TextEdit"
    bundle = "com.apple.TextEdit"

    @property
    def element(self) -> Any:
        """The focused element."""
        return Element(get=self._read_attribute)

    def _read_attribute(self, name: str) -> Any:
        if name != "AXSelectedTextRange":
            raise KeyError(name)
        return Element(left=min(self.anchor, self.caret), right=max(self.anchor, self.caret))


class CodeEditor(App):
    """An editor that indents, closes brackets, and copies the line if nothing is selected.

    Its focused element tells that the text has the focus, and not a terminal.
    """

    name = "Code"
    exe = "/usr/share/code/code"
    element: Any = Element(class_name="native-edit-context")

    def _home(self) -> None:
        """Go to the first word of the line, or from there to its start."""
        before, start = self.caret, self.text.rfind("\n", 0, self.caret) + 1
        self._end()
        line = self.text[start : self.caret]
        word = start + len(line) - len(line.lstrip(" \t"))
        self.caret = start if before == word else word

    def key(self, char: str) -> None:
        """Take one key, with the editor's help."""
        if char == "\n":
            line = self.before.rsplit("\n", 1)[-1]
            indent = re.match(r"[ \t]*", line)
            deeper = "    " if line.rstrip().endswith((":", "{")) else ""
            self.put("\n" + (indent[0] if indent else "") + deeper)
        elif char in CLOSERS:
            self.put(char + self.selected + CLOSERS[char])
            self.move_caret(self.caret - 1)
        elif char in CLOSERS.values() and self.after.startswith(char):
            self.move_caret(self.caret + 1)
        else:
            self.put(char)

    def read_selection(self) -> str:
        """Return the selection, or else the whole line."""
        if self.selected:
            return self.selected
        return self.before.rpartition("\n")[2] + self.after.partition("\n")[0] + "\n"


class Chat(App):
    """A chat that sends the draft on Enter; pasted line breaks stay in the draft."""

    name = "Chat"

    def __init__(self, world: "TalonWorld", title: str = "") -> None:
        super().__init__(world, title)
        self.sent: list[str] = []

    def key(self, char: str) -> None:
        """Take one key."""
        if char == "\n":
            self.sent.append(self.text)
            self.text = ""
            self.move_caret(0)
        else:
            self.put(char)


class Terminal(App):
    """A terminal that runs the line at every line break and obeys control characters."""

    name = "Terminal"
    exe = "/usr/bin/gnome-terminal-server"
    has_paste_key = False
    """Whether ctrl-v pastes; in most terminals, it makes the shell take the next key as it is."""

    def __init__(self, world: "TalonWorld", title: str = "") -> None:
        super().__init__(world, title)
        self.ran: list[str] = []

    def key(self, char: str) -> None:
        """Take one key."""
        if char in "\r\n":
            self.ran.append(self.text)
            self.text = ""
            self.move_caret(0)
        elif char.isprintable():
            self.put(char)
        else:
            self.ran.append(f"control {char!r}")

    def press(self, name: str) -> None:
        """Handle a key; ctrl-c interrupts the running program."""
        if name == "ctrl-c":
            self.ran.append("interrupted")
        elif name != "ctrl-v" or self.has_paste_key:
            super().press(name)

    def take_paste(self, text: str) -> None:
        """Handle pasted text like typed text."""
        for char in text:
            self.key(char)


class EditorWithTerminal(CodeEditor):
    """A code editor with a terminal in the same window, and no sign of which has the focus."""

    element = None

    def __init__(self, world: "TalonWorld", title: str = "") -> None:
        super().__init__(world, title or "main.py - Code")
        self.shell = Terminal(world)
        self.shell.has_paste_key = True  # as in VS Code on Windows and on a Mac
        self.in_terminal = False

    def focus_terminal(self, tells: str) -> "EditorWithTerminal":
        """Move the focus to the terminal, as the user; `tells` is the sign of it, or empty."""
        self.in_terminal = True
        if tells == "title":
            self.title = "main.py focus:[Terminal]"
        elif tells == "tag":
            self.world.tags.add("terminal")
        elif tells == "element":
            self.element = Element(class_name="xterm-helper-textarea", name="Terminal 1, bash")
        return self

    def focus_text(self) -> None:
        """Move the focus back to the text, as the user."""
        self.in_terminal = False
        self.title, self.element = "main.py - Code", None
        self.world.tags.discard("terminal")

    def press(self, name: str) -> None:
        """Handle a key in the part that has the focus."""
        if self.in_terminal:
            self.shell.press(name)
        else:
            super().press(name)

    def type(self, text: str) -> None:
        """Take typed text in the part that has the focus."""
        if self.in_terminal:
            self.shell.type(text)
        else:
            super().type(text)


class UnknownApp(App):
    """A plain text field in an app that nobody has heard of."""

    name = "Frobnicator"
    exe = "/opt/frobnicator/frob"


class UnknownTerminal(Terminal):
    """A terminal that nobody has heard of."""

    name = "Zap"
    exe = "/opt/zap/zap"


class CompletionPopup(App):
    """An editor with a completion popup while a word is typed; Enter and Tab accept it."""

    name = "Popup"

    def key(self, char: str) -> None:
        """Take one key, or pass it to the popup."""
        if char in "\n\t" and re.search(r"\w\w$", self.before):
            self.put("Completed")
        else:
            self.put(char)


class PasswordSafe(App):
    """A password manager."""

    name = "KeePassXC"
    exe = "/usr/bin/keepassxc"

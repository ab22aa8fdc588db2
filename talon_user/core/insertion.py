"""Decides what is typed, what is pasted and when, as a reply arrives; it touches nothing itself."""

from dataclasses import dataclass
from typing import Optional, Union

TYPE_SECONDS = 0.25
PASTE_SECONDS = 0.4
"""A slow app reads the clipboard up to 300 ms late, and must find there what we pasted."""
PAIRED = frozenset("()[]{}<>\"'`*_")
"""Some apps type the other half of these by themselves."""
TYPE_LIMIT = 80
"""Longer runs are pasted, or typed in parts: typing them at once would hold up speech."""


@dataclass(frozen=True)
class Type:
    """Type this text: it has no line break and nothing an app could take for a key."""

    text: str


@dataclass(frozen=True)
class Paste:
    """Paste this text."""

    text: str


Step = Union[Type, Paste]


@dataclass(frozen=True)
class Around:
    """What goes before and after the reply, and whether its first part replaces a selection."""

    before: str = ""
    after: str = ""
    replacing: bool = False


PLAIN = Around()


class Insertion:
    """One reply on its way into a window: `feed`, `finish`, and `next_step` until `done`."""

    def __init__(self, window: int, mode: str, terminal: bool, around: Around = PLAIN) -> None:
        """Aim at `window`; `mode` is stream, lines or at_end."""
        self.window = window
        self.paused = False
        self.flattened = False
        self.moved = False
        self.inserted: list[str] = []
        self.held = ""
        self._around = around
        self._mode = mode
        self._terminal = terminal
        self._whole = False
        self._begun = False
        self._quiet_until = float("-inf")

    @property
    def done(self) -> bool:
        """Tell whether the whole reply has been inserted."""
        return self._whole and not self.held

    def feed(self, piece: str) -> None:
        """Take one piece of the reply."""
        if piece and not self._begun:
            self.held = self._around.before
        self._begun = self._begun or bool(piece)
        self.held += self._flat(piece) if self._terminal else piece

    def finish(self) -> None:
        """Take the end of the reply."""
        if self._begun and not self._whole:
            self.held += self._around.after
        self._whole = True

    def drop(self) -> None:
        """Forget what is held: the user wants no more."""
        self.held, self._whole = "", True

    def focus(self, window: int) -> None:
        """Pause when the focused window is not the one that was asked from."""
        if window != self.window:
            self.paused = True

    def aim(self, window: int, mode: str, terminal: bool) -> None:
        """Go on in `window`."""
        self.moved = self.moved or (window != self.window and bool(self.inserted))
        self.window, self._mode, self._terminal, self.paused = window, mode, terminal, False
        if terminal:
            self.held = self._flat(self.held)

    @property
    def ready(self) -> bool:
        """Tell whether something could be inserted, were the time and the window right."""
        return bool(self._ready())

    def settled(self, now: float) -> bool:
        """Tell whether the app has had the time to take in the last step."""
        return now >= self._quiet_until

    def next_step(self, now: float, window: int) -> Optional[Step]:
        """Return what to insert now, if anything; it counts as inserted."""
        self.focus(window)
        if self.paused or not self.settled(now):
            return None
        text = self._ready()
        if not text:
            return None
        self.held = self.held[len(text) :]
        step = self._step(now, text)
        self.inserted.append(text)
        return step

    def _ready(self) -> str:
        if self._whole or self._mode == "stream":
            return self.held[:TYPE_LIMIT] if self._terminal else self.held
        if self._mode == "lines" and not self._terminal:
            return self.held[: self.held.rfind("\n") + 1]
        return ""

    def _step(self, now: float, text: str) -> Step:
        prose = self._mode == "stream" and len(text) <= TYPE_LIMIT and _is_prose(text)
        replaces = self._around.replacing and not self.inserted  # typing would wrap a selection
        typed = self._terminal or (prose and not replaces)
        self._quiet_until = now + (TYPE_SECONDS if typed else PASTE_SECONDS)
        return Type(text) if typed else Paste(text)

    def _flat(self, text: str) -> str:
        """Put a space for each line break and control character: a terminal would obey them."""
        flat = "".join(char if char.isprintable() else " " for char in text)
        self.flattened = self.flattened or flat != text
        return flat


def _is_prose(text: str) -> bool:
    """Tell whether every app takes each of these keys as nothing but a character."""
    return text.isprintable() and PAIRED.isdisjoint(text)

"""Carries answers to the places that are no caret: clipboard, panel, voice, Cursorless, shell."""

from collections import deque
from collections.abc import Callable
from typing import Any, Optional

from talon import actions

from ..core.journal import Entry
from ..core.sentences import Sentences, spoken
from ..desktop.clipboard import copy_text
from ..desktop.hud import Hud
from ..desktop.screen import notify
from ..desktop.speech import Voice
from . import options

NO_PANEL = "There is no window to show it in, so Claude's answer is on the clipboard."
COPIED = "Claude's answer is on the clipboard."


class Elsewhere:
    """What all of them have in common: nothing stands in a window, and no focus pauses them."""

    waits = ""
    resting = False
    entry: Optional[Entry] = None

    def __init__(self) -> None:
        """Begin with nothing."""
        self.over = False
        self.text = ""

    def feed(self, piece: str) -> None:
        """Take one piece of the answer."""
        self.text += piece

    def finish(self) -> None:
        """Take the end of the answer."""
        self.over = True

    def stop(self) -> None:
        """Take no more."""
        self.over = True

    def end(self) -> None:
        """Leave nothing behind."""
        self.over = True

    def advance(self, now: float) -> None:
        """Do what takes time."""

    def hold(self) -> None:
        """Nothing here depends on the caret."""

    release = mention_hold = focus_changed = resume = move_here = hold


class ToClipboard(Elsewhere):
    """The whole answer, copied for the user."""

    def finish(self) -> None:
        """Copy it."""
        super().finish()
        if self.text:
            copy_text(self.text)
            notify(COPIED)


class ToPanel(Elsewhere):
    """The answer in a panel, as it is written; on the clipboard where there is no panel."""

    def __init__(self, hud: Hud, title: str) -> None:
        """Show `title` above it."""
        super().__init__()
        self._hud, self._title = hud, title
        self._shown: Optional[str] = None
        self._panel = True

    def advance(self, now: float) -> None:
        """Show what is new."""
        if self._panel and self.text != self._shown:
            self._shown = self.text
            lines = [self._title, "", *self.text.splitlines()]
            self._panel = self._hud.panel(options.hud(), lines)

    def finish(self) -> None:
        """Show the rest."""
        self.advance(0)
        super().finish()
        if not self._panel and self.text:
            copy_text(self.text)
            notify(NO_PANEL)


class ToVoice(Elsewhere):
    """The answer read aloud, sentence by sentence, while the rest is written."""

    def __init__(self, voice: Voice) -> None:
        """Speak with `voice`."""
        super().__init__()
        self._voice = voice
        self._cut = Sentences()
        self._sentences: deque[str] = deque()
        self._whole = False

    def feed(self, piece: str) -> None:
        """Take one piece of the answer."""
        super().feed(piece)
        self._sentences.extend(self._cut.feed(piece))

    def finish(self) -> None:
        """Take the end of the answer, which is not yet the end of speaking."""
        self._sentences.extend(self._cut.finish())
        self._whole = True

    def advance(self, now: float) -> None:
        """Say the next sentence once the one before has been said."""
        while self._sentences and not self._voice.speaking:
            said = spoken(self._sentences.popleft())
            if said:
                self._voice.say(said)
        self.over = self._whole and not self._sentences and not self._voice.speaking

    def stop(self) -> None:
        """Be silent."""
        self.end()

    def end(self) -> None:
        """Be silent."""
        super().end()
        self._voice.stop()


class ToCursorless(Elsewhere):
    """The whole answer in a Cursorless destination."""

    def __init__(self, destination: Any) -> None:
        """Insert at `destination`."""
        super().__init__()
        self._destination = destination

    def finish(self) -> None:
        """Insert it; Cursorless undoes it as one step of the editor's own."""
        super().finish()
        if self.text:
            actions.user.cursorless_insert(self._destination, self.text)


class ToConfirm(Elsewhere):
    """A command line that is shown, and inserted only when the user says so."""

    def __init__(self, keep: Callable[[str], None]) -> None:
        """Give the line to `keep`."""
        super().__init__()
        self._keep = keep

    def finish(self) -> None:
        """Offer it, if it is one line."""
        super().finish()
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        if len(lines) == 1 and lines[0].isprintable():
            self._keep(lines[0])
        elif lines:
            notify("Claude gave more than one line, so none is offered: ask for one step of it.")

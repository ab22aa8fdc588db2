"""Tasks that paste, copy or show an answer that Claude has already given."""

from collections.abc import Callable
from typing import Optional

from ..core.answer_text import AnswerText
from ..core.journal import Entry
from ..desktop.clipboard import copy_text
from ..desktop.screen import notify
from .answer_window import AnswerWindow
from .location import Location
from .task import Task
from .window_sink import WindowSink

TITLE = "Claude's last answer"


class NoBlock(Exception):
    """An answer has no block of this number; the message is a sentence for the user."""


class AnswerPart:
    """An answer, or one of its blocks."""

    def __init__(self, answer: AnswerText, block: int) -> None:
        """Choose a block, counted from 1, or with 0 the whole answer."""
        self._answer, self._block = answer, block

    @property
    def name(self) -> str:
        """The words for the part in a notice."""
        return f"Block {self._block}" if self._block else "Claude's answer"

    def read(self) -> Optional[str]:
        """Return the text, or None until a long answer has been cut; raise NoBlock."""
        if not self._block:
            return self._answer.text
        if self._answer.work():
            return None
        blocks = self._answer.blocks
        if self._block > len(blocks):
            raise NoBlock(f"There is no block {self._block}. The last one is block {len(blocks)}.")
        return blocks[self._block - 1].text


class PasteAnswer(WindowSink):
    """Insert a part of an answer at the cursor of the focused window, like a new answer."""

    def __init__(
        self,
        part: AnswerPart,
        on_problem: Callable[[str], None],
        on_inserted: Callable[[Entry, bool], None],
    ) -> None:
        """Call `on_inserted` at the end with what was inserted, and whether that is all of it."""
        super().__init__(Location())
        self._part = part
        self._on_problem, self._on_inserted = on_problem, on_inserted
        self._has_text = self._was_stopped = False

    def advance(self, now: float) -> None:
        """Read the part, then insert it."""
        if not self._has_text and not self._read_part():
            return
        super().advance(now)

    def stop(self) -> None:
        """Insert no more."""
        self._has_text = self._was_stopped = True
        super().stop()

    def end(self) -> None:
        """End at once, and report what was inserted."""
        if self.done:
            return
        super().end()
        if self.entry is not None:
            is_complete = self._has_text and self._insertion.done and not self._was_stopped
            self._on_inserted(self.entry, is_complete)

    def _read_part(self) -> bool:
        try:
            text = self._part.read()
        except NoBlock as problem:
            self.end()
            self._on_problem(str(problem))
            return False
        if text is None:
            return False
        self._has_text = True
        self.feed(text)
        self.finish()
        return True


class ShowAnswer(Task):
    """Wrap an answer that was not shown yet, and show it from its start."""

    def __init__(self, window: AnswerWindow, answer: AnswerText) -> None:
        """Show the answer in this window."""
        super().__init__()
        self._window, self._answer = window, answer

    def begin(self) -> None:
        """Open the window."""
        self._window.show_answer(TITLE, self._answer, follow=False)

    def advance(self, now: float) -> None:
        """Wrap and show a portion."""
        self.done = not self._answer.work()
        self._window.refresh(self._answer)


class CopyAnswer(Task):
    """Put a part of an answer on the clipboard."""

    def __init__(self, part: AnswerPart, on_problem: Callable[[str], None]) -> None:
        """Report a missing block to `on_problem`."""
        super().__init__()
        self._part, self._on_problem = part, on_problem

    def advance(self, now: float) -> None:
        """Copy the part once it has been read."""
        try:
            text = self._part.read()
        except NoBlock as problem:
            self.end()
            self._on_problem(str(problem))
            return
        if text is not None:
            self.end()
            copy_text(text)
            notify(f"{self._part.name} is on the clipboard.")

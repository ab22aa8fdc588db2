"""Takes an answer out of its window again, only when what stands there is still all ours."""

from collections.abc import Callable
from typing import Optional

from ..core.journal import Entry, caret_steps, same_text, why_not
from ..desktop.clipboard import BorrowedClipboard
from ..desktop.keys import edit, press_backspace, select_back
from ..desktop.screen import focused_window
from .sources import COPY_SECONDS

STEPS_AT_ONCE = 25
"""Talon waits a little after each key, and more of them in one tick would hold up speech."""
PASTE_SECONDS = 0.4
TOUCHED = "The text before the caret is not what Claude wrote, so nothing was changed."


class Undo:
    """Selects our text backwards from the caret, reads it, and deletes it if it is ours.

    With `keep_selected` it stays selected, to be replaced. `done` gets None, or the reason why not.
    """

    resting = False
    waits = ""

    def __init__(
        self,
        entry: Callable[[], Optional[Entry]],
        done: Callable[[Optional[str]], None],
        keep_selected: bool = False,
    ) -> None:
        """Undo the entry that `entry` names once it is this task's turn."""
        self.over = False
        self._which, self._done, self._keep = entry, done, keep_selected
        self._entry: Optional[Entry] = None
        self._left = 0
        self._copied_at: Optional[float] = None
        self._pasted_at: Optional[float] = None
        self._clipboard = BorrowedClipboard()

    def begin(self) -> None:
        """See whether it can be done."""
        self._entry = self._which()
        why = why_not(self._entry, focused_window())
        if why is not None or self._entry is None:
            self._finish(why)
            return
        self._left = caret_steps(self._entry.text)

    def advance(self, now: float) -> None:
        """Do the next step."""
        if self._entry is None or self.over:
            return
        if focused_window() != self._entry.window:
            self._finish("The window changed, so nothing was undone.")
        elif self._left:
            steps = min(self._left, STEPS_AT_ONCE)
            self._left -= steps
            select_back(steps)
        elif self._pasted_at is not None:
            self._wait_for_paste(now, self._pasted_at)
        elif self._copied_at is None:
            self._copied_at = now
            self._clipboard.await_copy()
            edit("copy")
        else:
            self._compare(now, self._entry, self._copied_at)

    def stop(self) -> None:
        """Leave it."""
        self._finish("Undoing was stopped.")

    def end(self) -> None:
        """Leave nothing behind."""
        self.over = True
        self._clipboard.give_back()

    def hold(self) -> None:
        """A phrase does not pause it: it takes less than a second."""

    release = mention_hold = focus_changed = resume = move_here = hold

    def _compare(self, now: float, entry: Entry, since: float) -> None:
        copied = self._clipboard.copied()
        if copied is None and now - since < COPY_SECONDS:
            return
        if not same_text(entry.text, copied or ""):
            edit("right")
            self._finish(TOUCHED)
        elif self._keep:
            self._finish(None)
        elif entry.replaced:
            self._pasted_at = now
            self._clipboard.put(entry.replaced)
            edit("paste")
        else:
            press_backspace()
            self._finish(None)

    def _wait_for_paste(self, now: float, since: float) -> None:
        if now - since >= PASTE_SECONDS:
            self._finish(None)

    def _finish(self, why: Optional[str]) -> None:
        if not self.over:
            self.end()
            self._done(why)

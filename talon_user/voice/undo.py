"""Remove an answer from its window, if the text there is still exactly the answer."""

from collections.abc import Callable
from typing import Optional

from ..core.insertion import PASTE_SECONDS
from ..core.journal import IN_TERMINAL, Entry, find_undo_problem
from ..core.place import Place
from ..desktop.clipboard import BorrowedClipboard
from ..desktop.keys import press_backspace, run_edit_action
from ..desktop.screen import notify, read_focused_window
from . import options
from .sources import SourceReader
from .task import Task

UNSURE = (
    "Paused because this may be a terminal, where text cannot be undone. If a text field has the "
    "focus, say “claude resume”."
)


class Undo(Task):
    """Select backwards from the caret, compare the selection, and delete it if it matches."""

    # States: waiting (for a confirmation that the place is no terminal), selecting (`_reader`
    # selects and compares), pasting (only when the answer replaced something), done.
    # Inputs: `resume`, time, the app's copy on the clipboard. A phrase does not pause it, because
    # it takes less than a second.
    # Output: `on_finish` with None, or with a sentence that explains why nothing was undone.

    def __init__(
        self,
        find_entry: Callable[[], Optional[Entry]],
        on_finish: Callable[[Optional[str]], None],
        keep_selected: bool = False,
    ) -> None:
        """Undo the entry that `find_entry` returns when the task begins.

        With `keep_selected`, the text stays selected instead of being deleted.
        """
        super().__init__()
        self._find_entry, self._on_finish = find_entry, on_finish
        self._keep_selected = keep_selected
        self._entry: Optional[Entry] = None
        self._waits_for_user = False
        self._reader: Optional[SourceReader] = None
        self._pasted_at: Optional[float] = None
        self._clipboard = BorrowedClipboard()

    @property
    def idle(self) -> bool:
        """Whether only the user can continue."""
        return self._waits_for_user

    @property
    def pause_reason(self) -> str:
        """Why nothing is selected yet, or empty."""
        return UNSURE if self._waits_for_user else ""

    def begin(self) -> None:
        """Check whether the entry can be undone."""
        self._entry = self._find_entry()
        self._select_entry(is_confirmed=False)

    def resume(self) -> None:
        """Begin, because the user knows that the place is no terminal."""
        if self._waits_for_user:
            self._waits_for_user = False
            self._select_entry(is_confirmed=True)

    def advance(self, now: float) -> None:
        """Select and compare, then delete or replace the text."""
        if self._pasted_at is not None:
            # The clipboard may be restored only after a slow app has read the paste.
            if now - self._pasted_at >= PASTE_SECONDS:
                self._finish_undo(None)
        elif self._reader is not None:
            self._reader.advance(now)
            if self._reader.done:
                self._handle_selection(now, self._reader.problem)

    def stop(self) -> None:
        """Leave the text as it is."""
        self._finish_undo("Undo was stopped." if self._pasted_at is None else None)

    def end(self) -> None:
        """Restore the clipboard."""
        super().end()
        if self._reader is not None:
            self._reader.end()
        self._clipboard.restore()

    def _select_entry(self, is_confirmed: bool) -> None:
        """Begin to select, if the entry is in this window and the place is no terminal."""
        problem = find_undo_problem(self._entry, read_focused_window())
        place = options.read_place()
        if problem is None and place is Place.TERMINAL:
            problem = IN_TERMINAL
        if problem is not None or self._entry is None:
            self._finish_undo(problem)
        elif place is Place.UNSURE and not is_confirmed:
            self._waits_for_user = True
            notify(UNSURE)
        else:
            self._reader = SourceReader("own text", self._entry.text)

    def _handle_selection(self, now: float, problem: Optional[str]) -> None:
        replaced = self._entry.replaced if self._entry is not None else ""
        if problem is not None or self._keep_selected:
            self._finish_undo(problem)
        elif replaced:
            self._pasted_at = now
            self._clipboard.put(replaced)
            run_edit_action("paste")
        else:
            press_backspace()
            self._finish_undo(None)

    def _finish_undo(self, problem: Optional[str]) -> None:
        if not self.done:
            self.end()
            self._on_finish(problem)

"""Remove an answer from its window, if the text there is still exactly the answer."""

from collections.abc import Callable
from typing import Optional

from ..core.insertion import PASTE_SECONDS
from ..core.journal import IN_TERMINAL, Entry, count_caret_steps, find_undo_problem, is_same_text
from ..core.place import Place
from ..desktop.clipboard import BorrowedClipboard
from ..desktop.keys import press_backspace, run_edit_action, select_back
from ..desktop.screen import notify, read_focused_window
from . import options
from .sources import COPY_SECONDS
from .task import Task

# Talon waits a little after each key, so more of them in one step would block speech recognition.
STEPS_PER_TICK = 25
UNSURE = (
    "Paused because this may be a terminal, where text cannot be undone. If a text field has the "
    "focus, say “claude resume”."
)
TOUCHED = "Nothing was changed: the text before the cursor is not what Claude wrote."


class Undo(Task):
    """Select backwards from the caret, compare the selection, and delete it if it matches."""

    # States: waiting (for a confirmation that the place is no terminal), selecting (`_steps_left`
    # above 0), copying, comparing, pasting (only when the answer replaced something), done.
    # Inputs: `resume`, time, the focused window, the app's copy on the clipboard. A phrase does not
    # pause it, because it takes less than a second.
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
        self._find_entry, self._on_finish, self._keep_selected = (
            find_entry,
            on_finish,
            keep_selected,
        )
        self._entry: Optional[Entry] = None
        self._waits_for_user = False
        self._steps_left = 0
        self._copied_at: Optional[float] = None
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
        problem = find_undo_problem(self._entry, read_focused_window())
        place = options.read_place()
        if problem is None and place is Place.TERMINAL:
            problem = IN_TERMINAL
        if problem is not None or self._entry is None:
            self._finish_undo(problem)
        elif place is Place.UNSURE:
            self._waits_for_user = True
            notify(UNSURE)
        else:
            self._steps_left = count_caret_steps(self._entry.text)

    def resume(self) -> None:
        """Begin, because the user knows that the place is no terminal."""
        if self._waits_for_user and self._entry is not None:
            self._waits_for_user = False
            self._steps_left = count_caret_steps(self._entry.text)

    def advance(self, now: float) -> None:
        """Do the next step."""
        if self._entry is None or self.done or self._waits_for_user:
            return
        if read_focused_window() != self._entry.window:
            self._finish_undo("The focus moved to another window, so nothing was undone.")
        elif self._steps_left:
            steps = min(self._steps_left, STEPS_PER_TICK)
            self._steps_left -= steps
            select_back(steps)
        elif self._pasted_at is not None:
            # The clipboard may be restored only after a slow app has read the paste.
            if now - self._pasted_at >= PASTE_SECONDS:
                self._finish_undo(None)
        elif self._copied_at is None:
            self._copied_at = now
            self._clipboard.await_copy()
            run_edit_action("copy")
        else:
            self._compare_selection(now, self._entry, self._copied_at)

    def stop(self) -> None:
        """Leave the text as it is."""
        self._finish_undo("Undo was stopped.")

    def end(self) -> None:
        """Restore the clipboard."""
        super().end()
        self._clipboard.restore()

    def _compare_selection(self, now: float, entry: Entry, since: float) -> None:
        text = self._clipboard.take_copy()
        if text is None and now - since < COPY_SECONDS:
            return
        if not is_same_text(entry.text, text or ""):
            run_edit_action("right")
            self._finish_undo(TOUCHED)
        elif self._keep_selected:
            self._finish_undo(None)
        elif entry.replaced:
            self._pasted_at = now
            self._clipboard.put(entry.replaced)
            run_edit_action("paste")
        else:
            press_backspace()
            self._finish_undo(None)

    def _finish_undo(self, problem: Optional[str]) -> None:
        if not self.done:
            self.end()
            self._on_finish(problem)

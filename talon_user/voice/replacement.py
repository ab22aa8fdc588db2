"""Replace an answer that is in a window by a new one."""

from typing import Optional

from ..core.journal import Entry
from ..desktop.screen import notify
from .history import Exchange
from .question import Question
from .undo import Undo


def select_old_answer(old: Exchange, entry: Entry, question: Question) -> Undo:
    """Return a task that selects an old answer, so that `question` can replace it."""
    question.find_selected = lambda: None

    def handle_selection(problem: Optional[str]) -> None:
        if problem is None:
            question.find_selected = lambda: entry
            old.entry = None
        else:
            notify(f"{problem} The new answer is inserted at the cursor.")

    return Undo(lambda: entry, handle_selection, keep_selected=True)

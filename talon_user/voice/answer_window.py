"""The answer window: pages of an answer or of a list, and the answers that can be pasted."""

from typing import Optional

from ..core.answer_text import AnswerText, Row
from ..core.pager import FixedRows, Pager
from ..desktop.hud import Hud
from . import options

# Characters per row, without and with a margin for the numbers of the blocks.
LIST_WIDTH = 92
ANSWER_WIDTH = 86
PAGE_ROWS = 32


class AnswerWindow:
    """The content of the panel, and the last answer."""

    # States: closed (`_pager` is None), showing a list, showing an answer (`_shown`, which may
    # still grow). The last answer is stored even if it was never shown, until it is discarded.
    # Inputs: answers and lists to show, `refresh` when the shown answer has grown, the user's
    # commands, the mouse wheel. Output: rows in the panel.

    def __init__(self, hud: Hud) -> None:
        """Start closed."""
        self._hud = hud
        hud.on_scroll = self.scroll
        self.suggestion = ""
        """What “claude insert” inserts, until the window shows something else or closes."""
        self.is_snippet = False
        """Whether the suggestion is a snippet, and not a shell command."""
        self._title = ""
        self._pager: Optional[Pager] = None
        self._shown: Optional[AnswerText] = None
        self._last: Optional[AnswerText] = None

    @property
    def answer(self) -> Optional[AnswerText]:
        """The answer that commands are about: the one on the screen, or else the last one."""
        return self._shown or self._last

    @property
    def can_show(self) -> bool:
        """Whether a GUI library is available."""
        return self._hud.can_show(options.read_choice("hud"))

    def show_answer(self, title: str, answer: AnswerText, follow: bool = True) -> bool:
        """Show an answer, and with `follow` its end; return False without a GUI library."""
        self._last, self.suggestion = answer, ""
        if not self.can_show:
            return False
        self._shown, self._title = answer, title
        self._pager = Pager(answer, PAGE_ROWS, follow)
        self._draw()
        return True

    def show_list(self, title: str, lines: list[str]) -> bool:
        """Show lines, or return False without a GUI library."""
        self.suggestion = ""
        if not self.can_show:
            return False
        self._shown, self._title = None, title
        self._pager = Pager(FixedRows(lines, LIST_WIDTH), PAGE_ROWS)
        self._draw()
        return True

    def remember(self, text: str) -> None:
        """Store an answer that went somewhere else, so that it can be pasted or shown, too."""
        if text:
            self._last = AnswerText(ANSWER_WIDTH)
            self._last.feed(text)
            self._last.finish()

    def refresh(self, answer: AnswerText) -> None:
        """Draw an answer that has grown, if it is still shown."""
        if answer is self._shown:
            self._draw()

    def go_to_page(self, page: int) -> Optional[str]:
        """Show a page; return why not, as a sentence, or None."""
        if self._pager is None:
            return "Claude's window is not open."
        if not self._pager.go_to_page(page):
            return f"There is no page {page}. The last one is page {self._pager.page_count}."
        self._draw()
        return None

    def turn_page(self, pages: int) -> Optional[str]:
        """Show the next or the previous page; return why not, as a sentence, or None."""
        if self._pager is None:
            return "Claude's window is not open."
        self._pager.turn(pages)
        self._draw()
        return None

    def scroll(self, rows: int) -> None:
        """Move by rows, for the mouse wheel."""
        if self._pager is not None:
            self._pager.scroll(rows)
            self._draw()

    def discard(self) -> bool:
        """Close the window and forget its answer, or else the last one; return whether any."""
        answer = self.answer
        if self._last is answer:
            self._last = None
        self.close()
        return answer is not None

    def close(self) -> None:
        """Close the window; the answer can still be pasted."""
        # A command that is no longer shown could be inserted by mistake.
        self.suggestion = ""
        self._pager = self._shown = None
        self._hud.close_panel()

    def _draw(self) -> None:
        if self._pager is None:
            return
        title = self._title
        if self._pager.page_count > 1:
            title += f" · page {self._pager.page} of {self._pager.page_count}"
        rows = [Row(title), Row(""), *self._pager.list_visible()]
        self._hud.show_panel(options.read_choice("hud"), rows)

"""Gathers what a question is about, in steps of cron, because apps copy in their own time."""

from typing import Any, Optional

from talon import actions, registry

from ..core.plan import PICTURES, SELECTING
from ..desktop.clipboard import BorrowedClipboard, clipboard_text
from ..desktop.keys import edit
from ..desktop.pictures import NoPicture, Picture, take
from ..desktop.screen import focused_window

COPY_SECONDS = 0.6
"""A slow app takes 300 ms to copy; one that has not copied by then has nothing selected."""
SELECT_FIRST = {
    "this": (),
    "all": ("select_all",),
    "line": ("line_start", "extend_line_end"),
}


class Gather:
    """At the end `done` is true, and there is `text`, a `picture`, or a `problem` to tell."""

    def __init__(self, source: str, target: Any = None, reply: str = "") -> None:
        """Begin to gather from the focused window; `target` is Cursorless's."""
        self.source = source
        self.done = False
        self.text = ""
        self.picture: Optional[Picture] = None
        self.problem: Optional[str] = None
        self._clipboard = BorrowedClipboard()
        self._window = focused_window()
        self._since: Optional[float] = None
        if source in SELECTING:
            self._select()
        else:
            self._take_at_once(target, reply)
            self.done = True

    def advance(self, now: float) -> None:
        """Look whether the app has copied."""
        if self.done:
            return
        self._since = now if self._since is None else self._since
        copied = self._clipboard.copied()
        if copied is None and now - self._since < COPY_SECONDS:
            return
        self.end()
        if focused_window() != self._window:
            self.problem = "The window changed while Claude read it: say it again."
        else:
            self.text = copied or ""
            self.problem = _problem_with(self.source, self.text)

    def end(self) -> None:
        """Give the clipboard back."""
        self.done = True
        self._clipboard.give_back()

    def _select(self) -> None:
        for name in SELECT_FIRST[self.source]:
            edit(name)
        self._clipboard.await_copy()
        edit("copy")

    def _take_at_once(self, target: Any, reply: str) -> None:
        if self.source in PICTURES:
            try:
                self.picture = take(self.source)
            except NoPicture as problem:
                self.problem = str(problem)
            return
        self.text = self._known_text(target, reply)
        if not self.text.strip() and self.problem is None and self.source != "none":
            self.problem = EMPTY[self.source]

    def _known_text(self, target: Any, reply: str) -> str:
        if self.source == "clip":
            return clipboard_text()
        if self.source == "reply":
            return reply
        if self.source == "cursorless":
            return "\n".join(actions.user.cursorless_get_text_list(target))
        if self.source == "last":
            return self._last_phrase()
        return ""

    def _last_phrase(self) -> str:
        if "user.get_last_phrase" not in registry.actions:
            self.problem = "What you dictated last is kept by the community package only."
            return ""
        return str(actions.user.get_last_phrase() or "")


EMPTY = {
    "this": "Nothing is selected.",
    "all": "There is no text here.",
    "line": "This line is empty.",
    "clip": "The clipboard has no text.",
    "last": "You have not dictated anything yet.",
    "reply": "Claude has not answered anything yet.",
    "cursorless": "That target is empty.",
}


def _problem_with(source: str, text: str) -> Optional[str]:
    if not text.strip():
        return EMPTY[source]
    if source == "this" and text.endswith("\n") and text.count("\n") == 1:
        # What editors copy where nothing is selected; a replacement would go to the wrong place.
        return "Only a whole line was copied: say “line” if you mean it, or select a part."
    return None

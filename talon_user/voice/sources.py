"""Read the source of a question: a selection, the clipboard, a picture, and so on."""

from typing import Optional

from talon import actions, registry

from ..core.journal import UNDO_LIMIT, count_caret_steps, is_same_text
from ..core.plan import PICTURE_SOURCES
from ..desktop.clipboard import COPY_SECONDS, BorrowedClipboard, read_clipboard
from ..desktop.keys import count_keys_at_once, run_edit_action, select_back
from ..desktop.pictures import (
    NoPicture,
    Picture,
    PictureEncoder,
    capture,
    read_clipboard_image,
)
from ..desktop.screen import read_focused_window
from . import options

SELECT_ACTIONS = {
    "this": (),
    "that": (),
    "own text": (),
    "all": ("select_all",),
    "line": ("line_start", "extend_line_end"),
    # Editors go to the first word of a line before they go to its start.
    "whole line": ("line_end", "line_start", "line_start", "extend_line_end"),
}
CHANGED = {
    "that": "Your last dictation is not before the cursor any more, so nothing was changed.",
    "own text": "Nothing was changed: the text before the cursor is not what Claude wrote.",
}
LONG = "Your last dictation is too long to be selected by keyboard. Select it, then say “this”."
FOCUS_MOVED = "The focus moved, so nothing was changed. Say the command again."
EMPTY = {
    "this": "Nothing is selected.",
    "all": "There is no text here.",
    "line": "This line is empty.",
    "whole line": "This line is empty.",
    "clip": "The clipboard has no text and no picture.",
    "last": "You have not dictated anything yet.",
    "that": "You have not dictated anything yet.",
    "reply": "Claude has not answered anything yet.",
}


class SourceReader:
    """Reader of one source; when `done`, it has `text`, a `picture`, or a `problem` sentence."""

    # States: selecting (only for `that`, the last dictation, and `own text`, what Claude wrote,
    # which are selected backwards from the caret and must match), copying (a key was pressed,
    # and the app has not copied), encoding (a picture) and done. Only sources in SELECTION_SOURCES,
    # `own text` and `whole line` need the first two; other text is available at once.
    # Inputs: `advance` with the time, `end`. The clipboard is restored in every case.
    # Keys are pressed only in the window and place that had the focus at the start.

    def __init__(self, source: str, reply: str = "") -> None:
        """Start reading from the focused window.

        `reply` is the last answer, for the source `reply`, or what to select for `own text`.
        """
        self.source = source
        self.done = False
        self.text = ""
        self.picture: Optional[Picture] = None
        self.problem: Optional[str] = None
        self._clipboard = BorrowedClipboard()
        self._window, self._place = read_focused_window(), options.read_place()
        self._since: Optional[float] = None
        self._expected, self._steps_left, self._is_selecting = "", 0, False
        self._encoder: Optional[PictureEncoder] = None
        if source in CHANGED:
            self._begin_selection(reply)
        elif source in SELECT_ACTIONS:
            self._copy_selection()
        elif source not in PICTURE_SOURCES:
            self._read_now(reply)

    def advance(self, now: float) -> None:
        """Check whether the app has copied, or take the picture."""
        if self.done:
            return
        if self._encoder is not None:
            if self._encoder.is_done:
                self._take_picture(self._encoder)
            return
        if self.source in PICTURE_SOURCES:
            # Not in the callback of the command: taking the picture takes time of its own.
            self._capture_picture()
            return
        if self._is_selecting:
            if self._has_focus_moved:
                self._finish_with(FOCUS_MOVED)
            elif self._steps_left:
                self._select_more()
            else:
                # Not in the callback of the last step: each key takes time.
                self._is_selecting = False
                self._copy_selection()
            return
        self._since = now if self._since is None else self._since
        text = self._clipboard.take_copy()
        if text is None and now - self._since < COPY_SECONDS:
            return
        if self._has_focus_moved:
            self._finish_with(FOCUS_MOVED)
        else:
            self.text = text or ""
            self._finish_with(self._find_problem())

    def end(self) -> None:
        """Restore the clipboard."""
        self.done = True
        self._clipboard.restore()

    @property
    def _has_focus_moved(self) -> bool:
        """Whether keys would now go to another window, or to a terminal in the same one."""
        return read_focused_window() != self._window or options.read_place() is not self._place

    def _finish_with(self, problem: Optional[str]) -> None:
        self.problem = problem
        self.end()

    def _find_problem(self) -> Optional[str]:
        if self.source in CHANGED and not is_same_text(self._expected, self.text):
            run_edit_action("right")
            return CHANGED[self.source]
        return None if self.source == "own text" else _find_text_problem(self.source, self.text)

    def _begin_selection(self, own_text: str) -> None:
        """Begin to select the text before the caret, or set `problem`."""
        self._expected = own_text if self.source == "own text" else self._read_last_phrase()
        self._steps_left = count_caret_steps(self._expected)
        if not self._steps_left and self.problem is None:
            self.problem = EMPTY["that"]
        elif self._steps_left > UNDO_LIMIT:
            self.problem = LONG
        self.done = self.problem is not None
        self._is_selecting = not self.done

    def _select_more(self) -> None:
        steps = min(self._steps_left, count_keys_at_once())
        self._steps_left -= steps
        select_back(steps)

    def _copy_selection(self) -> None:
        for name in SELECT_ACTIONS[self.source]:
            run_edit_action(name)
        self._clipboard.await_copy()
        run_edit_action("copy")

    def _capture_picture(self) -> None:
        if self._has_focus_moved:
            self._finish_with(FOCUS_MOVED)
            return
        try:
            self._encoder = PictureEncoder(capture(self.source), self.source)
        except NoPicture as problem:
            self._finish_with(str(problem))

    def _take_picture(self, encoder: PictureEncoder) -> None:
        try:
            self.picture = encoder.take()
        except NoPicture as problem:
            self.problem = str(problem)
        self.done = True

    def _read_now(self, reply: str) -> None:
        self.text = self._read_text(reply)
        if self.text.strip() or self.problem is not None or self.source == "none":
            self.done = True
            return
        image = read_clipboard_image() if self.source == "clip" else None
        if image is None:
            self._finish_with(EMPTY[self.source])
        else:
            self._encoder = PictureEncoder(image, self.source)

    def _read_text(self, reply: str) -> str:
        if self.source == "clip":
            return read_clipboard()
        if self.source == "reply":
            return reply
        if self.source == "last":
            return self._read_last_phrase()
        return ""

    def _read_last_phrase(self) -> str:
        if "user.get_last_phrase" not in registry.actions:
            self.problem = f"The source “{self.source}” needs the community package."
            return ""
        return str(actions.user.get_last_phrase() or "")


def _find_text_problem(source: str, text: str) -> Optional[str]:
    if not text.strip():
        return EMPTY[source]
    if source == "this" and text.endswith("\n") and text.count("\n") == 1:
        # Editors such as VS Code copy the whole line when nothing is selected. A replacement would
        # then be inserted in the wrong place.
        return "Only the whole line was copied. Say “line” to use it, or select some text."
    return None

"""Carries one question from the bridge to the window it was asked from, in small steps by cron."""

import time

from talon import cron

from .answer import CUT_OFF
from .clipboard import BorrowedClipboard
from .desktop import focused_window, in_terminal, notify, press_paste, type_text
from .insertion import Insertion, Paste
from .sse_client import AnswerStream

MOVED = "Claude waits: go back and say “claude resume”, or say “claude here” to go on here."
SPOKEN = "Claude waits because you spoke: say “claude resume” or “claude stop”."
FLATTENED = "Line breaks became spaces, because a terminal would run each line."


class Session:
    """One answer on its way; it is `over` when all is inserted and the clipboard is given back."""

    def __init__(self, stream: AnswerStream, mode: str) -> None:
        """Insert what `stream` brings into the focused window."""
        self.over = False
        self._stream = stream
        self._insertion = Insertion(focused_window(), mode, in_terminal())
        self._clipboard = BorrowedClipboard()
        self._heard_all = False
        self._told = False
        self._job = cron.interval("50ms", self._poll)

    def stop(self) -> None:
        """Hang up and insert no more; the clipboard follows when the app has read it."""
        self._heard_all = True
        self._stream.close()
        self._insertion.drop()

    def end(self) -> None:
        """Leave nothing behind: no connection, no cron job, no borrowed clipboard."""
        self.over = True
        cron.cancel(self._job)
        self._stream.close()
        self._clipboard.give_back()

    def hold(self) -> None:
        """Pause, because a voice command may be about to move the caret."""
        if not self._insertion.done:
            self._insertion.paused = True

    def mention_hold(self) -> None:
        """Tell the user about a pause that outlived their voice command."""
        if self._insertion.paused and not self._insertion.done:
            self._tell(SPOKEN)

    def focus_changed(self) -> None:
        """Pause when the focus has gone to another window."""
        window = focused_window()
        self._insertion.focus(window)
        if window != self._insertion.window and not self._insertion.done:
            self._tell(MOVED)

    def resume(self) -> None:
        """Go on in the window that was asked from."""
        self._told = False
        self._insertion.paused = False
        self.focus_changed()

    def move_here(self, mode: str) -> None:
        """Go on in the focused window."""
        self._told = False
        self._insertion.aim(focused_window(), mode, in_terminal())

    def _poll(self) -> None:
        try:
            self._advance(time.monotonic())
        except Exception:  # raised on, into Talon's log; but the poll must not go on failing
            self.end()
            raise

    def _advance(self, now: float) -> None:
        self._listen()
        self.focus_changed()
        self._insert(now)
        if not self._insertion.settled(now):
            return
        if self._insertion.done:
            self._finish()
        elif self._insertion.paused:
            self._clipboard.give_back()

    def _listen(self) -> None:
        for piece in self._stream.poll():
            self._insertion.feed(piece)
        if self._stream.finished and not self._heard_all:
            self._heard_all = True
            self._insertion.finish()
            trouble = self._stream.error or CUT_OFF.get(self._stream.answer.finish_reason or "")
            if trouble:
                notify(trouble)

    def _insert(self, now: float) -> None:
        step = self._insertion.next_step(now, focused_window())
        if isinstance(step, Paste):
            self._clipboard.put(step.text)
            press_paste()
        elif step:
            type_text(step.text)

    def _finish(self) -> None:
        self.end()
        if self._insertion.flattened:
            notify(FLATTENED)

    def _tell(self, sentence: str) -> None:
        if not self._told:
            self._told = True
            notify(sentence)

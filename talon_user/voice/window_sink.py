"""Insert an answer into the window that the question was asked from."""

from dataclasses import replace
from typing import Optional

from ..core.insertion import Insertion, Paste
from ..core.journal import Entry, is_same_text
from ..core.place import Place
from ..desktop.clipboard import BorrowedClipboard
from ..desktop.keys import count_keys_at_once, run_edit_action, type_text
from ..desktop.screen import NO_WINDOW, is_denied, notify, read_focus, read_focused_window
from ..desktop.traces import UserTraces
from . import options
from .location import CaretMover, Location
from .sources import SourceReader
from .task import Sink

OTHER_WINDOW = (
    "Paused because another window has the focus. Go back and say “claude resume”, or say "
    "“claude here” to continue in this window."
)
CONTINUE = "Say “claude resume” to continue at the cursor, or “claude stop”."
SPOKEN = "Paused because you spoke. Say “claude resume” or “claude stop”."
DESELECTED = (
    "Paused because the selection has changed. Select the text again and say “claude resume”, say "
    "“claude here” to insert at the cursor, or “claude stop” and then “claude window open” to see "
    "the answer."
)
OTHER_PLACE = (
    "Paused because the focus moved between a terminal and a text field. Go back and say “claude "
    "resume”, or say “claude here” to continue here."
)
UNSURE = (
    "Paused because this may be a terminal, which would run each line. If a text field has the "
    "focus, say “claude resume”."
)
FLATTENED = "Line breaks were replaced with spaces, because a terminal would run each line."
DENIED = "Claude does not work in this app. It is listed in the setting user.claude_deny_apps."
NO_FOCUS = "No window has the focus. Focus a window first."
# An app that opens a file in the same window cannot be detected, so it gets this long.
NEW_FILE_SECONDS = 1.0
NOT_TIMED = float("-inf")


def find_window_problem() -> Optional[str]:
    """Return why nothing may be inserted into the focused window, as a sentence, or None."""
    focus = read_focus()
    if focus.window == NO_WINDOW:
        return NO_FOCUS
    return DENIED if is_denied(focus, options.read_text("deny_apps")) else None


class WindowSink(Sink):
    """A sink that types and pastes; done when all is inserted and the clipboard restored."""

    # `Insertion` decides what to type and paste; this class does it through Talon.
    # States, in this order: waiting (for the first text; until then, caret and selection stay as
    # they are), then checking (`_check` reads the selection, to verify that it is still the text
    # Claude received) or moving (`_mover`), then perhaps opening (`_opening`: waits for a new
    # file's window), inserting, done. In all of them it may be paused; only `resume`, `move_here`
    # or `release` end a pause.
    # Before each step, it reads again whether the focus is in a terminal. Where that is unsure, it
    # pauses before it copies or inserts several lines; `resume` then counts as a confirmation,
    # which ends with the next other pause.
    # Inputs: pieces of the answer, time, focus, phrases, and the user's commands.
    # Outputs: keys and pastes, notifications, `pause_reason`, and `entry` for undo.

    def __init__(self, location: Location, is_confirmed: bool = False) -> None:
        """Insert into the focused window, which is a text field if the user said so."""
        super().__init__()
        self._place = options.read_place()
        self._is_confirmed = is_confirmed
        self._insertion = Insertion(
            read_focused_window(), options.read_choice("insert_mode"), self._place, location.frame
        )
        self._location = location
        self._check: Optional[SourceReader] = None
        self._mover: Optional[CaretMover] = None
        self._needs_check, self._needs_move = bool(location.selected), location.needs_move
        self._opening: Optional[float] = None
        self._clipboard = BorrowedClipboard()
        self._traces = UserTraces()
        self._has_pasted = False
        self._complete = False
        self._pause_reason = ""
        self._announced = False

    @property
    def idle(self) -> bool:
        """Whether the whole answer has arrived and only the user can continue."""
        return (
            self._insertion.paused
            and not self._insertion.done
            and self._complete
            and not self._has_pasted
            and self._check is None
            and self._mover is None
        )

    @property
    def pause_reason(self) -> str:
        """Why the insertion is paused, as a sentence, or empty."""
        return self._pause_reason

    @property
    def entry(self) -> Optional[Entry]:
        """What has been inserted so far, if anything."""
        text = "".join(self._insertion.inserted)
        if not text:
            return None
        whole = not self._insertion.moved
        is_terminal = self._place is Place.TERMINAL
        return Entry(self._insertion.window, text, is_terminal, self._location.replaced, whole)

    def begin(self) -> None:
        """Begin in the window as it is now, after the tasks before."""
        self._traces.accept()

    def feed(self, piece: str) -> None:
        """Take one piece of the answer."""
        self._insertion.feed(piece)

    def finish(self) -> None:
        """Take the end of the answer."""
        self._complete = True
        self._insertion.finish()

    def stop(self) -> None:
        """Insert no more; the clipboard is restored once the app has read the last paste."""
        self._complete = True
        self._insertion.discard()
        self._cancel_move()

    def end(self) -> None:
        """End at once and restore the clipboard."""
        super().end()
        if self._check is not None:
            self._check.end()
        if self._mover is not None:
            self._mover.end()
        self._clipboard.restore()

    def hold(self) -> None:
        """Pause, because a voice command may be about to move the caret."""
        self._cancel_move()
        if not self._insertion.done:
            self._insertion.paused = True

    def release(self) -> None:
        """Undo `hold`, unless there is another reason for the pause."""
        if read_focused_window() == self._insertion.window and not self._announced:
            self._insertion.paused = False

    def announce_pause(self) -> None:
        """Notify the user if the insertion is still paused after their phrase."""
        if self._insertion.paused and not self._insertion.done:
            self._pause(SPOKEN)

    def check_focus(self) -> None:
        """Pause if another window has the focus."""
        if self._opening is not None:
            return
        window = read_focused_window()
        self._insertion.check_focus(window)
        if window != self._insertion.window and not self._insertion.done:
            self._pause(OTHER_WINDOW)

    def resume(self) -> None:
        """Continue in the window that the question was asked from, if it has the focus."""
        self._is_confirmed = self._is_confirmed or self._pause_reason == UNSURE
        self._announced, self._pause_reason = False, ""
        self._insertion.paused = False
        self._traces.accept()
        self.check_focus()

    def move_here(self) -> None:
        """Continue in the focused window, at the caret; nothing may forbid that."""
        self._announced, self._pause_reason = False, ""
        # The caret is where the user wants the answer.
        self._needs_check = self._needs_move = False
        self._cancel_move()
        self._move_to_focus()

    def advance(self, now: float) -> None:
        """Insert what is ready, once the app has had time for the last step."""
        if self._opening is not None:
            self._wait_for_file(now, self._opening)
            return
        # Talon reports most changes of focus, but not all, so each step checks it.
        self.check_focus()
        if self._check is not None:
            self._advance_check(now, self._check)
            return
        if self._mover is not None:
            self._advance_move(now, self._mover)
            return
        self._insert_step(now)
        if not self._insertion.is_settled(now):
            return
        if self._insertion.done:
            self.end()
            if self._insertion.flattened:
                notify(FLATTENED)
        elif self._insertion.paused and self._has_pasted:
            self._has_pasted = False
            self._clipboard.restore()

    def _wait_for_file(self, now: float, until: float) -> None:
        """Wait until another window has the focus, or for NEW_FILE_SECONDS."""
        if until == NOT_TIMED:
            self._opening = until = now + NEW_FILE_SECONDS
        has_moved = read_focused_window() not in (NO_WINDOW, self._insertion.window)
        if has_moved or now >= until:
            self._opening = None
            self._move_to_focus()

    def _move_to_focus(self) -> None:
        self._place, self._is_confirmed = options.read_place(), False
        self._traces.accept()
        self._insertion.move_to(
            read_focused_window(), options.read_choice("insert_mode"), self._place
        )

    def _insert_step(self, now: float) -> None:
        """Do the next step, if it is due and safe in the place that has the focus now."""
        insertion = self._insertion
        if insertion.paused or not insertion.is_settled(now):
            return
        self._traces.note_settled()
        if not insertion.ready or not self._check_place() or not self._check_traces():
            return
        if self._needs_check:
            self._check = SourceReader("this")
        elif self._needs_move:
            self._begin_move()
        else:
            self._type_or_paste(now)

    def _check_traces(self) -> bool:
        """Pause if the user has done something in the window; return whether not."""
        change = self._traces.find_change("".join(self._insertion.inserted[:8]))
        if change is not None:
            self._pause(f"{change} {CONTINUE}")
        return change is None

    def _check_place(self) -> bool:
        """Pause if the next step is not safe in the focused place; return whether it is."""
        place = options.read_place()
        if (place is Place.TERMINAL) != (self._place is Place.TERMINAL):
            self._pause(OTHER_PLACE)
            return False
        if place is Place.UNSURE and self._is_confirmed:
            place = Place.TEXT
        self._place = place
        self._insertion.update_place(place)
        copies = self._needs_check or (self._needs_move and bool(self._location.line_edge))
        if place is Place.UNSURE and (copies or self._insertion.needs_confirmation):
            self._pause(UNSURE)
            return False
        return True

    def _type_or_paste(self, now: float) -> None:
        limit = options.read_type_limit()
        keys = count_keys_at_once()
        step = self._insertion.take_step(now, read_focused_window(), limit, keys)
        self._traces.note_step()
        if isinstance(step, Paste):
            self._clipboard.put(step.text)
            self._has_pasted = True
            run_edit_action("paste")
        elif step:
            type_text(step.text, limit)

    def _begin_move(self) -> None:
        self._mover = CaretMover(self._location)
        # A move that is interrupted begins again, but the selection has been left.
        self._location = replace(self._location, leave_selection="")
        if self._location.new_file:
            self._opening = NOT_TIMED
        self._finish_move(self._mover)

    def _advance_move(self, now: float, mover: CaretMover) -> None:
        if read_focused_window() != self._insertion.window:
            self._mover = None
            mover.end()
            return
        mover.advance(now)
        self._finish_move(mover)

    def _finish_move(self, mover: CaretMover) -> None:
        if mover.done:
            self._mover, self._needs_move = None, False
            self._traces.note_step()
            if mover.indent:
                self._insertion.set_indent(mover.indent)

    def _cancel_move(self) -> None:
        """Deselect the line whose indentation is being read, before anything else is pressed."""
        if self._mover is not None and read_focused_window() == self._insertion.window:
            self._mover.cancel()
        self._mover = None

    def _advance_check(self, now: float, check: SourceReader) -> None:
        check.advance(now)
        if not check.done:
            return
        self._traces.note_step()
        is_unchanged = is_same_text(self._location.selected, check.text)
        self._check = None
        self._needs_check = not is_unchanged
        if not is_unchanged:
            self._pause(DESELECTED)

    def _pause(self, reason: str) -> None:
        """Pause, and notify the user of the first reason."""
        self._insertion.paused = True
        self._pause_reason = reason
        if reason != UNSURE:
            self._is_confirmed = False
        if not self._announced:
            self._announced = True
            notify(reason)

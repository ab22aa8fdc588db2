"""Insert an answer into the window that the question was asked from."""

from dataclasses import dataclass
from typing import Optional

from ..core.insertion import NO_FRAME, Frame, Insertion, Paste
from ..core.journal import Entry, is_same_text
from ..core.plan import SELECTION_SOURCES, Plan
from ..desktop.clipboard import BorrowedClipboard
from ..desktop.keys import press_new_file, run_edit_action, type_text
from ..desktop.screen import (
    NO_WINDOW,
    is_denied,
    is_terminal,
    notify,
    read_focus,
    read_focused_window,
)
from . import options
from .sources import SourceReader
from .task import Sink

OTHER_WINDOW = (
    "Paused because another window has the focus. Go back and say “claude resume”, or say "
    "“claude here” to continue in this window."
)
SPOKEN = "Paused because you spoke. Say “claude resume” or “claude stop”."
DESELECTED = (
    "Paused because the selection has changed. Select the text again and say “claude resume”, "
    "or say “claude here” to insert at the cursor."
)
FLATTENED = "Line breaks were replaced with spaces, because a terminal would run each line."
DENIED = "Claude does not work in this app. It is listed in the setting user.claude_deny_apps."
NO_FOCUS = "No window has the focus. Focus a window first."
# An app that opens a file in the same window cannot be detected, so it gets this long.
NEW_FILE_SECONDS = 1.0
NOT_TIMED = float("-inf")


@dataclass(frozen=True)
class Place:
    """Where an answer is inserted.

    `selected` is the text that must still be selected before the first insertion. `replaced` is
    what undo puts back. `new_file` is true while a new file is about to open.
    """

    frame: Frame = NO_FRAME
    selected: str = ""
    replaced: str = ""
    new_file: bool = False


def choose_frame(plan: Plan, text: str) -> Frame:
    """Return what to insert around the answer; `text` is what was read from the source."""
    if plan.destination == "replace":
        return Frame(replacing=True)
    if plan.destination == "above":
        return Frame(after="\n")
    if plan.destination == "below":
        # A selection of whole lines ends on the next line, so the break goes after the answer.
        if plan.source in SELECTION_SOURCES and text.endswith("\n"):
            return Frame(after="\n")
        return Frame(before="\n")
    return NO_FRAME


def prepare_place(plan: Plan, text: str) -> Place:
    """Move the caret to the destination; `text` is what was read from the source."""
    has_selection = plan.source in SELECTION_SOURCES
    frame = choose_frame(plan, text)
    if plan.destination == "replace":
        return Place(frame, selected=text, replaced=text)
    if plan.destination == "new file":
        press_new_file()
        return Place(new_file=True)
    if plan.destination == "above":
        _move_caret("left" if has_selection else "", "line_start")
    elif plan.destination == "below" and frame.before:
        _move_caret("right" if has_selection else "", "line_end")
    else:
        _move_caret("right" if has_selection else "")
    return Place(frame)


def find_window_problem() -> Optional[str]:
    """Return why nothing may be inserted into the focused window, as a sentence, or None."""
    focus = read_focus()
    if focus.window == NO_WINDOW:
        return NO_FOCUS
    return DENIED if is_denied(focus, options.read_text("deny_apps")) else None


class WindowSink(Sink):
    """A sink that types and pastes; done when all is inserted and the clipboard restored."""

    # `Insertion` decides what to type and paste; this class does it through Talon.
    # States, in this order: opening (waits for a new file's window), checking (reads the selection
    # to verify that it is still the text Claude received), inserting, done. While inserting it may
    # be paused; only `resume`, `move_here` or `release` end the pause.
    # Inputs: pieces of the answer, time, focus, phrases, and the user's commands.
    # Outputs: keys and pastes, notifications, `pause_reason`, and `entry` for undo.

    def __init__(self, place: Place) -> None:
        """Insert into the focused window."""
        super().__init__()
        focus = read_focus()
        self._terminal = is_terminal(focus)
        mode = options.read_insert_mode()
        self._insertion = Insertion(focus.window, mode, self._terminal, place.frame)
        self._place = place
        self._check: Optional[SourceReader] = None
        self._needs_check = bool(place.selected)
        self._opening: Optional[float] = NOT_TIMED if place.new_file else None
        self._clipboard = BorrowedClipboard()
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
        return Entry(self._insertion.window, text, self._terminal, self._place.replaced, whole)

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

    def end(self) -> None:
        """End at once and restore the clipboard."""
        super().end()
        if self._check is not None:
            self._check.end()
        self._clipboard.restore()

    def hold(self) -> None:
        """Pause, because a voice command may be about to move the caret."""
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
        self._announced, self._pause_reason = False, ""
        self._insertion.paused = False
        self.check_focus()

    def move_here(self) -> None:
        """Continue in the focused window, at the caret."""
        problem = find_window_problem()
        if problem is not None:
            notify(problem)
            return
        self._announced, self._pause_reason, self._needs_check = False, "", False
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
        focus = read_focus()
        self._terminal = is_terminal(focus)
        self._insertion.move_to(focus.window, options.read_insert_mode(), self._terminal)

    def _insert_step(self, now: float) -> None:
        if self._needs_check and not self._insertion.done:
            self._begin_check()
            return
        step = self._insertion.take_step(now, read_focused_window())
        if isinstance(step, Paste):
            self._clipboard.put(step.text)
            self._has_pasted = True
            run_edit_action("paste")
        elif step:
            type_text(step.text)

    def _begin_check(self) -> None:
        """Read the selection again before the first step replaces it."""
        if self._insertion.ready and not self._insertion.paused:
            self._check = SourceReader("this")

    def _advance_check(self, now: float, check: SourceReader) -> None:
        check.advance(now)
        if not check.done:
            return
        is_unchanged = is_same_text(self._place.selected, check.text)
        self._check = None
        self._needs_check = not is_unchanged
        if not is_unchanged:
            self._insertion.paused = True
            self._pause(DESELECTED)

    def _pause(self, reason: str) -> None:
        """Set the reason of a pause, and notify the user of the first one."""
        self._pause_reason = reason
        if not self._announced:
            self._announced = True
            notify(reason)


def _move_caret(*names: str) -> None:
    for name in names:
        if name:
            run_edit_action(name)

"""Carries an answer into the window it was asked from: keys, pastes, pauses and the clipboard."""

from dataclasses import dataclass
from typing import Optional

from ..core.insertion import PLAIN, Around, Insertion, Paste
from ..core.journal import Entry, same_text
from ..core.plan import SELECTING
from ..desktop.clipboard import BorrowedClipboard
from ..desktop.keys import edit, press_new_file, type_text
from ..desktop.screen import NO_WINDOW, focus, focused_window, in_terminal, is_denied, notify
from . import options
from .sources import Gather

MOVED = "Claude waits: go back and say “claude resume”, or say “claude here” to go on here."
SPOKEN = "Claude waits because you spoke: say “claude resume” or “claude stop”."
UNSELECTED = (
    "Claude waits because the selection has changed: select it again and say “claude resume”, "
    "or say “claude here” to insert it at the caret."
)
FLATTENED = "Line breaks became spaces, because a terminal would run each line."
DENIED = "Claude keeps out of this app: it is in the setting user.claude_deny_apps."
NOWHERE = "Claude has nowhere to write: focus a window first."
NEW_FILE_SECONDS = 1.0
NO_TIME_YET = float("-inf")


@dataclass(frozen=True)
class Place:
    """Where an answer goes: what is selected there now, and what goes around the answer."""

    around: Around = PLAIN
    selected: str = ""
    replaced: str = ""
    new_file: bool = False


def prepare(destination: str, source: str, text: str) -> Place:
    """Put the caret where the answer belongs; `text` is what was selected to be gathered."""
    selected = source in SELECTING
    if destination == "replace":
        return Place(Around(replacing=True), selected=text, replaced=text)
    if destination == "new file":
        press_new_file()
        return Place(new_file=True)
    if destination == "above":
        _press("left" if selected else "", "line_start")
        return Place(Around(after="\n"))
    if destination == "below":
        if selected and text.endswith("\n"):
            _press("right")
            return Place(Around(after="\n"))
        _press("right" if selected else "", "line_end")
        return Place(Around(before="\n"))
    _press("right" if selected else "")
    return Place()


def refusal_here() -> Optional[str]:
    """Return why nothing may be inserted into what is focused now, as a sentence, or None."""
    focused = focus()
    if focused.window == NO_WINDOW:
        return NOWHERE
    return DENIED if is_denied(focused, options.text("deny_apps")) else None


class Inserting:
    """One answer on its way; it is `over` when all is inserted and the clipboard is given back."""

    def __init__(self, place: Place) -> None:
        """Insert into the focused window."""
        self.over = False
        self.waits = ""
        focused = focus()
        self._terminal = in_terminal(focused)
        mode = options.insert_mode()
        self._insertion = Insertion(focused.window, mode, self._terminal, place.around)
        self._place = place
        self._check: Optional[Gather] = None
        self._unchecked = bool(place.selected)
        self._opening: Optional[float] = NO_TIME_YET if place.new_file else None
        self._clipboard = BorrowedClipboard()
        self._lent = False
        self._whole = False
        self._told = False

    @property
    def resting(self) -> bool:
        """Tell whether it only waits for the user to speak."""
        return self._insertion.paused and self._whole and not self._lent and self._check is None

    @property
    def entry(self) -> Optional[Entry]:
        """Return what stands in the window now because of it, if anything does."""
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
        self._whole = True
        self._insertion.finish()

    def stop(self) -> None:
        """Insert no more; the clipboard follows when the app has read it."""
        self._whole = True
        self._insertion.drop()

    def end(self) -> None:
        """Leave nothing behind."""
        self.over = True
        if self._check is not None:
            self._check.end()
        self._clipboard.give_back()

    def hold(self) -> None:
        """Pause, because a voice command may be about to move the caret."""
        if not self._insertion.done:
            self._insertion.paused = True

    def release(self) -> None:
        """Undo `hold`: the voice command was one of ours, and moved nothing."""
        if focused_window() == self._insertion.window and not self._told:
            self._insertion.paused = False

    def mention_hold(self) -> None:
        """Tell the user about a pause that outlived their voice command."""
        if self._insertion.paused and not self._insertion.done:
            self._tell(SPOKEN)

    def focus_changed(self) -> None:
        """Pause when the focus has gone to another window."""
        if self._opening is not None:
            return
        window = focused_window()
        self._insertion.focus(window)
        if window != self._insertion.window and not self._insertion.done:
            self._tell(MOVED)

    def resume(self) -> None:
        """Go on in the window that was asked from."""
        self._told, self.waits = False, ""
        self._insertion.paused = False
        self.focus_changed()

    def move_here(self) -> None:
        """Go on in the focused window, at the caret."""
        refusal = refusal_here()
        if refusal is not None:
            notify(refusal)
            return
        self._told, self.waits, self._unchecked = False, "", False
        self._aim()

    def advance(self, now: float) -> None:
        """Insert what is ready, when the app has had time for what came before."""
        if self._opening is not None:
            self._open(now, self._opening)
            return
        self.focus_changed()
        if self._check is not None:
            self._go_on_checking(now, self._check)
            return
        self._insert(now)
        if not self._insertion.settled(now):
            return
        if self._insertion.done:
            self._finish()
        elif self._insertion.paused and self._lent:
            self._lent = False
            self._clipboard.give_back()

    def _open(self, now: float, until: float) -> None:
        """Wait for the new file: another window, or the same one after a while."""
        if until == NO_TIME_YET:
            self._opening = until = now + NEW_FILE_SECONDS
        moved = focused_window() not in (NO_WINDOW, self._insertion.window)
        if moved or now >= until:
            self._opening = None
            self._aim()

    def _aim(self) -> None:
        focused = focus()
        self._terminal = in_terminal(focused)
        self._insertion.aim(focused.window, options.insert_mode(), self._terminal)

    def _insert(self, now: float) -> None:
        if self._unchecked and not self._insertion.done:
            self._begin_to_check()
            return
        step = self._insertion.next_step(now, focused_window())
        if isinstance(step, Paste):
            self._clipboard.put(step.text)
            self._lent = True
            edit("paste")
        elif step:
            type_text(step.text)

    def _begin_to_check(self) -> None:
        """Before the first part replaces a selection, see that it is still what was read."""
        if self._insertion.ready and not self._insertion.paused:
            self._check = Gather("this")

    def _go_on_checking(self, now: float, check: Gather) -> None:
        check.advance(now)
        if not check.done:
            return
        same = same_text(self._place.selected, check.text)
        self._check = None
        self._unchecked = not same
        if not same:
            self._insertion.paused = True
            self._tell(UNSELECTED)

    def _finish(self) -> None:
        self.end()
        if self._insertion.flattened:
            notify(FLATTENED)

    def _tell(self, sentence: str) -> None:
        self.waits = sentence
        if not self._told:
            self._told = True
            notify(sentence)


def _press(*names: str) -> None:
    for name in names:
        if name:
            edit(name)

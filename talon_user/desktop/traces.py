"""Notice what the user does in the focused window, as far as Talon reports it."""

from typing import Any, Optional

from ..core.titles import is_other_document
from .clipboard import take_user_copy
from .screen import read_focus, read_focused_element

CLICKED = "Paused because you clicked."
COPIED = "Paused because something was copied."
OTHER_DOCUMENT = "Paused because the window shows something else now."
CARET_MOVED = "Paused because the cursor moved."


class _Clicks:
    """The number of mouse clicks so far; Talon may call `count` on any thread."""

    def __init__(self) -> None:
        self.number = 0

    def count(self, _kind: Any = None, _event: Any = None) -> None:
        self.number += 1


_clicks = _Clicks()


def watch_clicks() -> None:
    """Count mouse clicks from now on, if this version of Talon reports them."""
    try:
        from talon import tap  # missing in some builds of Talon
    except ImportError:
        return
    tap.register(tap.MCLICK, _clicks.count)


class UserTraces:
    """Signs that the user has moved the caret or changed the text since `accept`."""

    # Inputs: `accept` when the user's place is right as it is, `note_step` when we have pressed
    # keys, `note_settled` when the app has processed them. Output: `find_change`.
    # The caret is known only where accessibility tells it, and unknown while an app processes keys.

    def __init__(self) -> None:
        """Start from what is there now."""
        self._title, self._clicks = "", 0
        self._caret: Optional[int] = None
        self._is_settled = False
        self.accept()

    def accept(self) -> None:
        """Take the present state for the user's wish."""
        self._title, self._clicks = read_focus().title, _clicks.number
        self.note_step()
        take_user_copy()

    def note_step(self) -> None:
        """Forget where the caret was: our keys have moved it."""
        self._caret, self._is_settled = None, False

    def note_settled(self) -> None:
        """Remember where our keys have left the caret."""
        if not self._is_settled:
            self._is_settled, self._caret = True, read_caret()

    def find_change(self, inserted: str) -> Optional[str]:
        """Return what the user has done since, as a sentence, or None."""
        if _clicks.number != self._clicks:
            return CLICKED
        if is_other_document(self._title, read_focus().title, inserted):
            return OTHER_DOCUMENT
        if take_user_copy():
            return COPIED
        if self._caret is not None and read_caret() not in (None, self._caret):
            return CARET_MOVED
        return None


def read_caret() -> Optional[int]:
    """Return the caret's position in the focused text, where accessibility tells it."""
    try:
        selection: Any = read_focused_element().get("AXSelectedTextRange")
        return int(selection.right)
    except Exception:  # noqa: BLE001 - missing on some platforms, and an app may not answer
        return None

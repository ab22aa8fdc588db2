"""Borrows the clipboard while a reply is pasted, and gives it back only if it is still ours."""

from typing import Any, Optional

from talon import clip


class BorrowedClipboard:
    """What the user had on the clipboard, in all its formats, while ours is on it."""

    def __init__(self) -> None:
        """Borrow nothing yet."""
        self._theirs: Any = None
        self._our_serial: Optional[int] = None

    def put(self, text: str) -> None:
        """Put our text there; what the user copied since the last time is saved first."""
        if self._our_serial is None or clip.serial() != self._our_serial:
            self._theirs = clip.mime()
        clip.set_text(text)
        self._our_serial = clip.serial()

    def give_back(self) -> None:
        """Restore what the user had, unless they have copied something since."""
        if self._our_serial is not None and clip.serial() == self._our_serial:
            if self._theirs is None:
                clip.set_text("")
            else:
                clip.set_mime(self._theirs)
        self._theirs = self._our_serial = None

    def await_copy(self) -> None:
        """Empty the clipboard, so that what an app copies next is seen."""
        self.put("")

    def copied(self) -> Optional[str]:
        """Return what has been copied since `await_copy`, or None; it counts as ours."""
        if self._our_serial is None or clip.serial() == self._our_serial:
            return None
        self._our_serial = clip.serial()
        return clip.text() or ""


def copy_text(text: str) -> None:
    """Put text on the clipboard, for the user to keep."""
    clip.set_text(text)


def clipboard_text() -> str:
    """Return the text on the clipboard."""
    return clip.text() or ""

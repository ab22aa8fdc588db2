"""Use the clipboard for pasting and copying, and restore it afterwards."""

from typing import Any, Optional

from talon import clip


class BorrowedClipboard:
    """The user's clipboard content in all formats, saved while ours is on the clipboard."""

    # `clip.serial()` changes with each copy by any program. As long as it is the one of our last
    # change, the content is ours; otherwise the user has copied something, which must survive.

    def __init__(self) -> None:
        """Leave the clipboard unchanged until the first call."""
        self._saved: Any = None
        self._our_serial: Optional[int] = None

    def put(self, text: str) -> None:
        """Set our text; save the user's content first, if it changed since the last call."""
        if self._our_serial is None or clip.serial() != self._our_serial:
            self._saved = clip.mime()
        clip.set_text(text)
        self._our_serial = clip.serial()

    def restore(self) -> None:
        """Restore the user's content, unless they have copied something since."""
        if self._our_serial is not None and clip.serial() == self._our_serial:
            if self._saved is None:
                clip.set_text("")
            else:
                clip.set_mime(self._saved)
        self._saved = self._our_serial = None

    def await_copy(self) -> None:
        """Empty the clipboard, so that `take_copy` can detect what an app copies."""
        self.put("")

    def take_copy(self) -> Optional[str]:
        """Return the text copied since `await_copy`, or None; count it as ours."""
        if self._our_serial is None or clip.serial() == self._our_serial:
            return None
        self._our_serial = clip.serial()
        return clip.text() or ""


def copy_text(text: str) -> None:
    """Put text on the clipboard for the user."""
    clip.set_text(text)


def read_clipboard() -> str:
    """Return the text on the clipboard, or empty."""
    return clip.text() or ""

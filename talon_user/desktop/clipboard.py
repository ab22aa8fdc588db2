"""Use the clipboard for pasting and copying, and restore it afterwards."""

from dataclasses import dataclass
from typing import Any, Optional

from talon import clip, cron

from .screen import notify

SETTLE = "150ms"
"""An app may clear the clipboard, write text, and add formats 60 ms later."""
RETRY = "100ms"
RETRIES = 20
NOT_RESTORED = (
    "Another program keeps the clipboard locked, so what you had copied could not be restored."
)


@dataclass
class _Loan:
    """What must be restored: the user's content, as long as the clipboard's content is ours.

    Until something `is_changed`, the clipboard still has the user's content.
    """

    saved: Any
    serial: int
    is_changed: bool = True
    copied: str = ""
    """What an app copied for us; it may add formats to it later."""

    def is_ours(self) -> bool:
        return clip.serial() == self.serial or (bool(self.copied) and clip.text() == self.copied)


class BorrowedClipboard:
    """The user's clipboard content in all formats, saved while ours is on the clipboard."""

    # `clip.serial()` changes with each copy by any program. As long as it is the one of our last
    # change, the content is ours; otherwise the user has copied something, which must survive.
    # Another program may have the clipboard open: then every call of `clip` raises. `restore`
    # never does; it tries again, and what it still has to restore is saved by the next `put`.

    _unrestored: Optional[_Loan] = None
    """Shared by all: there is only one clipboard."""

    def __init__(self) -> None:
        """Leave the clipboard unchanged until the first call."""
        self._loan: Optional[_Loan] = None

    def put(self, text: str) -> None:
        """Set our text; save the user's content first, if it changed since the last call."""
        loan = self._find_loan()
        saved = clip.mime() if loan is None else loan.saved
        clip.set_text(text)
        self._loan = _Loan(saved, clip.serial())
        BorrowedClipboard._unrestored = None

    def restore(self) -> None:
        """Restore the user's content soon, unless they have copied something since."""
        loan, self._loan = self._loan, None
        if loan is None or not loan.is_changed:
            return
        BorrowedClipboard._unrestored = loan
        if loan.copied:
            cron.after(SETTLE, lambda: _restore(loan, RETRIES))
        else:
            _restore(loan, RETRIES)

    def await_copy(self) -> None:
        """Save the user's content, so that `take_copy` can detect what an app copies."""
        # Nothing is written: clipboard managers would record it, and `clip.serial` is enough.
        loan = self._find_loan()
        if loan is None:
            self._loan = _Loan(clip.mime(), clip.serial(), is_changed=False)
        else:
            self._loan = _Loan(loan.saved, clip.serial(), loan.is_changed)
        BorrowedClipboard._unrestored = None

    def take_copy(self) -> Optional[str]:
        """Return the text copied since `await_copy`, or None; count it as ours."""
        loan = self._loan
        try:
            text = "" if loan is None or clip.serial() == loan.serial else clip.text()
        except Exception:  # noqa: BLE001 - the app has the clipboard open to write to it
            return None
        if loan is None or not text:
            return None
        loan.copied, loan.serial, loan.is_changed = text, clip.serial(), True
        return text

    def _find_loan(self) -> Optional[_Loan]:
        """Return the loan whose content is still on the clipboard."""
        loan = self._loan or BorrowedClipboard._unrestored
        return loan if loan is not None and loan.is_ours() else None


def _restore(loan: _Loan, tries: int) -> None:
    if BorrowedClipboard._unrestored is not loan:
        return
    try:
        if loan.is_ours():
            if loan.saved is None:
                clip.set_text("")
            else:
                clip.set_mime(loan.saved)
    except Exception:  # noqa: BLE001 - what Talon raises differs by platform
        if tries:
            cron.after(RETRY, lambda: _restore(loan, tries - 1))
            return
        notify(NOT_RESTORED)
    BorrowedClipboard._unrestored = None


def copy_text(text: str) -> None:
    """Put text on the clipboard for the user."""
    clip.set_text(text)


def read_clipboard() -> str:
    """Return the text on the clipboard, or empty."""
    return clip.text() or ""

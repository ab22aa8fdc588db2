"""Use the clipboard for pasting and copying, and restore it afterwards."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

from talon import clip, cron

from ..core.insertion import PASTE_SECONDS
from .screen import notify

SETTLE_SECONDS = 0.15
"""An app may clear the clipboard, write text, and add formats 60 ms later."""
COPY_SECONDS = 0.6
"""A slow app takes 300 ms to copy. After this time, nothing is selected."""
RETRY = "100ms"
RETRIES = 20
SLOW_SECONDS = 1.0
NOT_READ = (
    "The program that you copied from does not respond, so what you had copied cannot be read and "
    "restored."
)
NOT_RESTORED = (
    "Another program keeps the clipboard locked, so what you had copied could not be restored."
)


@dataclass
class _Loan:
    """What must be restored: the user's content, as long as the clipboard's content is ours.

    Until something `is_changed`, the clipboard still has the user's content. An app may copy for us
    until `copied_until`, and our content must stay until `needed_until`, because an app may not
    have read it yet; both are seconds of a monotonic clock.
    """

    saved: Any
    serial: int
    is_changed: bool = True
    needed_until: float = float("-inf")
    copied_until: float = float("-inf")
    copied: str = ""
    """What an app copied for us; it may add formats to it later."""

    @property
    def waits_for_copy(self) -> bool:
        return not self.copied and time.monotonic() < self.copied_until

    def is_ours(self) -> bool:
        if clip.serial() == self.serial:
            return True
        return bool(self.copied) and read_content(clip.text) == self.copied


class BorrowedClipboard:
    """The user's clipboard content in all formats, saved while ours is on the clipboard."""

    # `clip.serial()` changes with each copy by any program. As long as it is the one of our last
    # change, the content is ours; otherwise the user has copied something, which must survive.
    # Another program may have the clipboard open: then every call of `clip` raises. `restore`
    # never does; it tries again, and what it still has to restore is saved by the next `put`.

    current: Optional[_Loan] = None
    """The loan that is not restored yet. Shared by all: there is only one clipboard."""
    last_serial: Optional[int] = None
    """The serial of the last content that `take_user_copy` has seen, or that we have written."""
    silent_serial: Optional[int] = None
    """The serial of content that its program did not deliver."""

    def __init__(self) -> None:
        """Leave the clipboard unchanged until the first call."""
        self._loan: Optional[_Loan] = None

    def put(self, text: str) -> None:
        """Set text for a paste; save the user's content first, if it has changed."""
        loan = _find_loan()
        saved = read_content(clip.mime) if loan is None else loan.saved
        clip.set_text(text)
        self._borrow(_Loan(saved, clip.serial(), needed_until=time.monotonic() + PASTE_SECONDS))

    def restore(self) -> None:
        """Restore the user's content soon, unless they have copied something since."""
        loan, self._loan = self._loan, None
        if loan is not None:
            _release(loan)

    def await_copy(self) -> None:
        """Save the user's content, so that `take_copy` can detect what an app copies."""
        # Nothing is written: clipboard managers would record it, and `clip.serial` is enough.
        loan = _find_loan()
        until = time.monotonic() + COPY_SECONDS
        if loan is None:
            saved = read_content(clip.mime)
            new = _Loan(saved, clip.serial(), is_changed=False, copied_until=until)
        else:
            new = _Loan(loan.saved, clip.serial(), loan.is_changed, copied_until=until)
        self._borrow(new)

    def take_copy(self) -> Optional[str]:
        """Return the text copied since `await_copy`, or None; count it as ours."""
        if self._loan is None:
            return None
        _note_copy(self._loan)
        return self._loan.copied or None

    def _borrow(self, loan: _Loan) -> None:
        self._loan = BorrowedClipboard.current = loan
        BorrowedClipboard.last_serial = loan.serial


def _find_loan() -> Optional[_Loan]:
    """Return the loan whose content is still on the clipboard."""
    loan = BorrowedClipboard.current
    if loan is not None:
        _note_copy(loan)
    return loan if loan is not None and loan.is_ours() else None


def _note_copy(loan: _Loan) -> None:
    """Note the text that an app has copied for us; later than COPY_SECONDS, it is the user's."""
    if not loan.waits_for_copy:
        return
    try:
        text = "" if clip.serial() == loan.serial else read_content(clip.text)
    except Exception:  # noqa: BLE001 - the app has the clipboard open to write to it
        return
    if text:
        loan.copied, loan.serial, loan.is_changed = text, clip.serial(), True


def _release(loan: _Loan) -> None:
    """Restore the user's content once no app needs the clipboard for us any more."""
    if loan.waits_for_copy:
        # The question was stopped, but the app has got the copy key.
        _note_copy(loan)
        cron.after(RETRY, lambda: _release(loan))
        return
    seconds = max(loan.needed_until - time.monotonic(), SETTLE_SECONDS if loan.copied else 0)
    if seconds > 0 and loan.is_changed:
        cron.after(f"{seconds * 1000:.0f}ms", lambda: _restore(loan, RETRIES))
    else:
        _restore(loan, RETRIES)


def _restore(loan: _Loan, tries: int) -> None:
    if BorrowedClipboard.current is not loan:
        return
    try:
        if loan.is_changed and loan.is_ours():
            if loan.saved is None:
                clip.set_text("")
            else:
                clip.set_mime(loan.saved)
            BorrowedClipboard.last_serial = clip.serial()
    except Exception:  # noqa: BLE001 - what Talon raises differs by platform
        if tries:
            cron.after(RETRY, lambda: _restore(loan, tries - 1))
            return
        notify(NOT_RESTORED)
    BorrowedClipboard.current = None


def take_restorer() -> Callable[[], None]:
    """Return a function that restores what is still to be restored.

    A reload of the package ends all jobs of its old copy, so the new copy calls it.
    """
    loan = BorrowedClipboard.current
    return lambda: None if loan is None else _restore(loan, RETRIES)


def copy_text(text: str) -> None:
    """Put text on the clipboard for the user."""
    clip.set_text(text)
    BorrowedClipboard.current, BorrowedClipboard.last_serial = None, clip.serial()


def take_user_copy() -> bool:
    """Return whether the user has copied something since the last call."""
    try:
        last, serial = BorrowedClipboard.last_serial, clip.serial()
        is_ours = _find_loan() is not None
    except Exception:  # noqa: BLE001 - another program has the clipboard open
        return False
    BorrowedClipboard.last_serial = serial
    return serial != last and not is_ours


def read_clipboard() -> str:
    """Return the text that the user has copied, or empty."""
    loan = _find_loan()
    if loan is not None and loan.is_changed:
        return "" if loan.saved is None else loan.saved.text or ""
    return read_content(clip.text) or ""


def read_content(read: Callable[[], Any]) -> Any:
    """Return what `read` returns, or None for content that its program does not deliver."""
    # On X11, each read waits for that program, up to 20 s. So it is done only once.
    serial, started = clip.serial(), time.monotonic()
    if serial == BorrowedClipboard.silent_serial:
        return None
    try:
        return read()
    except Exception:
        if time.monotonic() - started < SLOW_SECONDS:
            raise
        BorrowedClipboard.silent_serial = serial
        notify(NOT_READ)
        return None

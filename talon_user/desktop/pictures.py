"""Take the pictures that are sent with a question: screenshots, and the one on the clipboard.

Screenshots come from Talon's own `screen` rather than the bridge's `/computer/screenshot`, which
requires computer use: a far greater permission than one picture. Talon also knows where the focused
window is.
"""

import base64
import threading
from dataclasses import dataclass
from typing import Any

from talon import clip, ui

from .clipboard import read_content
from .panes import find_active_screen

SUBJECTS = {
    "window": "of the focused window",
    "screen": "of the screen",
    "clip": "on the clipboard",
}


class NoPicture(Exception):
    """No picture can be taken; the message is a sentence for the user."""


@dataclass(frozen=True)
class Picture:
    """A picture as Talon's image and as a PNG in a data URL, with a caption for the user."""

    image: Any
    url: bytes
    caption: str


class PictureEncoder:
    """Encode an image as a `Picture`, on a thread of its own: that takes 50 ms and more."""

    # The thread uses nothing of Talon but the image, which nobody changes any more.

    def __init__(self, image: Any, source: str) -> None:
        """Start to encode the image of a source."""
        self._image, self._source = image, source
        self._url, self._failure = b"", ""
        self._thread = threading.Thread(target=self._encode, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether `take` has a result."""
        return not self._thread.is_alive()

    def take(self) -> Picture:
        """Return the picture; raise NoPicture."""
        if not self._url:
            raise NoPicture(f"The picture could not be encoded: {self._failure}.")
        width, height = self._image.width, self._image.height
        caption = f"Sending a picture {SUBJECTS[self._source]}: {width:.0f} × {height:.0f}."
        return Picture(self._image, self._url, caption)

    def _encode(self) -> None:
        try:
            png = bytes(self._image.encode().data())
            self._url = b"data:image/png;base64," + base64.b64encode(png)
        except Exception as error:  # noqa: BLE001 - what Talon raises differs; `take` reports it
            self._failure = type(error).__name__


def capture(source: str) -> Any:
    """Return an image of the active `screen` or of the focused `window`; raise NoPicture."""
    try:
        from talon import screen  # missing in some builds of Talon
    except ImportError:
        raise NoPicture("This version of Talon cannot take screenshots.") from None
    area = ui.active_window().rect if source == "window" else find_active_screen().rect
    # Not `retina`: Claude scales larger pictures down anyway.
    image = screen.capture_rect(area, retina=False)
    if image is None:
        raise NoPicture("Cannot capture the screen. Allow Talon to record it.")
    return image


def read_clipboard_image() -> Any:
    """Return the image on the clipboard, or None."""
    try:
        return read_content(clip.image)
    except Exception:  # noqa: BLE001 - what Talon raises for a clipboard without one differs
        return None

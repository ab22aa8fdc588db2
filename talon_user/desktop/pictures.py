"""Takes the screenshots that go along with a question.

By Talon's own `screen`, not by the bridge's `/computer/screenshot`: that needs computer use to be
switched on, which is a far greater permission than one picture, and Talon has the window's place.
"""

from dataclasses import dataclass
from typing import Any

from talon import ui


class NoPicture(Exception):
    """There can be no picture; the message is a sentence for the user."""


@dataclass(frozen=True)
class Picture:
    """A picture in Talon's form, as PNG, and in words."""

    image: Any
    png: bytes
    words: str


def take(source: str) -> Picture:
    """Take a picture of the `screen` or of the focused `window`; raise NoPicture."""
    try:
        from talon import screen
    except ImportError:
        raise NoPicture("This Talon cannot take pictures of the screen.") from None
    place = ui.active_window().rect if source == "window" else screen.main().rect
    image = screen.capture_rect(place, retina=False)
    if image is None:
        raise NoPicture("The screen cannot be read: allow Talon to record it.")
    what = "the focused window" if source == "window" else "the screen"
    words = f"A picture of {what} is sent: {image.width:.0f} × {image.height:.0f}."
    return Picture(image, bytes(image.encode().data()), words)

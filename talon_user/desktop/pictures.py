"""Take the screenshots that are sent with a question.

They come from Talon's own `screen` rather than the bridge's `/computer/screenshot`, which requires
computer use: a far greater permission than one picture. Talon also knows where the focused window
is.
"""

from dataclasses import dataclass
from typing import Any

from talon import ui


class NoPicture(Exception):
    """No picture can be taken; the message is a sentence for the user."""


@dataclass(frozen=True)
class Picture:
    """A screenshot as Talon's image and as PNG, with a caption for the user."""

    image: Any
    png: bytes
    caption: str


def take_picture(source: str) -> Picture:
    """Take a picture of the `screen` or of the focused `window`; raise NoPicture."""
    try:
        from talon import screen  # missing in some builds of Talon
    except ImportError:
        raise NoPicture("This version of Talon cannot take screenshots.") from None
    area = ui.active_window().rect if source == "window" else screen.main().rect
    # Not `retina`: Claude scales larger pictures down anyway.
    image = screen.capture_rect(area, retina=False)
    if image is None:
        raise NoPicture("Cannot capture the screen. Allow Talon to record it.")
    subject = "the focused window" if source == "window" else "the screen"
    caption = f"Sending a picture of {subject}: {image.width:.0f} × {image.height:.0f}."
    return Picture(image, bytes(image.encode().data()), caption)

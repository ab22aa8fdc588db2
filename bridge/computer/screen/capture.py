"""What one asker sees: pictures of one size and kind, and where their pixels are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.computer.actions import Coordinate
from bridge.computer.desktop import Desktop
from bridge.computer.screen.annotate import mark
from bridge.computer.screen.geometry import Rect, View
from bridge.computer.screen.pictures import (
    Format,
    Picture,
    black_out,
    draw_cursor,
    encode,
    scale,
    secret_areas,
)
from bridge.computer.screen.sizes import OLDER, Tier, enlarge, fit
from bridge.errors import InvalidRequest

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Looks:
    """How pictures are made for an asker."""

    tier: Tier = OLDER
    pixels: int | None = None
    """In all, where the model has a limit."""
    form: Format = "jpeg"
    monitor: int = 0
    """0 is the main one."""
    secret: Sequence[str] = ()
    """Words of windows that are black in every picture."""


class Sight:
    """One asker's eyes; `view` is what was shown last, by which coordinates are meant.

    In the desktop's own thread, like the desktop.
    """

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._view: View | None = None

    def view(self, desktop: Desktop) -> View:
        """Of the last whole picture; of what one would show where there was none yet."""
        if self._view is None:
            self._view = self._whole(desktop)
        return self._view

    def screenshot(self, desktop: Desktop) -> Picture:
        """The whole screen, with the pointer in it; coordinates are its pixels from now on."""
        self._view = self._whole(desktop)
        image = self._seen(desktop, self._view.area)
        return encode(scale(image, self._view.picture), self._looks.form)

    def zoom(self, desktop: Desktop, region: tuple[int, int, int, int]) -> Picture:
        """A part of the last picture, as large as a picture may be; coordinates stay as they were.

        Raises InvalidRequest for a part that is outside.
        """
        view = self.view(desktop)
        x0, y0, x1, y1 = region
        shown = Rect(0, 0, *view.picture)
        asked = Rect(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))
        if shown.overlap(asked) is None:
            raise InvalidRequest(
                f"zoom: the region is outside of the picture ({shown.width}x{shown.height}).",
                param="region",
            )
        area = view.part(x0, y0, x1, y1)
        image = self._seen(desktop, area)
        size = enlarge(area.size, *self._looks.tier, self._looks.pixels)
        return encode(scale(image, size), self._looks.form)

    def marked(self, desktop: Desktop, places: Sequence[Coordinate]) -> Picture:
        """The screen as it is now, with places of the last picture marked; for the person."""
        view = self.view(desktop)
        image = scale(self._seen(desktop, view.area), view.picture)
        mark(image, places)
        return encode(image, "jpeg")

    def _whole(self, desktop: Desktop) -> View:
        screens = desktop.screens()
        if self._looks.monitor >= len(screens):
            raise InvalidRequest(
                f"There is no monitor {self._looks.monitor}; the last one is {len(screens) - 1}.",
                param="monitor",
            )
        area = screens[self._looks.monitor]
        return View(area, fit(area.size, *self._looks.tier, self._looks.pixels))

    def _seen(self, desktop: Desktop, area: Rect) -> Image:
        """What may be seen of it."""
        image = desktop.grab(area)
        cursor = desktop.cursor()
        if cursor is not None:
            draw_cursor(image, area, cursor, desktop.pointer())
        if self._looks.secret:
            black_out(image, area, secret_areas(desktop.windows(), self._looks.secret))
        return image

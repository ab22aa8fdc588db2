"""Take the pictures of one session, and remember which pixels they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.computer.actions import Coordinate
from bridge.computer.desktop import Desktop
from bridge.computer.screen.annotate import mark_places
from bridge.computer.screen.geometry import Rect, View
from bridge.computer.screen.pictures import (
    Format,
    Picture,
    black_out,
    draw_cursor,
    encode,
    find_secret_areas,
    scale,
)
from bridge.computer.screen.sizes import OLDER, Tier, enlarge, fit
from bridge.errors import InvalidRequest

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """Size, format and screen of a session's pictures."""

    tier: Tier = OLDER
    pixels: int | None = None
    """Most pixels of a whole picture, if the model has such a limit."""
    form: Format = "jpeg"
    monitor: int = 0
    """Index of the screen; 0 is the main one."""
    secret: Sequence[str] = ()
    """Windows with one of these words in their title or program are black in every picture."""


class Capture:
    """The pictures of one session; used in the desktop's thread only.

    State: the view of the last screenshot, to which coordinates of actions refer. Only a new
    screenshot changes it, a zoom does not.
    """

    def __init__(self, options: CaptureOptions) -> None:
        self._options = options
        self._view: View | None = None

    def get_view(self, desktop: Desktop) -> View:
        """Return the view of the last screenshot, or of the one that would be taken now."""
        if self._view is None:
            self._view = self._measure_view(desktop)
        return self._view

    def take_screenshot(self, desktop: Desktop) -> Picture:
        """Take the whole screen with the pointer; from now on coordinates are its pixels."""
        self._view = self._measure_view(desktop)
        image = self._grab(desktop, self._view.area)
        return encode(scale(image, self._view.picture), self._options.form)

    def zoom(self, desktop: Desktop, region: tuple[int, int, int, int]) -> Picture:
        """Take a region of the last screenshot, enlarged; coordinates keep their meaning.

        Raises InvalidRequest for a region outside.
        """
        view = self.get_view(desktop)
        view.check_region(region)
        area = view.crop(*region)
        image = self._grab(desktop, area)
        size = enlarge(area.size, *self._options.tier, self._options.pixels)
        return encode(scale(image, size), self._options.form)

    def take_annotated(self, desktop: Desktop, places: Sequence[Coordinate]) -> Picture:
        """Take the screen as it is now, and mark places of the last screenshot in it."""
        view = self.get_view(desktop)
        image = scale(self._grab(desktop, view.area), view.picture)
        mark_places(image, places)
        return encode(image, "jpeg")

    def _measure_view(self, desktop: Desktop) -> View:
        screens = desktop.list_screens()
        if self._options.monitor >= len(screens):
            raise InvalidRequest(
                f"There is no monitor {self._options.monitor}; the last one is {len(screens) - 1}.",
                param="monitor",
            )
        area = screens[self._options.monitor]
        return View(area, fit(area.size, *self._options.tier, self._options.pixels))

    def _grab(self, desktop: Desktop, area: Rect) -> Image:
        """Grab an area with the pointer, and without secret windows and password fields."""
        # Windows may open, close or move while the picture is taken: what was secret before or
        # is after is black.
        secret = self._find_secret_areas(desktop)
        image = desktop.grab(area, with_pointer=True)
        cursor = desktop.read_cursor()
        if cursor is not None:
            draw_cursor(image, area, cursor, desktop.read_pointer())
        black_out(image, area, [*secret, *self._find_secret_areas(desktop)])
        return image

    def _find_secret_areas(self, desktop: Desktop) -> list[Rect]:
        windows = desktop.list_windows()
        passwords = desktop.elements.password_areas(windows)
        return [*find_secret_areas(windows, self._options.secret), *passwords]

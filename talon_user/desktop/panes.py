"""Draw rows of text on the screen, with Talon's `canvas` or `imgui`."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Optional, Protocol

from talon import cron, ui

from ..core.answer_text import Row

# Pixels.
TEXT_SIZE = 15.0
LINE_HEIGHT = 21.0
MARGIN = 12.0
GUTTER = 34.0
"""Between the left edge of the text and a mark such as the number of a block."""
WIDTHS = {"corner": 460.0, "panel": 760.0}
CREATE_SECONDS = 0.04
"""Seconds between the creation of two canvases."""
SCROLL_ROWS = 3
"""Rows per step of the mouse wheel."""
log = logging.getLogger("claude")


class Pane(Protocol):
    """An area of the screen that shows rows of text."""

    def show(self, rows: Sequence[Row], image: Any = None) -> None:
        """Replace the content by these rows, with a picture below them."""
        ...

    def hide(self) -> None:
        """Hide the area."""
        ...


class CanvasPane:
    """A pane drawn on Talon's canvas."""

    # A canvas is a window of the system, and takes some 15 ms to create. So one is created when
    # the pane is first shown; later it is moved, resized and hidden. A second pane that is first
    # shown in the same callback waits a moment, so that speech recognition does not.

    _created_at = float("-inf")
    """When the last canvas of any pane was created."""

    def __init__(self, canvas: Any, place: str, on_scroll: Callable[[int], None]) -> None:
        """Use Talon's module `canvas`; `place` is `corner` or `panel`.

        `on_scroll` is called with a number of rows when the user turns the mouse wheel.
        """
        self._canvas_module, self._place, self._on_scroll = canvas, place, on_scroll
        self._canvas: Any = None
        self._screen: Any = None
        self._frame = (0.0, 0.0, 0.0, 0.0)
        self._rows: Sequence[Row] = ()
        self._image: Any = None
        self._job: Any = None

    def show(self, rows: Sequence[Row], image: Any = None) -> None:
        """Draw these rows, on the screen that was active when the pane appeared."""
        self._rows, self._image = tuple(rows), image
        self._screen = self._screen or find_active_screen()
        x, y, width, height = frame = self._find_frame(self._screen.visible_rect)
        if self._canvas is None:
            if time.monotonic() - CanvasPane._created_at < CREATE_SECONDS:
                self._job = self._job or cron.after("50ms", self._show_later)
                return
            CanvasPane._created_at = time.monotonic()
            self._canvas = self._create_canvas(_make_rect(*frame))
        elif frame != self._frame:
            self._canvas.resize(width, height)
            self._canvas.move(x, y)
        self._frame = frame
        # Without it, the mouse wheel would scroll the app behind the panel.
        self._canvas.blocks_mouse = self._place == "panel"
        self._canvas.freeze()

    def hide(self) -> None:
        """Hide the canvas, and choose the screen again when it is next shown."""
        self._screen = None
        if self._job is not None:
            cron.cancel(self._job)
            self._job = None
        if self._canvas is not None:
            self._canvas.blocks_mouse = False
            self._canvas.hide()

    def _show_later(self) -> None:
        self._job = None
        self.show(self._rows, self._image)

    def _create_canvas(self, rect: Any) -> Any:
        canvas = self._canvas_module.Canvas.from_rect(rect)
        canvas.register("draw", self._draw)
        if self._place == "panel":
            try:
                canvas.register("scroll", self._scroll)
            except Exception as error:  # noqa: BLE001 - what Talon raises for a topic differs
                log.info("The answer window cannot be scrolled by mouse: %s", type(error).__name__)
        return canvas

    def _scroll(self, event: Any) -> None:
        # The angle differs by device; its sign is what all have.
        if event.degrees.y:
            self._on_scroll(-SCROLL_ROWS if event.degrees.y > 0 else SCROLL_ROWS)

    def _find_frame(self, screen: Any) -> tuple[float, float, float, float]:
        """Return x, y, width and height of the pane on a screen."""
        width = WIDTHS[self._place]
        height = 2 * MARGIN + LINE_HEIGHT * len(self._rows) + self._scale_picture()[1]
        right = screen.x + screen.width - width - MARGIN
        x = right if self._place == "corner" else screen.x + MARGIN
        return x, screen.y + 40, width, height

    def _draw(self, canvas: Any) -> None:
        canvas.paint.color = "202020e8"
        canvas.draw_rect(canvas.rect)
        canvas.paint.color = "f4f0e8"
        canvas.paint.textsize = TEXT_SIZE
        x, y = canvas.rect.x + MARGIN, canvas.rect.y + MARGIN + TEXT_SIZE
        for number, row in enumerate(self._rows):
            if row.mark:
                canvas.draw_text(row.mark, x, y + number * LINE_HEIGHT)
            indent = 0 if row.mark is None else GUTTER
            canvas.draw_text(row.text, x + indent, y + number * LINE_HEIGHT)
        if self._image is not None:
            self._draw_picture(canvas, x, y + len(self._rows) * LINE_HEIGHT - TEXT_SIZE)

    def _draw_picture(self, canvas: Any, x: float, y: float) -> None:
        whole = _make_rect(0, 0, self._image.width, self._image.height)
        canvas.draw_image_rect(self._image, whole, _make_rect(x, y, *self._scale_picture()))

    def _scale_picture(self) -> tuple[float, float]:
        """Return the picture's width and height, scaled down to fit the pane."""
        if self._image is None:
            return 0.0, 0.0
        scale = min(1.0, (WIDTHS[self._place] - 2 * MARGIN) / self._image.width)
        return self._image.width * scale, self._image.height * scale


class ImguiPane:
    """A pane drawn with Talon's imgui, which cannot show pictures or report the mouse wheel."""

    def __init__(self, imgui: Any, _place: str, _on_scroll: Callable[[int], None]) -> None:
        """Use Talon's module `imgui`."""
        self._rows: Sequence[Row] = ()
        self._window: Any = imgui.open(y=40)(self._draw)

    def show(self, rows: Sequence[Row], image: Any = None) -> None:
        """Show these rows."""
        self._rows = tuple(rows)
        self._window.show()

    def hide(self) -> None:
        """Hide the window."""
        self._window.hide()

    def _draw(self, gui: Any) -> None:
        for row in self._rows:
            gui.text(row.text if row.mark is None else f"{row.mark:<4}{row.text}")


MakePane = Callable[[Any, str, Callable[[int], None]], Pane]
PANES: dict[str, MakePane] = {"canvas": CanvasPane, "imgui": ImguiPane}


def find_active_screen() -> Any:
    """Return the screen with the focused window, or else the main screen."""
    try:
        screen: Optional[Any] = ui.active_window().screen
    except ui.UIErr:
        screen = None
    return screen or ui.main_screen()


def _make_rect(x: float, y: float, width: float, height: float) -> Any:
    from talon.types import Rect  # only guaranteed to exist where canvas does

    return Rect(x, y, width, height)

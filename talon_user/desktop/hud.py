"""Show a few lines in a corner of the screen, and longer text in a panel.

They are drawn with Talon's `canvas` or `imgui`, whichever is available. Without both, nothing is
shown.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Optional, Protocol

from talon import ui

# Pixels.
TEXT_SIZE = 15.0
LINE_HEIGHT = 21.0
MARGIN = 12.0
WIDTHS = {"corner": 460.0, "panel": 760.0}
PANEL_LINES = 34
# Characters per line that fit into each width.
WRAP = {"corner": 56, "panel": 92}


class Pane(Protocol):
    """An area of the screen that shows lines of text."""

    def show(self, lines: Sequence[str], image: Any = None) -> None:
        """Replace the content by these lines, with a picture below them."""
        ...

    def hide(self) -> None:
        """Hide the area."""
        ...


class CanvasPane:
    """A pane drawn on Talon's canvas."""

    def __init__(self, canvas: Any, place: str) -> None:
        """Use Talon's module `canvas`; `place` is `corner` or `panel`."""
        self._canvas_module, self._place = canvas, place
        self._canvas: Any = None
        self._lines: Sequence[str] = ()
        self._image: Any = None

    def show(self, lines: Sequence[str], image: Any = None) -> None:
        """Draw these lines."""
        # A canvas cannot be resized, so each change makes a new one.
        self.hide()
        self._lines, self._image = tuple(lines), image
        self._canvas = self._canvas_module.Canvas.from_rect(self._place_rect())
        self._canvas.register("draw", self._draw)
        self._canvas.freeze()

    def hide(self) -> None:
        """Close the canvas."""
        if self._canvas is not None:
            self._canvas.unregister("draw", self._draw)
            self._canvas.close()
            self._canvas = None

    def _place_rect(self) -> Any:
        screen, width = ui.main_screen().visible_rect, WIDTHS[self._place]
        height = 2 * MARGIN + LINE_HEIGHT * len(self._lines) + self._scale_picture()[1]
        x = screen.x + (screen.width - width if self._place == "corner" else MARGIN)
        return _make_rect(
            x - (MARGIN if self._place == "corner" else 0), screen.y + 40, width, height
        )

    def _draw(self, canvas: Any) -> None:
        canvas.paint.color = "202020e8"
        canvas.draw_rect(canvas.rect)
        canvas.paint.color = "f4f0e8"
        canvas.paint.textsize = TEXT_SIZE
        x, y = canvas.rect.x + MARGIN, canvas.rect.y + MARGIN + TEXT_SIZE
        for number, line in enumerate(self._lines):
            canvas.draw_text(line, x, y + number * LINE_HEIGHT)
        if self._image is not None:
            self._draw_picture(canvas, x, y + len(self._lines) * LINE_HEIGHT - TEXT_SIZE)

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
    """A pane drawn with Talon's imgui, which cannot show pictures."""

    def __init__(self, imgui: Any, place: str) -> None:
        """Use Talon's module `imgui`."""
        self._lines: Sequence[str] = ()
        self._window: Any = imgui.open(y=40)(self._draw)
        self._place = place

    def show(self, lines: Sequence[str], image: Any = None) -> None:
        """Show these lines."""
        self._lines = tuple(lines)
        self._window.show()

    def hide(self) -> None:
        """Hide the window."""
        self._window.hide()

    def _draw(self, gui: Any) -> None:
        for line in self._lines:
            gui.text(line)


PANES: dict[str, Callable[[Any, str], Pane]] = {"canvas": CanvasPane, "imgui": ImguiPane}


class Hud:
    """The corner and the panel, each created when it is first shown."""

    def __init__(self) -> None:
        """Create nothing yet: the library to use is a setting, and settings may not be ready."""
        self._panes: dict[tuple[str, str], Pane] = {}
        self._corner: tuple[str, ...] = ()
        self._image: Any = None
        self.panel_is_open = False

    def can_show(self, kind: str) -> bool:
        """Return whether a GUI library of this `kind` (`auto`, `canvas`, `imgui`) is available."""
        return self._find_pane(kind, "corner") is not None

    def show_corner(self, kind: str, lines: Sequence[str], image: Any = None) -> None:
        """Show lines in the corner, or hide it if there are none."""
        if tuple(lines) == self._corner and image is self._image:
            return
        self._corner, self._image = tuple(lines), image
        pane = self._find_pane(kind, "corner")
        if pane is not None:
            _update_pane(pane, _wrap_lines(lines, WRAP["corner"]), image)

    def show_panel(self, kind: str, lines: Sequence[str]) -> bool:
        """Show lines in the panel and return True, or return False without a GUI library.

        Of a long text, show the first line (the title) and the last ones.
        """
        pane = self._find_pane(kind, "panel")
        if pane is None:
            return False
        rows = _wrap_lines(lines, WRAP["panel"])
        if len(rows) > PANEL_LINES:
            rows = [rows[0], "…", *rows[2 - PANEL_LINES :]]
        _update_pane(pane, rows)
        self.panel_is_open = bool(rows)
        return True

    def close(self) -> None:
        """Hide the corner and the panel."""
        for pane in self._panes.values():
            pane.hide()
        self._corner, self._image, self.panel_is_open = (), None, False

    def _find_pane(self, kind: str, place: str) -> Optional[Pane]:
        for name in PANES if kind == "auto" else (kind,):
            if (name, place) in self._panes:
                return self._panes[name, place]
            if name in PANES and (module := import_gui(name)) is not None:
                pane = PANES[name](module, place)
                self._panes[name, place] = pane
                return pane
        return None


def _make_rect(x: float, y: float, width: float, height: float) -> Any:
    from talon.types import Rect  # only guaranteed to exist where canvas does

    return Rect(x, y, width, height)


def import_gui(name: str) -> Any:
    """Return Talon's module of this name, or None if this version has none."""
    try:
        return importlib.import_module(f"talon.{name}")
    except ImportError:  # Talon is about to remove imgui
        return None


def wrap_line(line: str, width: int) -> list[str]:
    """Split a line at spaces, keep its indent, and replace control characters with spaces."""
    # Not textwrap: it collapses spaces, and answers contain code.
    line = "".join(char if char.isprintable() else " " for char in line.expandtabs(4))
    rows = []
    while len(line) > width:
        at = line.rfind(" ", 1, width) + 1 or width
        rows.append(line[:at].rstrip())
        line = line[at:]
    return [*rows, line]


def _wrap_lines(lines: Sequence[str], width: int) -> list[str]:
    return [row for line in lines for row in wrap_line(line, width)]


def _update_pane(pane: Pane, lines: Sequence[str], image: Any = None) -> None:
    if lines:
        pane.show(lines, image)
    else:
        pane.hide()

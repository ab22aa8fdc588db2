"""Shows a few lines in a corner, and a larger panel, by canvas or imgui; none is required."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Optional, Protocol

from talon import ui

SIZE = 15.0
LINE = 21.0
MARGIN = 12.0
WIDTHS = {"corner": 460.0, "panel": 760.0}
PANEL_LINES = 34


class Pane(Protocol):
    """One place on the screen where lines can stand."""

    def show(self, lines: Sequence[str], image: Any = None) -> None:
        """Show these lines in the place of those before, and a picture below them."""
        ...

    def hide(self) -> None:
        """Show nothing."""
        ...


class CanvasPane:
    """Drawn on a canvas of Talon's."""

    def __init__(self, canvas: Any, place: str) -> None:
        """Use Talon's module `canvas`; draw nothing yet."""
        self._canvas_module, self._place = canvas, place
        self._canvas: Any = None
        self._lines: Sequence[str] = ()
        self._image: Any = None

    def show(self, lines: Sequence[str], image: Any = None) -> None:
        """Draw these lines."""
        self.hide()
        self._lines, self._image = tuple(lines), image
        self._canvas = self._canvas_module.Canvas.from_rect(self._rect())
        self._canvas.register("draw", self._draw)
        self._canvas.freeze()

    def hide(self) -> None:
        """Close the canvas."""
        if self._canvas is not None:
            self._canvas.unregister("draw", self._draw)
            self._canvas.close()
            self._canvas = None

    def _rect(self) -> Any:
        from talon.types import Rect

        screen, width = ui.main_screen().visible_rect, WIDTHS[self._place]
        height = 2 * MARGIN + LINE * len(self._lines) + self._picture_size()[1]
        x = screen.x + (screen.width - width if self._place == "corner" else MARGIN)
        return Rect(x - (MARGIN if self._place == "corner" else 0), screen.y + 40, width, height)

    def _draw(self, canvas: Any) -> None:
        canvas.paint.color = "202020e8"
        canvas.draw_rect(canvas.rect)
        canvas.paint.color = "f4f0e8"
        canvas.paint.textsize = SIZE
        x, y = canvas.rect.x + MARGIN, canvas.rect.y + MARGIN + SIZE
        for number, line in enumerate(self._lines):
            canvas.draw_text(line, x, y + number * LINE)
        if self._image is not None:
            self._draw_picture(canvas, x, y + len(self._lines) * LINE - SIZE)

    def _draw_picture(self, canvas: Any, x: float, y: float) -> None:
        from talon.types import Rect

        whole = Rect(0, 0, self._image.width, self._image.height)
        canvas.draw_image_rect(self._image, whole, Rect(x, y, *self._picture_size()))

    def _picture_size(self) -> tuple[float, float]:
        """Return the size of the picture, made small enough for the pane."""
        if self._image is None:
            return 0.0, 0.0
        scale = min(1.0, (WIDTHS[self._place] - 2 * MARGIN) / self._image.width)
        return self._image.width * scale, self._image.height * scale


class ImguiPane:
    """A window of Talon's imgui, which cannot show pictures."""

    def __init__(self, imgui: Any, place: str) -> None:
        """Use Talon's module `imgui`; show nothing yet."""
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
    """The corner and the panel; without a GUI library `panel` says that it cannot."""

    def __init__(self) -> None:
        """Look for no library yet: which one is wanted is a setting."""
        self._panes: dict[tuple[str, str], Pane] = {}
        self._corner: tuple[str, ...] = ()
        self._image: Any = None
        self.panel_is_open = False

    def can_show(self, kind: str) -> bool:
        """Tell whether there is a library to show anything with."""
        return self._pane(kind, "corner") is not None

    def corner(self, kind: str, lines: Sequence[str], image: Any = None) -> None:
        """Show the state; no lines hide it."""
        if tuple(lines) == self._corner and image is self._image:
            return
        self._corner, self._image = tuple(lines), image
        pane = self._pane(kind, "corner")
        if pane is not None:
            _show(pane, [cut for line in lines for cut in wrapped(line, 56)], image)

    def panel(self, kind: str, lines: Sequence[str]) -> bool:
        """Show a text in the panel, its last lines when it is long; return whether there is one."""
        pane = self._pane(kind, "panel")
        if pane is None:
            return False
        cut = [part for line in lines for part in wrapped(line, 92)]
        kept = cut if len(cut) <= PANEL_LINES else [cut[0], "…", *cut[2 - PANEL_LINES :]]
        _show(pane, kept)
        self.panel_is_open = bool(kept)
        return True

    def close(self) -> None:
        """Hide both."""
        for pane in self._panes.values():
            pane.hide()
        self._corner, self._image, self.panel_is_open = (), None, False

    def _pane(self, kind: str, place: str) -> Optional[Pane]:
        for name in PANES if kind == "auto" else (kind,):
            if (name, place) in self._panes:
                return self._panes[name, place]
            if name in PANES and (module := gui_module(name)) is not None:
                made = PANES[name](module, place)
                self._panes[name, place] = made
                return made
        return None


def wrapped(line: str, width: int) -> list[str]:
    """Cut a line at spaces, keep its indent, and put spaces for its control characters."""
    line = "".join(char if char.isprintable() else " " for char in line.expandtabs(4))
    cut = []
    while len(line) > width:
        at = line.rfind(" ", 1, width) + 1 or width
        cut.append(line[:at].rstrip())
        line = line[at:]
    return [*cut, line]


def _show(pane: Pane, lines: Sequence[str], image: Any = None) -> None:
    if lines:
        pane.show(lines, image)
    else:
        pane.hide()


def gui_module(name: str) -> Any:
    try:
        return importlib.import_module(f"talon.{name}")
    except ImportError:  # Talon is about to lose imgui
        return None

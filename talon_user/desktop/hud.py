"""Show a few lines in a corner of the screen, and longer text in a panel.

They are drawn with Talon's `canvas` or `imgui`, whichever is available. Without both, nothing is
shown.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Optional

from ..core.answer_text import Row, wrap_line
from .panes import PANES, Pane

# Characters per line that fit into the corner.
CORNER_WIDTH = 56


class Hud:
    """The corner and the panel, each created when it is first shown."""

    def __init__(self) -> None:
        """Create nothing yet: the library to use is a setting, and settings may not be ready."""
        self.on_scroll: Callable[[int], None] = lambda _rows: None
        self._panes: dict[tuple[str, str], Pane] = {}
        self._corner: tuple[str, ...] = ()
        self._image: Any = None
        self._panel: tuple[Row, ...] = ()

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
            rows = [Row(row) for line in lines for row in wrap_line(line, CORNER_WIDTH)]
            if rows:
                pane.show(rows, image)
            else:
                pane.hide()

    def show_panel(self, kind: str, rows: Sequence[Row]) -> bool:
        """Show rows in the panel and return True, or return False without a GUI library."""
        pane = self._find_pane(kind, "panel")
        if pane is not None and tuple(rows) != self._panel:
            self._panel = tuple(rows)
            pane.show(rows)
        return pane is not None

    def close_panel(self) -> None:
        """Hide the panel."""
        for (_, place), pane in self._panes.items():
            if place == "panel":
                pane.hide()
        self._panel = ()

    def _scroll(self, rows: int) -> None:
        self.on_scroll(rows)

    def _find_pane(self, kind: str, place: str) -> Optional[Pane]:
        for name in PANES if kind == "auto" else (kind,):
            if (name, place) in self._panes:
                return self._panes[name, place]
            if name in PANES and (module := import_gui(name)) is not None:
                pane = PANES[name](module, place, self._scroll)
                self._panes[name, place] = pane
                return pane
        return None


def import_gui(name: str) -> Any:
    """Return Talon's module of this name, or None if this version has none."""
    try:
        return importlib.import_module(f"talon.{name}")
    except ImportError:  # Talon is about to remove imgui
        return None

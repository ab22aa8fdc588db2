"""Notice during an action that another window would get its input."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.computer.desktop import Desktop, WindowId
from bridge.computer.effects import Effects


class WindowChanged(Exception):
    """Another window than the judged one would get the input."""


@dataclass(frozen=True, slots=True)
class WindowGuard:
    """The windows that an action was judged for."""

    focused: WindowId | None
    """The window with the keyboard."""
    has_keys: bool
    pointed: frozenset[WindowId]
    """The windows at the places of the action."""

    @classmethod
    def from_effects(
        cls,
        effects: Effects,
        focused: WindowId | None,
        closed: frozenset[WindowId] = frozenset(),
    ) -> WindowGuard:
        """`closed`: covered windows that must not get the input."""
        windows = (*effects.windows, *effects.covered)
        pointed = frozenset(window.id for window in windows)
        return cls(focused, bool(effects.keys), pointed - closed)

    def check_keyboard(self, desktop: Desktop) -> None:
        """Raise WindowChanged if the action has keys that another window would get."""
        if self.has_keys and desktop.find_focused() != self.focused:
            raise WindowChanged

    def check_pointer(self, desktop: Desktop) -> None:
        """Raise WindowChanged if a window that was not judged is under the pointer."""
        now = desktop.find_pointed()
        if now is not None and now not in self.pointed:
            raise WindowChanged

    def check_drag(self, desktop: Desktop) -> None:
        """The same during a drag, where windows of the same programs may open: tooltips, icons."""
        now = desktop.find_pointed()
        if now is None or now in self.pointed:
            return
        if not now.process or now.process not in {window.process for window in self.pointed}:
            raise WindowChanged

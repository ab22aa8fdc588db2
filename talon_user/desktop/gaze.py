"""Pause the mouse control by eye tracking."""

from talon import actions, registry

CONTROLS = ("control", "control1", "control_zoom")
"""Talon's kinds of mouse control by gaze; each has an action `…_enabled` and one `…_toggle`."""


class GazePause:
    """A time in which gaze does not move the mouse; it may begin and end several times."""

    def __init__(self) -> None:
        """Leave everything as it is."""
        self._paused: list[str] = []

    def begin(self) -> None:
        """Turn off the kinds of control that are on."""
        for name in CONTROLS:
            if f"tracking.{name}_enabled" not in registry.actions:
                continue
            if getattr(actions.tracking, f"{name}_enabled")():
                getattr(actions.tracking, f"{name}_toggle")(False)
                self._paused.append(name)

    def end(self) -> None:
        """Turn them on again."""
        while self._paused:
            getattr(actions.tracking, f"{self._paused.pop()}_toggle")(True)

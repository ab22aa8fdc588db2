"""Pause the mouse control by eye tracking."""

from talon import actions, registry

CONTROLS = ("control", "control1", "control_zoom")
"""Talon's kinds of mouse control by gaze; each has an action `…_enabled` and one `…_toggle`."""


def list_gaze_controls() -> list[str]:
    """Return the kinds of control that are on."""
    return [
        name
        for name in CONTROLS
        if f"tracking.{name}_enabled" in registry.actions
        and getattr(actions.tracking, f"{name}_enabled")()
    ]


class GazePause:
    """A time in which gaze does not move the mouse; it may begin and end several times."""

    def __init__(self) -> None:
        """Leave everything as it is."""
        self._paused: list[str] = []

    def begin(self) -> None:
        """Turn off the kinds of control that are on."""
        for name in list_gaze_controls():
            getattr(actions.tracking, f"{name}_toggle")(False)
            self._paused.append(name)

    def end(self) -> None:
        """Turn them on again."""
        while self._paused:
            getattr(actions.tracking, f"{self._paused.pop()}_toggle")(True)

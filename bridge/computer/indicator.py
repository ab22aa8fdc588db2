"""The indicator: a border while Claude uses the desktop, and a stop key."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from bridge.errors import BridgeError

StopCallback = Callable[[str], object]
"""Called from any thread with the reason, a sentence."""

BORDER_POINTS = 4
"""Thickness of the border."""
COLOR = 0xD97757

STOP_KEY_PRESSED = "The stop key was pressed."

_log = logging.getLogger(__name__)


class Indicator(Protocol):
    """A border and a stop key; methods block briefly, one thread calls at a time."""

    def show(self, stop: StopCallback) -> str | None:
        """Show the border and listen for the key; return what is missing, in sentences.

        Raises BridgeError if both fail.
        """

    def hide(self) -> None:
        """Remove the border and stop listening; may be called again."""


class OptionalIndicator:
    """An indicator that may be missing on this desktop.

    Without one, Claude still works, and the log says so once.
    """

    def __init__(self, open_indicator: Callable[[], Indicator]) -> None:
        self._open_indicator = open_indicator
        self._indicator: Indicator | None = None
        self._has_warned = False

    def show(self, stop: StopCallback) -> None:
        try:
            self._indicator = self._open_indicator()
            missing = self._indicator.show(stop)
        except BridgeError as error:
            self._indicator = None
            missing = f"No stop key and no border: {error.message}"
        if missing and not self._has_warned:
            self._has_warned = True
            _log.warning("%s", missing)

    def hide(self) -> None:
        indicator, self._indicator = self._indicator, None
        if indicator is not None:
            indicator.hide()

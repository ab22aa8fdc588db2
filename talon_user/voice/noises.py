"""Stops Claude at a hiss or a pop, where the setting says so."""

from collections.abc import Callable
from typing import Any

from . import options


def listen(busy: Callable[[], bool], stop: Callable[[], None]) -> None:
    """Call `stop` at the noise of the setting, while `busy`; without the setting, do nothing."""
    wanted = options.stop_noise()
    if not wanted:
        return
    from talon import noise

    def heard(active: Any = True) -> None:
        if active and busy():
            stop()

    noise.register(wanted, heard)

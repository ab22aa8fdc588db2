"""Stop Claude at a hiss or a pop, if the setting names it."""

from collections.abc import Callable
from typing import Any

from . import options


def stop_on_noise(is_busy: Callable[[], bool], stop: Callable[[], None]) -> None:
    """Call `stop` at the noise named by the setting while `is_busy()`."""
    name = options.read_stop_noise()
    if not name:
        return
    from talon import noise  # optional in Talon, so imported only when it is needed

    def handle_noise(active: Any = True) -> None:
        # A hiss is reported twice: with True when it begins and with False when it ends.
        if active and is_busy():
            stop()

    noise.register(name, handle_noise)

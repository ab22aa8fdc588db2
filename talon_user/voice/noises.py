"""Stop Claude at a hiss or a pop, if the setting names it."""

from collections.abc import Callable
from typing import Any

from talon import cron

from . import options

# Talon reports a short hiss in ordinary speech, too.
HISS_TIME = "100ms"


def stop_on_noise(is_busy: Callable[[], bool], stop: Callable[[], None]) -> None:
    """Call `stop` at the noise named by the setting while `is_busy()`."""
    name = options.read_choice("stop_noise")
    if not name:
        return
    from talon import noise  # optional in Talon, so imported only when it is needed

    hisses: list[Any] = []

    def stop_if_busy() -> None:
        hisses.clear()
        if is_busy():
            stop()

    def handle_pop(_: Any = None) -> None:
        stop_if_busy()

    def handle_hiss(active: bool) -> None:
        # A hiss is reported twice: with True when it begins and with False when it ends.
        while hisses:
            cron.cancel(hisses.pop())
        if active and is_busy():
            hisses.append(cron.after(HISS_TIME, stop_if_busy))

    noise.register(name, handle_pop if name == "pop" else handle_hiss)

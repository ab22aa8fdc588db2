"""Wait until a desktop shows the result of an action and changes no more."""

# States: settled at the start and after `wait`; unsettled after each action, which runs in `watch`.
# MOST_SECONDS after an action it is settled in any case. `wait` looks again and again until
#
#     the result is there   the focus or the picture differs from before the action, or nothing
#                           has changed for CHANGE_SECONDS
#     and it is steady      two looks in a row are the same, and the least time has passed
#
# and no longer than MOST_SECONDS: a video never becomes steady.

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.computer.desktop import Check, Desktop, WindowId
from bridge.computer.screen.geometry import Rect
from bridge.computer.screen.pictures import differs, make_thumbnail

if TYPE_CHECKING:
    from PIL.Image import Image

LOOK_SECONDS = 0.02
"""Between two looks; a look itself takes some 10 ms."""
LEAST_SECONDS = 0.06
LEAST_BEFORE_KEYS = 0.2
"""GTK's dialog to save loses a Return that comes 0.1 s after the name, which is there by then."""
MOST_SECONDS = 1.0
CHANGE_SECONDS = 0.12
"""How long to wait for an action that may change nothing that can be seen."""
FOCUS_SECONDS = 0.24
"""The same before keys: what is typed before a dialog has the focus is lost."""


@dataclass(frozen=True, slots=True)
class _Look:
    focused: WindowId | None
    picture: Image

    def differs(self, other: _Look) -> bool:
        return self.focused != other.focused or differs(self.picture, other.picture)


class Settling:
    """Used in the desktop's thread only."""

    def __init__(
        self,
        desktop: Desktop,
        sleep: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desktop = desktop
        self._sleep = sleep
        self._clock = clock
        self._area = Rect(0, 0, 0, 0)
        self._before: _Look | None = None
        self._ended_at = 0.0

    @contextmanager
    def watch(self, area: Rect) -> Iterator[None]:
        """Remember how the desktop looks before an action; `area` is the screen to look at."""
        self._area = area
        self._before = self._look()
        try:
            yield
        finally:
            self._ended_at = self._clock()

    def wait(self, check: Check, *, before_keys: bool) -> None:
        """Return once the last action's result is there and steady; at once if there was none.

        `check` raises Stopped.
        """
        if self._before is None or self._clock() - self._ended_at > MOST_SECONDS:
            return
        before, self._before = self._before, None
        least = LEAST_BEFORE_KEYS if before_keys else LEAST_SECONDS
        patience = FOCUS_SECONDS if before_keys else CHANGE_SECONDS
        last, has_changed, started = before, False, self._clock()
        for looks in range(1, round(MOST_SECONDS / LOOK_SECONDS) + 1):
            check()
            self._sleep(LOOK_SECONDS)
            now = self._look()
            if now is None:
                return
            has_changed = has_changed or now.differs(before)
            # Looking takes time, too. With a clock that stands still, the sleeps are counted.
            waited = max(self._clock() - started, looks * LOOK_SECONDS)
            is_due = waited > (least if has_changed else patience) - LOOK_SECONDS / 2
            if waited > MOST_SECONDS or (is_due and not now.differs(last)):
                return
            last = now

    def _look(self) -> _Look | None:
        # After a change of the screens, the one to look at may not be there any more.
        if self._area not in self._desktop.list_screens():
            return None
        picture = make_thumbnail(self._desktop.grab(self._area))
        return _Look(self._desktop.find_focused(), picture)

"""End the tasks of the previous copy of this package when Talon reloads it.

Talon preserves no state across a reload and has no unload hook. So each copy stores a function that
ends its tasks in `sys.modules`, the one place that all copies can access. It returns what the new
copy has to call later, because a reload also ends the old copy's cron jobs.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Optional

from talon import cron

# Must not change: a copy of another version looks for its predecessor under this name.
SLOT = "claude_bridge_handover"
FINISH_AFTER = "600ms"
"""Longer than an app needs to read a paste."""
End = Callable[[], Optional[Callable[[], None]]]


def take_over(end: End) -> None:
    """End the previous copy's tasks, and store `end` for the next copy."""
    slot = sys.modules.setdefault(SLOT, ModuleType(SLOT))
    end_previous: Optional[End] = getattr(slot, "end", None)
    finish = end_previous() if end_previous is not None else None
    if finish is not None:
        cron.after(FINISH_AFTER, finish)
    vars(slot)["end"] = end

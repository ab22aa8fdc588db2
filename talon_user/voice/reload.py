"""End the tasks of the previous copy of this package when Talon reloads it.

Talon preserves no state across a reload and has no unload hook. So each copy stores a function that
ends its tasks in `sys.modules`, the one place that all copies can access.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Optional

# Must not change: a copy of another version looks for its predecessor under this name.
SLOT = "claude_bridge_handover"


def take_over(end: Callable[[], None]) -> None:
    """End the previous copy's tasks, and store `end` for the next copy."""
    slot = sys.modules.setdefault(SLOT, ModuleType(SLOT))
    end_previous: Optional[Callable[[], None]] = getattr(slot, "end", None)
    if end_previous is not None:
        end_previous()
    vars(slot)["end"] = end

"""Lets a reloaded copy of this package end what the copy before it left running.

Talon keeps no state over a reload and has no unload hook, so the way to end the live session stands
in `sys.modules`, the one place that both copies can see.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Optional

SLOT = "claude_bridge_handover"


def take_over(end_mine: Callable[[], None]) -> None:
    """End what an earlier copy left running, and leave word how to end ours."""
    slot = sys.modules.setdefault(SLOT, ModuleType(SLOT))
    end_theirs: Optional[Callable[[], None]] = getattr(slot, "end", None)
    if end_theirs is not None:
        end_theirs()
    setattr(slot, "end", end_mine)  # noqa: B010 - a plain module has no such attribute

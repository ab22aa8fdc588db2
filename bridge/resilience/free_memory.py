"""Has glibc return freed memory to the system, which it keeps for its threads otherwise."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

_ARENA_MAX = -8
"""`M_ARENA_MAX` in glibc's malloc.h."""


def share_memory() -> None:
    """Have all threads allocate from one pool. Call it before the first thread is started.

    Each would get one of its own, of which glibc returns nothing. Python's threads allocate one
    after the other anyway.
    """
    if (mallopt := _find("mallopt")) is not None:
        mallopt(_ARENA_MAX, 1)


def return_memory() -> None:
    """Return what is free."""
    if (trim := _find("malloc_trim")) is not None:
        trim(0)


def _find(name: str) -> Callable[..., int] | None:
    """Return a function of glibc; None where there is none. Other systems do not need it."""
    if sys.platform != "linux":
        return None
    try:
        function: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        # Such as with musl.
        return None
    return function

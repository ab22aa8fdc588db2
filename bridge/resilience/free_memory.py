"""Has glibc return freed memory to the system, which it keeps for its threads otherwise."""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable

# Options of `mallopt` in glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8

_LARGEST_SHARED = 32 * 1024 * 1024
"""Bytes of the largest allocation that glibc can take from the shared pool."""
_LITTLE = 8 * 1024 * 1024
_MUCH = 1024 * 1024 * 1024
"""Bytes of free memory at the end of the pool from which glibc returns them at once."""


def share_memory() -> None:
    """Have all threads allocate from one pool. Call it before the first thread is started.

    Each would get one of its own, of which glibc returns nothing. Python's threads allocate one
    after the other anyway.
    """
    if (mallopt := _find("mallopt")) is not None:
        mallopt(_ARENA_MAX, 1)
        # Memory from elsewhere is returned as soon as it is freed.
        mallopt(_MMAP_THRESHOLD, _LARGEST_SHARED)
        mallopt(_TRIM_THRESHOLD, _LITTLE)


def keep_memory() -> None:
    """Keep what is freed for the next allocations, until `return_memory` is called.

    The system provides memory page by page, and clears each page first: for a large body that takes
    as long as everything else that is done with it.
    """
    if (mallopt := _find("mallopt")) is not None:
        mallopt(_TRIM_THRESHOLD, _MUCH)


def return_memory() -> None:
    """Return what is free."""
    mallopt, trim = _find("mallopt"), _find("malloc_trim")
    if mallopt is not None and trim is not None:
        mallopt(_TRIM_THRESHOLD, _LITTLE)
        trim(0)


@functools.cache
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

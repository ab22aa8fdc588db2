"""Wait until pipes and sockets are ready; `select` refuses descriptors from 1024 on."""

from __future__ import annotations

import math
import select
from collections.abc import Iterable
from typing import Protocol


class HasDescriptor(Protocol):
    def fileno(self) -> int: ...


def wait_until_readable(
    sources: Iterable[int | HasDescriptor], seconds: float | None = None
) -> set[int]:
    """Return the descriptors that can be read; none if some seconds have passed before that."""
    return _wait(sources, select.POLLIN, seconds)


def wait_until_writable(target: int | HasDescriptor, seconds: float) -> bool:
    """Return whether something can be written, or fails at once, within some seconds."""
    return bool(_wait([target], select.POLLOUT, seconds))


def _wait(sources: Iterable[int | HasDescriptor], events: int, seconds: float | None) -> set[int]:
    poll = select.poll()
    for source in sources:
        poll.register(source, events)
    limit = None if seconds is None else math.ceil(max(0.0, seconds) * 1000)
    return {descriptor for descriptor, _ in poll.poll(limit)}

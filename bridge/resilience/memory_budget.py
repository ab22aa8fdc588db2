"""Bounds the memory that all request bodies together may use.

Each request opens a lease and adds to it what it reads and what it makes of that. Requests that
would exceed the budget are refused, before the memory is used. The sizes are estimates: the budget
bounds the order of magnitude of the process, not its exact size.
"""

from __future__ import annotations

from types import TracebackType

from bridge.errors import RequestTooLarge, TooManyBodies

_RETRY = {"retry-after": "1"}


class MemoryBudget:
    """A number of bytes that requests share."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def open_lease(self) -> MemoryLease:
        """Open an empty lease, which must be closed."""
        return MemoryLease(self)


class MemoryLease:
    """One request's part of the budget, until it is closed."""

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._size = 0

    def __enter__(self) -> MemoryLease:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, size: int) -> None:
        """Add bytes to the lease.

        Raises TooManyBodies if the budget is used up, and RequestTooLarge if this request alone
        would exceed it, because then it would be refused at any other time, too.
        """
        budget = self._budget
        if self._size + size > budget.limit:
            raise RequestTooLarge(
                "The body needs more memory than all requests together may use "
                f"({budget.limit >> 20} MB, setting max_bodies_mb)."
            )
        if budget.used + size > budget.limit:
            raise TooManyBodies(
                f"Other requests with large bodies are being answered, and together they would "
                f"exceed {budget.limit >> 20} MB (setting max_bodies_mb). Try again later.",
                headers=_RETRY,
            )
        budget.used += size
        self._size += size

    def close(self) -> None:
        """Give everything back. Closing twice does nothing."""
        self._budget.used -= self._size
        self._size = 0

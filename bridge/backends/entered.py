"""A context manager that was entered before its `with`: entering may have to be tried again."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Entered(Generic[_T]):
    """Made by `entering`; to be used in an `async with` at once, which leaves it."""

    def __init__(self, manager: AbstractAsyncContextManager[_T], value: _T) -> None:
        self._manager = manager
        self._value = value

    async def __aenter__(self) -> _T:
        return self._value

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return await self._manager.__aexit__(kind, error, traceback)


async def entering(manager: AbstractAsyncContextManager[_T]) -> Entered[_T]:
    """Raises what entering raises."""
    return Entered(manager, await manager.__aenter__())

"""Reads what is there without a pause, and says when it has to wait."""

from __future__ import annotations

import types
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any, TypeVar

_Item = TypeVar("_Item")


@types.coroutine
def next_or_wait(
    items: AsyncIterator[_Item], before_waiting: Callable[[], Awaitable[object]]
) -> Generator[Any, Any, _Item]:
    """The next item; where it is not there yet, `before_waiting` is awaited first.

    So small writes are joined while items come without a pause, and none is held back: there is
    no timer. A failure of `before_waiting` goes into the iterator, as if waiting had failed.
    Raises StopAsyncIteration at the end.
    """
    step = anext(items).__await__()
    try:
        waiting = step.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # it has no type of its own
    problem: BaseException | None = None
    try:
        yield from before_waiting().__await__()
    except BaseException as error:  # noqa: BLE001 - it is handed on, and comes back
        problem = error
    answer: Any = None
    while True:
        if problem is None:
            try:
                answer = yield waiting
            except BaseException as error:  # noqa: BLE001 - such as a cancellation
                problem = error
        try:
            if problem is None:
                waiting = step.send(answer)
            else:
                thrown, problem = problem, None
                waiting = step.throw(thrown)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]

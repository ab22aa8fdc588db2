"""Ids that repeat, as of clients that count from zero in every turn."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from bridge.translate.chat.names import CallIds, ToolNames


def count_lines(ids: CallIds, calls: int) -> int:
    """Return how many lines of Python it takes to add calls with the same id."""
    lines = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for _ in range(calls):
            ids.add_call("call_0")
    finally:
        sys.settrace(before)
    return lines


def test_the_thousandth_call_with_an_id_takes_no_longer_than_the_tenth() -> None:
    ids = CallIds()
    count_lines(ids, 10)
    early = count_lines(ids, 10)
    count_lines(ids, 1000)

    assert count_lines(ids, 10) == early


def test_results_belong_to_the_calls_in_their_order() -> None:
    ids = CallIds()
    made = [ids.add_call("a") for _ in range(3)]

    assert made == ["a", "a_2", "a_3"]
    assert [ids.find_call("a") for _ in range(4)] == [*made, "a_3"]


def test_a_number_is_left_out_if_another_name_has_it() -> None:
    names = ToolNames(["é", "__2", "è", "ê"], reserved=["__3"])

    assert [names.to_claude(name) for name in ("é", "__2", "è", "ê")] == [
        "_",
        "__2",
        "__4",
        "__5",
    ]


def test_long_names_with_the_same_beginning_stay_different() -> None:
    names = ToolNames([f"{'x' * 124}{end}" for end in ("aaaa", "aaaab", "bbbb", "bbbbb")])

    assert [up[124:] for up in names.as_client_names()] == ["_2", "_3"]

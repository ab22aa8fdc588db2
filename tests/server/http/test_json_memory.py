"""The memory of a body is estimated before it is parsed."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from pydantic_core import from_json

from bridge.errors import RequestTooLarge
from bridge.server.http.json_memory import MOST_VALUES, estimate_memory

BODIES: dict[str, Any] = {
    "objects": [{} for _ in range(100_000)],
    "lists": [[] for _ in range(100_000)],
    "numbers": list(range(10**9, 10**9 + 100_000)),
    "names": {f"name {n}": n for n in range(100_000)},
    "strings": [f"{n}" for n in range(100_000)],
    "ASCII": "x" * 1_000_000,
    "Latin": "\xe9" * 1_000_000,
    "Chinese": "\u4e2d" * 1_000_000,
    "one Chinese character": "x" * 1_000_000 + "\u4e2d",
    "one emoji": "x" * 1_000_000 + "\U0001f600",
    "emoji": "\U0001f600" * 1_000_000,
}


@pytest.mark.parametrize("ascii", [True, False])
@pytest.mark.parametrize("kind", list(BODIES))
def test_the_estimate_is_not_less_than_python_uses(kind: str, ascii: bool) -> None:
    body = json.dumps(BODIES[kind], ensure_ascii=ascii).encode()
    tracemalloc.start()
    value = from_json(body)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert value
    assert used * 0.9 < estimate_memory(body) < used * 20


def test_a_string_with_separators_is_one_value() -> None:
    table = ",".join(["1"] * 2 * MOST_VALUES)
    assert estimate_memory(json.dumps({"a": table}).encode()) < 3 * len(table)


def test_an_emoji_counts_only_for_its_own_string() -> None:
    body = json.dumps(["x" * 1_000_000, "\U0001f600"]).encode()
    assert estimate_memory(body) < 2.1 * len(body)


@pytest.mark.parametrize("value", [b"0,", b"{},", b"[],", b'"a",', b'"":[{"":0}],'])
def test_too_many_values_are_refused(value: bytes) -> None:
    with pytest.raises(RequestTooLarge, match="1,000,000 values"):
        estimate_memory(b"[" + value * (MOST_VALUES + 1) + b"0]")


@pytest.mark.parametrize("text", [b'"\\', b'\\"', b'"\\\\', b"\\", b'"'])
def test_quotes_and_backslashes_take_linear_time(text: bytes) -> None:
    body = b'{"a":"\xf0\x9f\x98\x80' + text * 1_000_000
    try:
        assert estimate_memory(body) > 0
    except RequestTooLarge:
        assert text == b'"'

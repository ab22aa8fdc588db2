"""The memory of a body is estimated before it is parsed."""

from __future__ import annotations

import json
import threading
import time
import tracemalloc
from typing import Any

import pytest
from pydantic_core import from_json

from bridge.errors import RequestTooLarge
from bridge.server.http.json_memory import MOST_VALUES, _find_tokens, estimate_memory

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


@pytest.mark.parametrize("text", ["x", "\n", '"', "\\", "\xe9", "\U0001f600", "a\\n"])
def test_strings_longer_than_a_window_are_one_value(text: str) -> None:
    # Of several lengths, so that windows end before, within and behind an escape.
    long = [text * (300_000 + n) for n in range(7)]
    body = json.dumps([*long, *([0] * 20_000), "\U0001f600"], separators=(",", ":")).encode()
    places = [(start, end) for start, end in _find_tokens(body) if body[start] == 0x22]
    assert [json.loads(body[start:end]) for start, end in places] == [*long, "\U0001f600"]


@pytest.mark.parametrize(
    "body",
    [b'["' + b"\\n" * 8_000_000 + b'","\\u4e2d"]', b'["\\n","' + b"ABCdef/+" * 8_000_000 + b'"]'],
    ids=["line breaks", "a picture and one line break"],
)
def test_other_threads_run_meanwhile(body: bytes) -> None:
    # The best of some, since a busy computer makes threads wait, too.
    assert min(measure_longest_pause(body) for _ in range(3)) < 0.25


def measure_longest_pause(body: bytes) -> float:
    """Return the longest wait of another thread for Python's lock, as a share of the whole."""
    pauses, done = [0.0], threading.Event()

    def wait() -> None:
        last = time.perf_counter()
        while not done.is_set():
            time.sleep(0.0005)
            now = time.perf_counter()
            pauses.append(now - last)
            last = now

    waiter = threading.Thread(target=wait)
    waiter.start()
    begun = time.perf_counter()
    estimate_memory(body)
    done.set()
    waiter.join()
    return max(pauses) / (time.perf_counter() - begun)

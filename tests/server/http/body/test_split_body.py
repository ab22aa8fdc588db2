"""A body that is parsed without its pictures has the same value as one that is parsed whole."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from bridge.server.http.body import split_body
from bridge.server.http.body.split_body import SplitBody
from bridge.wire.json_bytes import replace_surrogates
from tests.conftest import StartBridge

DATA = "iVBORw0KGgo/+AAA" * 40_000
URL = "data:image/png;base64," + DATA


def split_at(body: bytes, edges: Iterable[int]) -> SplitBody:
    """Feed a body in pieces; `edges` are sorted."""
    split = SplitBody()
    for start, end in pairwise([0, *edges, len(body)]):
        split.feed(body[start:end])
    return split


@pytest.mark.parametrize("size", [1000, 65_536, 100_001, 10_000_000])
@pytest.mark.parametrize(
    ("value", "count"),
    [
        ({"a": DATA}, 1),
        ([URL, {"b": [1, URL, "x"], "c": f"Data:image/png;charset=x;base64,{DATA}"}, "d"], 3),
        ({"a": "Grüße", "b": DATA, "c": "\U0001f600"}, 1),
        ({"a": DATA.replace("/", "_")}, 0),
        ({"a": DATA[1:]}, 0),
        ({"a": f"data:{'x' * 300},{DATA}"}, 0),
        ({"a": "word " * 150_000}, 0),
        ({"a": json.dumps({"b": DATA})}, 0),
        ({"a": json.dumps(DATA)}, 0),
    ],
)
def test_the_value_is_the_same(value: Any, count: int, size: int) -> None:
    body = json.dumps(value).encode()
    split = split_at(body, range(size, len(body), size))
    assert (split.parse(), split.join(), bool(split.data_size)) == (value, body, count > 0)
    assert len(split._strings) == count


@pytest.mark.parametrize(
    "body",
    [
        '{"DATA":1}',
        '{"a":"DATA","a":"DATA"}',
        '{"a":"DATA","b":"DATA","a":1}',
        '["a"DATA"b"]',
        '["DATA"',
        '["\\"DATA"]',
        "[" * 300 + '"DATA"' + "]" * 300,
    ],
)
def test_what_must_be_parsed_as_a_whole_is_not_parsed_another_way(body: str) -> None:
    data = body.replace("DATA", DATA).encode()
    split = split_at(data, range(65_536, len(data), 65_536))
    assert split.data_size
    with pytest.raises(ValueError):
        split.parse()
    assert split.join() == data


_DATA = ("iVBORw0KGgo/", "AAAA" * 9, "data:image/png;base64,AAAAAAAAAAAA", "A\\/AAAAAA")
_STRINGS = st.text(max_size=8) | st.sampled_from(_DATA)
_VALUES = st.recursive(
    _STRINGS | st.integers(0, 10**12) | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_STRINGS, inner, max_size=4),
    max_leaves=12,
)
_EDGES = st.lists(st.integers(0, 200), max_size=6)


@settings(max_examples=100, deadline=None)
@given(_VALUES, _EDGES, st.integers(0, 400), st.sampled_from('"\\A,'))
@example({"a": 'AAAAAAAA"', "b": "AAAAAAAAAAAA"}, [7, 8, 9], 400, "A")
def test_no_body_gets_another_value(value: Any, edges: list[int], at: int, odd: str) -> None:
    body = json.dumps(value, separators=(",", ":"))
    check_value(body.encode(), edges)
    check_value(f"{body[:at]}{odd}{body[at:]}".encode(), edges)


def check_value(body: bytes, edges: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(split_body, "_LONG", 8)
        patch.setattr(split_body, "LARGE", 8)
        split = split_at(body, sorted(edges))
    assert split.join() == body
    try:
        value = split.parse()
    except ValueError:
        return
    assert value == from_json(replace_surrogates(body))


@pytest.mark.parametrize(
    ("value", "most"),
    [([URL, *[DATA * 2] * 6], 1.5), (['A "word" more. ' * 20_000] * 20, 2.01)],
    ids=["pictures", "text"],
)
def test_a_body_takes_no_more_than_its_lease_has(value: list[str], most: float) -> None:
    body = json.dumps(value).encode()
    tracemalloc.start()
    split = split_at(body, range(200_000, len(body), 200_000))
    estimate = split.estimate_memory()
    assert split.parse() == value
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < most * len(body)
    assert peak < 1.01 * (len(body) + estimate)


def test_half_of_a_surrogate_pair_is_replaced_beside_a_picture() -> None:
    body = f'{{"\\ud83d":"\\\\ud83d","a":"{URL}","b":["\\udc00x\\ud83d\\ude00"]}}'.encode()
    split = split_at(body, [200_000])
    assert split.data_size
    assert split.parse() == {"\ufffd": "\\ud83d", "a": URL, "b": ["\ufffdx\U0001f600"]}


@pytest.mark.parametrize("names", [("a", DATA * 2), ("a", "a")], ids=["name", "twice"])
def test_data_that_cannot_be_put_back_is_in_memory_once(names: Sequence[str]) -> None:
    data = [DATA * count for count in range(4, 9)]
    body = "".join(
        [f'{{"list":{json.dumps(data)}', *(f',"{name}":"{DATA}"' for name in names), "}"]
    )
    split = split_at(body.encode(), range(65_536, len(body), 65_536))
    with pytest.raises(ValueError, match="not all data"):
        split.parse()
    tracemalloc.start()
    whole = split.take_whole()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (bytes(whole), split.data_size, split.join()) == (body.encode(), 0, b"")
    # The strings in it were there before.
    assert peak < 1.3 * len(body)


def test_each_string_returns_to_its_place() -> None:
    """In a dict, a name that comes twice stands where it was first."""
    first, second = f"data:image/png;base64,{DATA}", f"data:image/gif;base64,{DATA}"
    body = f'{{"a":1,"b":"{first}","a":"{second}"}}'.encode()
    assert split_at(body, [200_000]).parse() == {"a": second, "b": first}


@pytest.mark.parametrize("body", [b"A" * 400_000, b'["A",' * 110_000, b'["' + b"A" * 550_000])
def test_a_body_that_comes_byte_by_byte_takes_no_more(body: bytes) -> None:
    tracemalloc.start()
    split = SplitBody()
    for at in range(len(body)):
        split.feed(body[at : at + 1])
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken < 1.2 * len(body) + 100_000
    assert split.join() == body


IMAGE = {"type": "image_url", "image_url": {"url": URL}}


@pytest.mark.parametrize(
    ("content", "param", "message"),
    [
        ([IMAGE, {"type": "text"}], "messages[0].content[1].text", "Missing"),
        ([{"type": "image_url", "image_url": URL + "=A"}], "messages[0].content[0]", "base64"),
        ([IMAGE, {"type": "sound"}], "messages[0].content[1]", "'sound'"),
    ],
)
async def test_an_error_beside_a_picture_names_its_field(
    start_bridge: StartBridge, content: Any, param: str, message: str
) -> None:
    bridge = await start_bridge(backend="offline")
    pad = {"role": "user", "content": "word " * 100_000}
    body = {"model": "bridge-echo", "messages": [{"role": "user", "content": content}, pad]}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/chat/completions", json=body) as answer,
    ):
        error = (await answer.json())["error"]
    assert (answer.status, error["type"]) == (400, "invalid_request_error")
    assert error["param"].startswith(param)
    assert message in error["message"]

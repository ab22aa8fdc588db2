"""Events of both sides stand beside each other in the order of time."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bridge.inspect.events import align_events, list_client_events
from bridge.inspect.exchange import ClientRequest, Exchange, Moment, UpstreamCall, Via


def make_exchange(
    upstream: Sequence[Sequence[tuple[float, str]]],
    written: Sequence[tuple[float, str]],
    via: Via = "http",
) -> Exchange:
    calls = tuple(
        UpstreamCall(
            "anthropic",
            b"{}",
            {},
            0.0,
            batches=tuple(Moment(at, json.dumps([text]).encode()) for at, text in call),
        )
        for call in upstream
    )
    moments = tuple(Moment(at, text.encode()) for at, text in written)
    request = ClientRequest("POST", "/v1/chat/completions")
    return Exchange("1", 0.0, via, request, calls=calls, written=moments)


def list_rows(exchange: Exchange) -> list[tuple[str | None, str | None]]:
    return [(decode(row.upstream), decode(row.client)) for row in align_events(exchange)]


def decode(data: bytes | None) -> str | None:
    """Return an event as text; those of upstream are JSON."""
    return None if data is None else data.decode().strip('"')


def test_what_was_read_together_stands_beside_what_was_written_for_it() -> None:
    exchange = make_exchange(
        [[(1, "start"), (1, "a"), (2, "b"), (3, "stop")]],
        [(1.1, "data: A1\n\ndata: A2\n\ndata: A3\n\n"), (3.1, "data: end\n\ndata: [DONE]\n\n")],
    )
    assert list_rows(exchange) == [
        ("start", "A1"),
        ("a", "A2"),
        (None, "A3"),
        ("b", None),
        ("stop", "end"),
        (None, "[DONE]"),
    ]


def test_an_event_in_two_writes_and_a_keep_alive() -> None:
    exchange = make_exchange(
        [[(2, "start")]], [(1, ": keep-alive\n\n"), (3, "data: on"), (4, "e\n\n")]
    )
    assert list_rows(exchange) == [(None, ": keep-alive"), ("start", "one")]
    assert [moment.at for moment in list_client_events(exchange)] == [1, 4]


def test_a_whole_answer_is_one_event() -> None:
    exchange = make_exchange([[(1, "start"), (2, "stop")]], [(3, '{"id":'), (3, "1}")])
    assert list_rows(exchange) == [("start", None), ("stop", '{"id":1}')]


def test_a_message_of_a_socket_is_an_event() -> None:
    exchange = make_exchange([[(1, "start")]], [(1.5, '{"a":1}'), (1.6, '{"b":2}')], "socket")
    assert list_rows(exchange) == [("start", '{"a":1}'), (None, '{"b":2}')]


def test_an_answer_without_upstream() -> None:
    exchange = make_exchange([], [(1, '{"error":1}')])
    assert list_rows(exchange) == [(None, '{"error":1}')]


def test_the_events_of_several_requests_come_in_the_order_of_time() -> None:
    exchange = make_exchange([[(1, "a1"), (3, "a2")], [(2, "b1")]], [])
    assert [(row.call, decode(row.upstream)) for row in align_events(exchange)] == [
        (0, "a1"),
        (1, "b1"),
        (0, "a2"),
    ]

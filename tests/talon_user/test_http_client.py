"""The client without threads, against a scripted bridge on the loopback."""

import socket
import time
from collections.abc import Callable

import pytest

from talon_user.wire.answer import SERVER_HINT, AnswerReader
from talon_user.wire.http_client import CONNECT_SECONDS, SILENCE_SECONDS, EventStream, Fetch
from talon_user.wire.request import Address, BadSetting, build_request, parse_address
from tests.talon_user.loopback import (
    DONE,
    STREAM_HEAD,
    LoopbackBridge,
    Step,
    chunk,
    chunked,
    error_response,
    failed,
    until_hang_up,
    until_released,
)


def open_stream(
    url: str, api_key: str = "", clock: Callable[[], float] = time.monotonic
) -> EventStream[str]:
    address = parse_address(url)
    request = build_request(address, "POST", "/v1/responses", api_key, {"input": "hello"})
    return EventStream(address, request, AnswerReader(), clock)


def drain(stream: EventStream[str]) -> list[str]:
    pieces: list[str] = []
    deadline = time.perf_counter() + 5
    while not stream.finished and time.perf_counter() < deadline:
        pieces += stream.poll()
        time.sleep(0.001)
    stream.close()
    return pieces


def answer_to(*steps: Step) -> tuple[list[str], str | None]:
    with LoopbackBridge(*steps) as bridge:
        stream = open_stream(bridge.url)
        return drain(stream), stream.error


def test_pieces_come_as_they_were_sent_whitespace_and_all() -> None:
    answer = answer_to(STREAM_HEAD, chunk("def f():\n"), chunk("    "), chunk("return 1"), DONE)
    assert answer == (["def f():\n", "    ", "return 1"], None)


def test_a_character_split_over_two_reads_stays_one_character() -> None:
    event = chunk("🙂é")
    steps = [event[i : i + 1] for i in range(len(event))]
    assert answer_to(STREAM_HEAD, *steps, DONE) == (["🙂é"], None)


def test_crlf_comments_and_multi_line_data_are_read_as_the_spec_says() -> None:
    body = (
        b': keep-alive\r\n\r\nevent: x\r\ndata: {"type": "response.output_text.delta",\r\n',
        b'data:  "delta": "hi"}\r',
        b'\n\r\n: keep-alive\r\n\r\ndata:{"type": "response.completed"}\r\n\r\n',
    )
    assert answer_to(STREAM_HEAD, *body) == (["hi"], None)


def test_a_chunked_body_may_be_cut_anywhere() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    event = chunk("one two")
    wire = chunked(event[:10]) + chunked(event[10:]) + chunked(DONE) + b"0\r\n\r\n"
    cut = [wire[i : i + 3] for i in range(0, len(wire), 3)]
    assert answer_to(head, *cut) == (["one two"], None)


def test_an_interim_response_is_passed_over() -> None:
    answer = answer_to(b"HTTP/1.1 100 Continue\r\n\r\n" + STREAM_HEAD, chunk("hi"), DONE)
    assert answer == (["hi"], None)


def test_401_gives_the_message_and_its_cure() -> None:
    _, error = answer_to(error_response("401 Unauthorized", "The key is wrong."))
    assert error is not None
    assert error.startswith("The key is wrong. Set user.claude_api_key")


def test_429_gives_the_message_and_how_long_to_wait() -> None:
    response = error_response("429 Too Many Requests", "Too many requests.", "Retry-After: 20")
    said = "Too many requests. Wait 20 s, then say “claude retry”."
    assert answer_to(response) == ([], said)


def test_500_gives_the_message_and_where_to_look() -> None:
    response = error_response("500 Internal Server Error", "It broke.")
    assert answer_to(response) == ([], f"It broke. {SERVER_HINT}")


def test_an_answer_that_failed_in_a_200_is_an_error() -> None:
    answer = answer_to(STREAM_HEAD, chunk("Hel"), failed("Claude broke off."))
    assert answer == (["Hel"], "Claude broke off.")


def test_an_http_error_that_is_not_json_is_told_by_its_status() -> None:
    response = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>"
    assert answer_to(response) == ([], f"The bridge returned HTTP status 502. {SERVER_HINT}")


def test_an_error_inside_the_stream_comes_after_its_pieces() -> None:
    failure = b'data: {"error": {"message": "Claude is overloaded.", "type": "x"}}\n\n'
    answer = answer_to(STREAM_HEAD, chunk("Hel") + failure)
    assert answer == (["Hel"], "Claude is overloaded.")


def test_an_end_without_done_is_an_error() -> None:
    answer = answer_to(STREAM_HEAD, chunk("Hel"))
    assert answer == (["Hel"], "The bridge closed the connection before the answer was complete.")


def test_a_chunked_body_that_breaks_off_is_an_error() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = answer_to(head, chunked(chunk("Hel")))
    assert answer == (["Hel"], "The bridge closed the connection during the answer.")


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "The server at the bridge's address does not speak HTTP."),
        (
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000,
            "The bridge's response headers are too long.",
        ),
        (b"", "The bridge closed the connection before responding."),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
            "The bridge's chunked response is malformed.",
        ),
        (
            STREAM_HEAD + b"data: 42\n\n",
            f"The bridge sent an invalid event. {SERVER_HINT}",
        ),
    ],
)
def test_nonsense_is_told_in_a_sentence(response: bytes, error: str) -> None:
    assert answer_to(response) == ([], error)


def test_a_refused_connection_is_told_at_once_with_its_cure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    start = time.perf_counter()
    stream = open_stream(f"http://127.0.0.1:{port}")
    assert drain(stream) == []
    assert stream.error == (
        f"The Claude bridge is not running at 127.0.0.1:{port}. "
        "Start it from its tray icon or run claude-bridge."
    )
    assert time.perf_counter() - start <= CONNECT_SECONDS + 1  # Windows tries for 2 s


def test_a_connection_that_never_comes_is_given_up() -> None:
    assert CONNECT_SECONDS < 1
    times = iter([0.0, CONNECT_SECONDS + 1])
    address = Address("127.0.0.1", 9)
    stream = EventStream(address, b"", AnswerReader(), clock=lambda: next(times))
    stream._send = lambda: False  # type: ignore[method-assign]  # an address that drops packets
    stream.finished, stream.error = False, None
    stream.poll()
    assert stream.error is not None
    assert "not running" in stream.error


def test_a_bridge_that_falls_silent_is_given_up() -> None:
    now = [0.0]
    with LoopbackBridge(STREAM_HEAD, chunk("Hel"), until_released) as bridge:
        stream = open_stream(bridge.url, clock=lambda: now[0])
        while not stream.poll():
            time.sleep(0.001)
        now[0] = SILENCE_SECONDS + 1
        stream.poll()
    assert stream.error == "The bridge stopped responding. Say “claude retry” to try again."


def test_closing_is_seen_by_the_bridge_as_a_hang_up() -> None:
    with LoopbackBridge(STREAM_HEAD, chunk("Hel"), until_hang_up) as bridge:
        stream = open_stream(bridge.url)
        while not stream.poll():
            time.sleep(0.001)
        assert not bridge.hung_up.is_set()
        stream.close()
        assert bridge.hung_up.wait(5)
        assert (stream.poll(), stream.error) == ([], None)


def test_no_poll_takes_long_even_when_much_comes() -> None:
    with LoopbackBridge(STREAM_HEAD, chunk("x" * 1000) * 3000 + DONE) as bridge:
        stream, slowest, count = open_stream(bridge.url), 0.0, 0
        while not stream.finished:
            start = time.thread_time()
            count += sum(map(len, stream.poll()))
            slowest = max(slowest, time.thread_time() - start)
    assert (count, slowest < 0.02) == (3_000_000, True)


def test_a_request_is_json_with_the_key() -> None:
    with LoopbackBridge(STREAM_HEAD, DONE) as bridge:
        drain(open_stream(bridge.url, api_key="secret"))
    head = bridge.requests[0].partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert head[0] == b"POST /v1/responses HTTP/1.1"
    assert {b"Authorization: Bearer secret", b"Content-Type: application/json"} <= set(head)
    assert bridge.body() == {"input": "hello"}


def fetched(*steps: Step) -> Fetch:
    with LoopbackBridge(*steps) as bridge:
        address = parse_address(bridge.url)
        fetch = Fetch(address, build_request(address, "GET", "/health"))
        deadline = time.perf_counter() + 5
        while not fetch.finished and time.perf_counter() < deadline:
            fetch.poll()
            time.sleep(0.001)
    return fetch


def test_a_short_answer_is_read_whole() -> None:
    body = b'{"data": [{"id": "claude-opus-5-5"}]}'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert fetched(head, body[:9], body[9:]).answer == {"data": [{"id": "claude-opus-5-5"}]}


@pytest.mark.parametrize("body", [b"[]", b"<html>", b""])
def test_a_short_answer_that_is_no_object_is_an_error(body: bytes) -> None:
    fetch = fetched(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
    assert fetch.error == "The bridge's response is not a JSON object."


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8000", Address("127.0.0.1", 8000)),
        ("http://127.0.0.1:8000/v1/", Address("127.0.0.1", 8000)),
        ("http://localhost:8001/", Address("127.0.0.1", 8001)),
        ("http://[::1]:8000", Address("::1", 8000)),
        ("http://127.0.0.1", Address("127.0.0.1", 80)),
    ],
)
def test_an_address_is_read_with_or_without_v1(url: str, address: Address) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8000", "https://127.0.0.1", "http://bridge.example", "http://127.0.0.1:x"],
)
def test_an_address_that_would_need_a_look_up_is_refused(url: str) -> None:
    with pytest.raises(BadSetting, match="claude_bridge_url"):
        parse_address(url)


def test_a_key_with_a_line_break_is_refused() -> None:
    with pytest.raises(BadSetting, match="claude_api_key"):
        build_request(Address("127.0.0.1", 1), "GET", "/", "a\r\nX: y")

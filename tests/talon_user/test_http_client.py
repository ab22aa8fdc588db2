"""Tests of the non-blocking HTTP client against a scripted bridge on the loopback."""

import socket
import time
from collections.abc import Callable

import pytest

from talon_user.wire.answer import SERVER_HINT, AnswerReader
from talon_user.wire.http_client import (
    CONNECT_SECONDS,
    PROOF_SECONDS,
    SILENCE_SECONDS,
    EventStream,
    Fetch,
)
from talon_user.wire.proof import Challenge
from talon_user.wire.request import Address, BadSetting, build_request, parse_address
from tests.talon_user.loopback import (
    DONE,
    STREAM_HEAD,
    LoopbackBridge,
    Step,
    build_chunk,
    build_delta,
    build_error,
    build_failed,
    wait_for_hang_up,
    wait_for_release,
)


def open_stream(
    url: str, api_key: str = "", clock: Callable[[], float] = time.monotonic
) -> EventStream[str]:
    address = parse_address(url)
    request = build_request(address, "POST", "/v1/responses", api_key, {"input": "hello"})
    return EventStream(address, request, AnswerReader(), clock)


def read_pieces(stream: EventStream[str]) -> list[str]:
    pieces: list[str] = []
    deadline = time.perf_counter() + 5
    while not stream.finished and time.perf_counter() < deadline:
        pieces += stream.poll()
        time.sleep(0.001)
    stream.close()
    return pieces


def read_answer(*steps: Step) -> tuple[list[str], str | None]:
    with LoopbackBridge(*steps) as bridge:
        stream = open_stream(bridge.url)
        return read_pieces(stream), stream.error


def test_pieces_arrive_exactly_including_whitespace() -> None:
    answer = read_answer(
        STREAM_HEAD, build_delta("def f():\n"), build_delta("    "), build_delta("return 1"), DONE
    )
    assert answer == (["def f():\n", "    ", "return 1"], None)


def test_a_character_split_over_two_reads_stays_one_character() -> None:
    event = build_delta("🙂é")
    steps = [event[i : i + 1] for i in range(len(event))]
    assert read_answer(STREAM_HEAD, *steps, DONE) == (["🙂é"], None)


def test_crlf_comments_and_multi_line_data_are_parsed() -> None:
    body = (
        b': keep-alive\r\n\r\nevent: x\r\ndata: {"type": "response.output_text.delta",\r\n',
        b'data:  "delta": "hi"}\r',
        b'\n\r\n: keep-alive\r\n\r\ndata:{"type": "response.completed"}\r\n\r\n',
    )
    assert read_answer(STREAM_HEAD, *body) == (["hi"], None)


def test_a_chunked_body_may_be_cut_anywhere() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    event = build_delta("one two")
    wire = build_chunk(event[:10]) + build_chunk(event[10:]) + build_chunk(DONE) + b"0\r\n\r\n"
    cut = [wire[i : i + 3] for i in range(0, len(wire), 3)]
    assert read_answer(head, *cut) == (["one two"], None)


def test_an_interim_response_is_skipped() -> None:
    answer = read_answer(b"HTTP/1.1 100 Continue\r\n\r\n" + STREAM_HEAD, build_delta("hi"), DONE)
    assert answer == (["hi"], None)


def test_401_gives_the_message_and_a_hint() -> None:
    _, error = read_answer(build_error("401 Unauthorized", "The key is wrong."))
    assert error is not None
    assert error.startswith("The key is wrong. Set user.claude_api_key")


def test_429_gives_the_message_and_how_long_to_wait() -> None:
    response = build_error("429 Too Many Requests", "Too many requests.", "Retry-After: 20")
    sentence = "Too many requests. Wait 20 s, then say “claude retry”."
    assert read_answer(response) == ([], sentence)


def test_500_gives_the_message_and_a_hint() -> None:
    response = build_error("500 Internal Server Error", "It broke.")
    assert read_answer(response) == ([], f"It broke. {SERVER_HINT}")


def test_a_failed_answer_inside_a_200_is_an_error() -> None:
    answer = read_answer(STREAM_HEAD, build_delta("Hel"), build_failed("Claude broke off."))
    assert answer == (["Hel"], "Claude broke off.")


def test_an_http_error_without_json_is_described_by_its_status() -> None:
    response = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>"
    assert read_answer(response) == ([], f"The bridge returned HTTP status 502. {SERVER_HINT}")


def test_pieces_before_an_error_in_the_stream_are_returned() -> None:
    failure = b'data: {"error": {"message": "Claude is overloaded.", "type": "x"}}\n\n'
    answer = read_answer(STREAM_HEAD, build_delta("Hel") + failure)
    assert answer == (["Hel"], "Claude is overloaded.")


def test_a_stream_without_a_last_event_is_an_error() -> None:
    answer = read_answer(STREAM_HEAD, build_delta("Hel"))
    assert answer == (["Hel"], "The bridge closed the connection before the answer was complete.")


def test_a_truncated_chunked_body_is_an_error() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = read_answer(head, build_chunk(build_delta("Hel")))
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
def test_an_invalid_response_is_described_in_a_sentence(response: bytes, error: str) -> None:
    assert read_answer(response) == ([], error)


def test_a_refused_connection_is_reported_at_once_with_a_hint() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    start = time.perf_counter()
    stream = open_stream(f"http://127.0.0.1:{port}")
    assert read_pieces(stream) == []
    assert stream.error == (
        f"The Claude bridge is not running at 127.0.0.1:{port}. "
        "Start it from its tray icon or run claude-bridge."
    )
    assert time.perf_counter() - start <= CONNECT_SECONDS + 1  # Windows tries for 2 s


class _OneByte:
    """A socket on which one byte has arrived."""

    def __init__(self, real: socket.socket) -> None:
        self._bytes = [b"x"]
        self.close, self.getsockopt, self.send = real.close, real.getsockopt, real.send
        self.getpeername = real.getpeername

    def recv(self, _size: int) -> bytes:
        if not self._bytes:
            raise BlockingIOError
        return self._bytes.pop()


def test_a_connection_attempt_times_out() -> None:
    assert CONNECT_SECONDS < 1
    times = iter([0.0, CONNECT_SECONDS + 1])
    address = Address("127.0.0.1", 9)
    stream = EventStream(address, b"", AnswerReader(), clock=lambda: next(times))
    stream._send = lambda: False  # type: ignore[method-assign]  # an address that drops packets
    stream.finished, stream.error = False, None
    stream.poll()
    assert stream.error is not None
    assert "not running" in stream.error


def test_a_silent_bridge_times_out() -> None:
    now = [0.0]
    with LoopbackBridge(STREAM_HEAD, build_delta("Hel"), wait_for_release) as bridge:
        stream = open_stream(bridge.url, clock=lambda: now[0])
        while not stream.poll():
            time.sleep(0.001)
        now[0] = SILENCE_SECONDS + 1
        stream.poll()
    assert stream.error == "The bridge stopped responding. Say “claude retry” to try again."


def test_a_program_that_proves_nothing_without_end_is_left() -> None:
    now = [0.0]
    with LoopbackBridge(b"HTTP/1.1 200 OK\r\nX-Long: x", wait_for_release) as bridge:
        address = parse_address(bridge.url)
        fetch = Fetch(address, b"", clock=lambda: now[0], challenge=Challenge("token"))
        while fetch._unsent:
            fetch.poll()
            time.sleep(0.001)
        # A byte of its answer comes with each second.
        while not fetch.finished and now[0] < PROOF_SECONDS + 5:
            now[0] += 1
            fetch._socket = _OneByte(fetch._socket)  # type: ignore[assignment]
            fetch.poll()
    assert fetch.error == "The bridge stopped responding. Say “claude retry” to try again."
    assert now[0] == PROOF_SECONDS + 1


def test_the_bridge_notices_a_closed_stream() -> None:
    with LoopbackBridge(STREAM_HEAD, build_delta("Hel"), wait_for_hang_up) as bridge:
        stream = open_stream(bridge.url)
        while not stream.poll():
            time.sleep(0.001)
        assert not bridge.client_closed.is_set()
        stream.close()
        assert bridge.client_closed.wait(30)
        assert (stream.poll(), stream.error) == ([], None)


def test_no_poll_is_slow_during_a_long_answer() -> None:
    with LoopbackBridge(STREAM_HEAD, build_delta("x" * 1000) * 3000 + DONE) as bridge:
        stream, slowest, count = open_stream(bridge.url), 0.0, 0
        while not stream.finished:
            start = time.thread_time()
            count += sum(map(len, stream.poll()))
            slowest = max(slowest, time.thread_time() - start)
    assert (count, slowest < 0.02) == (3_000_000, True)


def test_a_request_has_a_json_body_and_the_key() -> None:
    with LoopbackBridge(STREAM_HEAD, DONE) as bridge:
        read_pieces(open_stream(bridge.url, api_key="secret"))
    head = bridge.requests[0].partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert head[0] == b"POST /v1/responses HTTP/1.1"
    assert {b"Authorization: Bearer secret", b"Content-Type: application/json"} <= set(head)
    assert bridge.body() == {"input": "hello"}


def run_fetch(*steps: Step) -> Fetch:
    with LoopbackBridge(*steps) as bridge:
        address = parse_address(bridge.url)
        fetch = Fetch(address, build_request(address, "GET", "/health"))
        deadline = time.perf_counter() + 5
        while not fetch.finished and time.perf_counter() < deadline:
            fetch.poll()
            time.sleep(0.001)
    return fetch


def test_a_json_response_is_read() -> None:
    body = b'{"data": [{"id": "claude-opus-5-5"}]}'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert run_fetch(head, body[:9], body[9:]).answer == {"data": [{"id": "claude-opus-5-5"}]}


@pytest.mark.parametrize("body", [b"[]", b"<html>", b""])
def test_a_response_that_is_not_an_object_is_an_error(body: bytes) -> None:
    fetch = run_fetch(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
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
def test_an_address_is_parsed_with_or_without_v1(url: str, address: Address) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8000", "https://127.0.0.1", "http://bridge.example", "http://127.0.0.1:x"],
)
def test_an_address_that_needs_a_name_look_up_is_rejected(url: str) -> None:
    with pytest.raises(BadSetting, match="claude_bridge_url"):
        parse_address(url)


def test_a_key_with_a_line_break_is_rejected() -> None:
    with pytest.raises(BadSetting, match="claude_api_key"):
        build_request(Address("127.0.0.1", 1), "GET", "/", "a\r\nX: y")

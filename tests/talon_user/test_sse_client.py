"""The client without threads, against a scripted bridge on the loopback."""

import socket
import time

import pytest

from talon_user.request import Address, BadSetting, chat_request, parse_address
from talon_user.sse_client import CONNECT_SECONDS, SILENCE_SECONDS, AnswerStream
from tests.talon_user.loopback import (
    DONE,
    STREAM_HEAD,
    LoopbackBridge,
    Step,
    chunk,
    chunked,
    error_response,
    until_hang_up,
    until_released,
)


def open_stream(url: str, api_key: str = "") -> AnswerStream:
    address = parse_address(url)
    return AnswerStream(address, chat_request(address, api_key, "hello"))


def drain(stream: AnswerStream) -> list[str]:
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
        b': keep-alive\r\n\r\nevent: x\r\ndata: {"choices": [{"index": 0,\r\n',
        b'data:  "delta": {"content": "hi"}}]}\r',
        b"\n\r\n: keep-alive\r\n\r\ndata:[DONE]\r\n\r\n",
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


def test_429_gives_the_message_of_the_error_object() -> None:
    response = error_response("429 Too Many Requests", "Too many requests; try in 20 s.")
    assert answer_to(response) == ([], "Too many requests; try in 20 s.")


def test_an_http_error_that_is_not_json_is_told_by_its_status() -> None:
    response = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>"
    assert answer_to(response) == ([], "The bridge answered with HTTP status 502.")


def test_an_error_inside_the_stream_comes_after_its_pieces() -> None:
    failure = b'data: {"error": {"message": "Claude is overloaded.", "type": "x"}}\n\n'
    answer = answer_to(STREAM_HEAD, chunk("Hel") + failure)
    assert answer == (["Hel"], "Claude is overloaded.")


def test_an_end_without_done_is_an_error() -> None:
    answer = answer_to(STREAM_HEAD, chunk("Hel"))
    assert answer == (["Hel"], "The bridge hung up before the answer was whole.")


def test_a_chunked_body_that_breaks_off_is_an_error() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = answer_to(head, chunked(chunk("Hel")))
    assert answer == (["Hel"], "The bridge hung up in the middle of the answer.")


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "What answers at the bridge's address does not speak HTTP."),
        (
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000,
            "The bridge's answer has no end to its headers.",
        ),
        (b"", "The bridge hung up before it answered."),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
            "The bridge's answer is not chunked as it says.",
        ),
        (
            STREAM_HEAD + b"data: 42\n\n",
            "The bridge sent something that is not a chat completion chunk.",
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
        f"The Claude bridge is not running at 127.0.0.1:{port}: "
        "start it from its tray icon or with claude-bridge."
    )
    assert time.perf_counter() - start <= CONNECT_SECONDS + 1  # Windows tries for 2 s


def test_a_connection_that_never_comes_is_given_up() -> None:
    times = iter([0.0, CONNECT_SECONDS + 1])
    address = Address("127.0.0.1", 9)
    stream = AnswerStream(address, b"", clock=lambda: next(times))
    stream._sent = lambda: False  # type: ignore[method-assign]  # an address that drops packets
    stream.finished, stream.error = False, None
    stream.poll()
    assert stream.error is not None
    assert "not running" in stream.error


def test_a_bridge_that_falls_silent_is_given_up() -> None:
    now = [0.0]
    with LoopbackBridge(STREAM_HEAD, chunk("Hel"), until_released) as bridge:
        address = parse_address(bridge.url)
        stream = AnswerStream(address, chat_request(address, "", "hi"), clock=lambda: now[0])
        while not stream.poll():
            time.sleep(0.001)
        now[0] = SILENCE_SECONDS + 1
        stream.poll()
    assert stream.error == "The bridge has gone silent, so the question was given up."


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
    assert (count, slowest < 0.2) == (3_000_000, True)


def test_the_request_asks_the_default_model_for_a_stream_with_the_key() -> None:
    with LoopbackBridge(STREAM_HEAD, DONE) as bridge:
        drain(open_stream(bridge.url, api_key="secret"))
    head = bridge.requests[0].partition(b"\r\n\r\n")[0]
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert b"Authorization: Bearer secret" in head.split(b"\r\n")
    assert bridge.body() == {
        "model": "default",
        "stream": True,
        "messages": [{"role": "user", "content": "hello"}],
    }


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
        chat_request(Address("127.0.0.1", 1), "a\r\nX: y", "hi")

"""The HTTP client of the commands."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest

from bridge.cli.client import BridgeClient, NotRunning, RequestRefused, format_url
from bridge.cli.main import main
from bridge.settings import load_settings

SECRET = "the-control-token"


def test_a_closed_client_sends_nothing() -> None:
    received: list[bytes] = []

    def accept() -> None:
        with suppress(TimeoutError):
            client, _ = listening.accept()
            with client:
                received.append(client.recv(4))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.5)
        answering = Thread(target=accept)
        answering.start()
        bridge = BridgeClient(f"http://127.0.0.1:{listening.getsockname()[1]}", "")
        bridge.close()
        with pytest.raises(NotRunning):
            bridge.send("POST", "/computer/actions", {"actions": []})
        answering.join()
    assert received == []


@contextmanager
def answer_with(response: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the address of a server that sends `response`, and the requests it has read."""
    requests: list[bytes] = []

    def answer() -> None:
        client, _ = listening.accept()
        with client:
            requests.append(client.recv(65_536))
            client.sendall(response)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = Thread(target=answer)
        answering.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", requests
        answering.join()


def test_events_are_decoded_whatever_pieces_they_arrive_in() -> None:
    response = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"e\r\n: keep-alive\n\n\r\n"
        b'1b\r\nevent: a\ndata: {"type": "a"\r\n'
        b'1b\r\n}\n\ndata: {"type":\ndata: "b"\r\n'
        b"3\r\n}\n\n\r\n0\r\n\r\n"
    )
    with answer_with(response) as (url, _):
        client = BridgeClient(url)
        assert list(client.stream_events("/computer/runs", {})) == [{"type": "a"}, {"type": "b"}]
        client.close()


def test_an_error_has_the_bridges_message() -> None:
    body = b'{"error": {"message": "Not allowed.", "code": "forbidden"}}'
    head = f"HTTP/1.1 403 Forbidden\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with answer_with(head + body) as (url, requests):
        client = BridgeClient(url, SECRET)
        with pytest.raises(RequestRefused, match=r"^Not allowed\.$") as caught:
            client.send("GET", "/computer")
        client.close()
    assert caught.value.code == "forbidden"
    assert f"Authorization: Bearer {SECRET}".encode() in requests[0]


def test_another_program_counts_as_not_running_and_status_sends_it_no_token(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with answer_with(b"SSH-2.0-OpenSSH_9.6\r\n") as (url, requests):
        assert main(["status", "--port", url.rpartition(":")[2]]) == 3
    assert b"Authorization" not in requests[0]
    assert capsys.readouterr().out.startswith(f"Not running: no bridge at {url}.")


def test_an_ipv6_address_is_in_brackets() -> None:
    assert format_url(load_settings(host="::1", port=8000)) == "http://[::1]:8000"

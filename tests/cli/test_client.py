"""The HTTP client of the commands."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from threading import Thread
from urllib.parse import urlsplit

import pytest

from bridge.cli.client import (
    BridgeClient,
    NotProven,
    NotResponding,
    NotRunning,
    RequestRefused,
    format_url,
)
from bridge.cli.main import main
from bridge.settings import load_settings
from tests.cli.fake_server import ENDLESS, answer_endlessly, answer_with
from tests.conftest import StartBridge

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
    with answer_with(head + body, SECRET) as (url, requests):
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


def write_response(status: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "response",
    [
        write_response("404 Not Found", b'{"error": {"message": "?", "code": "not_found"}}'),
        write_response("200 OK", b'{"proof": "00"}'),
        write_response("200 OK", b'{"proof": null}'),
        write_response("200 OK", b"[" * 100_000),
        write_response("200 OK", b"<html>"),
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
    ],
    ids=["unknown path", "wrong proof", "null", "deep", "html", "closed"],
)
def test_a_program_without_the_token_never_receives_it(response: bytes) -> None:
    with answer_with(response) as (url, requests):
        client = BridgeClient(url, SECRET)
        with pytest.raises(NotProven, match="no command was sent to it"):
            client.send("POST", "/control/switches", {"computer": {"mode": "ask"}})
        client.close()
    (request,) = requests
    assert request.startswith(b"POST /proof ")
    assert SECRET.encode() not in request


@pytest.mark.parametrize("pieces", ENDLESS.values(), ids=ENDLESS)
def test_a_program_that_answers_without_end_is_left(
    pieces: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.cli.client.CONNECT_SECONDS", 0.3)
    with answer_endlessly(*pieces) as url:
        client = BridgeClient(url, SECRET)
        with pytest.raises(NotResponding, match="does not respond"):
            client.send("GET", "/health")
        client.close()


async def test_the_proof_of_the_real_server_cannot_be_forwarded_by_another_port(
    start_bridge: StartBridge,
) -> None:
    bridge = await start_bridge(backend="offline")
    passed: list[bytes] = []
    port = urlsplit(bridge.url).port

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", port)
        for receiving, sending in ((reader, there[1]), (there[0], writer)):
            tasks.append(asyncio.create_task(copy(receiving, sending)))

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            passed.append(data)
            writer.write(data)
        writer.close()

    tasks: list[asyncio.Task[None]] = []
    squatter = await asyncio.start_server(forward, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{squatter.sockets[0].getsockname()[1]}"
    client = BridgeClient(url, bridge.control_token, timeout=5)
    with pytest.raises(NotProven):
        await asyncio.to_thread(client.send, "POST", "/computer/stop", {})
    client.close()
    await asyncio.gather(*tasks)
    squatter.close()
    assert b"200 OK" in b"".join(passed), "it did get a proof from the real server"
    assert bridge.control_token.encode() not in b"".join(passed)
    own = BridgeClient(bridge.url, bridge.control_token, timeout=5)
    assert (await asyncio.to_thread(own.send, "POST", "/computer/stop", {})).json()
    own.close()

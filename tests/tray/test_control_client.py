"""The tray sends its token to a proven server only."""

from __future__ import annotations

import pytest

from tests.cli.fake_server import answer_with
from tray.server.control_client import ControlClient, NotAnswering

TOKEN = "the-control-token"


@pytest.mark.parametrize("body", [b'{"proof": "00"}', b'{"proof": null}', b"[]", b"<html>"])
def test_a_program_without_the_token_never_receives_it(body: bytes) -> None:
    response = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with answer_with(response) as (url, requests):
        client = ControlClient(url, lambda: TOKEN)
        with pytest.raises(NotAnswering):
            client.switch({"computer": {"mode": "ask"}})
    (request,) = requests
    assert request.startswith(b"POST /proof ")
    assert TOKEN.encode() not in request


def test_a_server_that_proves_itself_gets_it_afterwards() -> None:
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with answer_with(response, TOKEN) as (url, requests):
        ControlClient(url, lambda: TOKEN).stop()
    assert f"Authorization: Bearer {TOKEN}".encode() in b"".join(requests)

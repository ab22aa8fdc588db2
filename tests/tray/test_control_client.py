"""The tray sends its token to a proven server only."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from tests.cli.fake_server import ENDLESS, answer_endlessly, answer_with
from tests.tray.statuses import PLAN, USAGE
from tray.server.control_client import ControlClient, NotAnswering, UsageToday

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


@pytest.mark.parametrize("pieces", ENDLESS.values(), ids=ENDLESS)
def test_a_program_that_answers_without_end_is_left(
    pieces: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tray.server.control_client.TIMEOUT_SECONDS", 0.3)
    with answer_endlessly(*pieces) as url, pytest.raises(NotAnswering, match="took too long"):
        ControlClient(url, lambda: TOKEN).fetch_health()


def test_a_server_that_proves_itself_gets_it_afterwards() -> None:
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with answer_with(response, TOKEN) as (url, requests):
        ControlClient(url, lambda: TOKEN).stop()
    assert f"Authorization: Bearer {TOKEN}".encode() in b"".join(requests)


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        ({"today": asdict(USAGE), "plans": [asdict(PLAN)]}, UsageToday(today=USAGE, plans=[PLAN])),
        ({"today": asdict(USAGE), "days": [], "recent": []}, UsageToday(today=USAGE)),
    ],
    ids=["with plans", "of a server without plans"],
)
def test_usage_is_read_with_or_without_plans(body: dict[str, Any], usage: UsageToday) -> None:
    encoded = json.dumps(body).encode()
    response = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(encoded) + encoded
    with answer_with(response, TOKEN) as (url, _):
        assert ControlClient(url, lambda: TOKEN).fetch_usage() == usage


def test_consent_to_extra_usage_is_sent_with_the_token() -> None:
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with answer_with(response, TOKEN) as (url, requests):
        ControlClient(url, lambda: TOKEN).allow_extra_usage("window", "default")
    sent = b"".join(requests)
    assert b"POST /control/extra-usage " in sent
    assert b'{"agreement": "window", "account": "default"}' in sent
    assert f"Authorization: Bearer {TOKEN}".encode() in sent

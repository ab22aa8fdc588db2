"""A key is checked with one free request; only a refusal of the key itself is one."""

from __future__ import annotations

import time

import pytest

from bridge.backends.anthropic_api.key_check import KeyCheck, check_key
from tests.fake_anthropic.oddities import HTML, http
from tests.fake_anthropic.script import Failure, RawHttp
from tests.fake_anthropic.server import FakeAnthropic

KEY = "sk-ant-test"


@pytest.fixture(autouse=True)
def upstream(fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)


async def test_a_right_key_is_accepted_by_one_request_for_one_model(fake: FakeAnthropic) -> None:
    assert await check_key(KEY) == KeyCheck("accepted")
    assert (fake.listings, fake.requests) == ([{"limit": "1"}], [])


async def test_a_wrong_key_is_rejected_in_anthropics_words() -> None:
    check = await check_key("sk-ant-wrong")
    assert check == KeyCheck("rejected", "invalid bearer token")
    assert check.describe() == (
        "Anthropic rejected the key: invalid bearer token. Copy the key again, or create another "
        "one at platform.claude.com."
    )


@pytest.mark.parametrize(
    ("play", "words"),
    [
        (Failure(401, message=f"bad key {KEY}"), "bad key …"),
        (Failure(403, message="Request not allowed"), "Request not allowed"),
        (http("401 Unauthorized", HTML, content_type="text/html"), "status 401"),
        (http("401 Unauthorized", b'{"error": "no"}', content_type="application/json"), "no"),
    ],
)
async def test_a_refusal_of_the_key_is_one(
    fake: FakeAnthropic, play: Failure | RawHttp, words: str
) -> None:
    fake.models = play
    check = await check_key(KEY)
    assert (check.state, words in check.words, KEY in check.words) == ("rejected", True, False)


@pytest.mark.parametrize(
    "play",
    [
        Failure(400), Failure(402), Failure(404), Failure(429), Failure(500), Failure(529),
        http("403 Forbidden", HTML, content_type="text/html"),
        http("407 Proxy Authentication Required", HTML, content_type="text/html"),
        http("200 OK", HTML, content_type="text/html"),
        http("200 OK", b"[]", content_type="application/json"),
        http("200 OK", b'{"data": null}', content_type="application/json"),
        http("200 OK", b"", content_type="application/json"),
        http("302 Found", location="http://127.0.0.1:9/"),
        http("502 Bad Gateway", b"\xff\xfe", content_type="text/html"),
        RawHttp(b"nonsense\r\n\r\n"), RawHttp(b"", abort=True),
    ],
)  # fmt: skip
async def test_anything_else_leaves_the_key_unchecked(
    fake: FakeAnthropic, play: Failure | RawHttp
) -> None:
    fake.models = play
    check = await check_key(KEY)
    assert (check.state, bool(check.words)) == ("unchecked", True)
    assert check.describe().startswith("The key is unchecked: ")


async def test_without_a_network_the_key_is_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    check = await check_key(KEY)
    assert (check.state, "Cannot connect" in check.words) == ("unchecked", True)


async def test_a_silent_upstream_is_not_waited_for(fake: FakeAnthropic) -> None:
    fake.models = Failure(200, delay=30)
    began = time.monotonic()
    check = await check_key(KEY, seconds=0.3)
    assert check == KeyCheck("unchecked", "Anthropic did not respond within 0 s")
    assert time.monotonic() - began < 5

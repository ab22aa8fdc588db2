"""A key whose pieces came in several events is replaced like any other."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from bridge.inspect.streamed_keys import replace_split_keys
from tests.fake_anthropic.script import Reply, Text
from tests.fake_anthropic.server import FakeAnthropic
from tests.server.api.inspect.conftest import session  # noqa: F401 - a fixture
from tests.server.api.inspect.test_exchanges import CHAT, get_last

KEY = "sk-ant-api03-notarealkey"
PIECES = ("The key is sk-", "ant-api03-not", "arealkey, keep it. ", "Another: sk-ant-api03-whole.")


def delta(index: int, text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"text": text}}


def replace(*events: Any) -> list[Any]:
    datas = [json.dumps(event).encode() for event in events]
    return [json.loads(data) for data in replace_split_keys(datas)]


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (("Authorization: Bearer ", "abcd1234", " goes"), ("", "[secret]", " goes")),
        (("postgres:/", "/me:hunter22@host", "/x"), ("", "/[secret]@host", "/x")),
        (("Basic dXNl", "cjpw YWE="), ("Basic [secret]", " YWE=")),
        (('{"a":"x\\nsk-', 'ant-api03-abcdefgh"}'), ('{"a":"x\\n[secret]', '"}')),
    ],
)
def test_what_makes_a_key_of_it_may_be_in_the_piece_before(
    pieces: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    found = [event["delta"]["text"] for event in replace(*(delta(0, piece) for piece in pieces))]
    assert found[1:] == list(shown[1:])
    assert found[0] == (shown[0] or pieces[0])


def test_the_first_piece_says_that_there_was_one() -> None:
    found = replace(*(delta(0, piece) for piece in PIECES))
    assert [event["delta"]["text"] for event in found] == [
        "The key is [secret]",
        "",
        ", keep it. ",
        # Whole in one event: it is replaced when that is shown.
        PIECES[3],
    ]


def test_several_keys_in_one_text() -> None:
    found = replace(delta(0, "a sk-ant-api"), delta(0, "03-one, b sk-ant-"), delta(0, "api03-two."))
    texts = [event["delta"]["text"] for event in found]
    assert texts == ["a [secret]", ", b [secret]", "."]


def test_pieces_of_different_texts_are_not_joined() -> None:
    events = [delta(0, "the disk is sk-"), delta(1, "abcdefghijk"), delta(0, " full")]
    assert replace(*events) == events


def test_what_is_no_json_stays() -> None:
    assert replace_split_keys([b"[DONE]", b"{"]) == [b"[DONE]", b"{"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", CHAT),
        ("/v1/responses", {"model": "default", "input": "Hi"}),
        ("/v1/completions", {"model": "default", "prompt": "Hi"}),
    ],
)
async def test_it_is_shown_on_neither_side(
    fake: FakeAnthropic,
    session: aiohttp.ClientSession,  # noqa: F811
    path: str,
    body: Any,
) -> None:
    fake.script(Reply((Text("".join(PIECES), pieces=PIECES),)))
    async with session.post(path, json={**body, "stream": True}) as answer:
        assert KEY.encode()[:8] in await answer.read()
    shown = (await get_last(session))["events"]
    text = json.dumps(shown)
    assert "notarealkey" not in text.replace('"', "")
    assert "arealkey" not in text
    assert "ant-api03-not" not in text

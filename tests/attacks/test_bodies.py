"""Bodies that are too large, too deep or not JSON get an OpenAI error, never a 500."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from bridge.server.state import Bridge
from tests.attacks.wire import BODY, CHAT, PATH, Reply, netloc, request, send
from tests.conftest import StartBridge

JSON = "Content-Type: application/json"
HI = '[{"role": "user", "content": "hi"}]'
DEEP = 100_000


@pytest.fixture
async def echo(start_bridge: StartBridge) -> Bridge:
    return await start_bridge(backend="offline", max_body_mb=1)


@pytest.fixture
async def large(start_bridge: StartBridge) -> Bridge:
    """A bridge that accepts large bodies."""
    return await start_bridge(backend="offline", max_body_mb=64)


async def post(bridge: Bridge, body: bytes | str) -> Reply:
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    whole = request(PATH, JSON, host=netloc(bridge.url), body=data)
    return await send(bridge.url, whole, quiet=5.0, wait=60.0)


async def expect_rejection(bridge: Bridge, body: bytes | str, status: int = 400) -> Any:
    """Post a body that is rejected, check that the bridge still works, and return the error."""
    reply = await post(bridge, body)
    assert reply.statuses == [status], reply.data[:2000]
    assert reply.error["message"]
    assert reply.error["type"] == "invalid_request_error"
    await expect_echo_works(bridge)
    return reply.error


async def expect_no_server_error(bridge: Bridge, body: bytes | str) -> None:
    """Check that the body is answered or rejected, in both cases with JSON."""
    reply = await post(bridge, body)
    assert len(reply.statuses) == 1
    if reply.statuses != [200]:
        assert reply.error["message"]
        # The echo ignores a schema, and reports that correctly.
        promised = reply.error["code"] == "promise_not_kept"
        assert promised or reply.statuses[0] in (400, 413), reply.data[:2000]
    await expect_echo_works(bridge)


async def expect_echo_works(bridge: Bridge) -> None:
    assert (await post(bridge, BODY)).statuses == [200]


def chat(**fields: str) -> str:
    """A request whose fields are raw JSON."""
    raw = {"model": '"bridge-echo"', "messages": HI, **fields}
    return "{" + ", ".join(f'"{name}": {value}' for name, value in raw.items()) + "}"


# Too large

OVER = json.dumps({**CHAT, "user": "x" * 1_100_000}).encode()


async def test_a_large_body_of_known_length_is_rejected(echo: Bridge) -> None:
    error = await expect_rejection(echo, OVER, 413)
    assert "max_body_mb" in error["message"]


def post_in_chunks(bridge: Bridge, pieces: list[bytes], *, end: bool = True) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1", f"Host: {netloc(bridge.url)}", JSON]
    head = "\r\n".join([*lines, "Transfer-Encoding: chunked"]).encode() + b"\r\n\r\n"
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head + body + (b"0\r\n\r\n" if end else b"")


@pytest.mark.parametrize("size", [1000, 65536, len(OVER)])
async def test_a_large_body_of_unknown_length_is_rejected(echo: Bridge, size: int) -> None:
    pieces = [OVER[at : at + size] for at in range(0, len(OVER), size)]
    reply = await send(echo.url, post_in_chunks(echo, pieces))
    assert reply.statuses == [413]
    assert "max_body_mb" in reply.error["message"]
    await expect_echo_works(echo)


async def test_after_a_large_body_the_connection_works_or_is_closed(echo: Bridge) -> None:
    """The rest of the body is never read as a request."""
    kept = request(PATH, JSON, host=netloc(echo.url), body=OVER)
    kept = kept.replace(b"Connection: close\r\n", b"", 1)
    reply = await send(echo.url, kept + request("/health", method="GET", host="localhost"))
    assert reply.statuses in ([413], [413, 200])
    assert reply.closed
    await expect_echo_works(echo)


async def test_an_endless_body_is_rejected_once_it_is_too_large(echo: Bridge) -> None:
    endless = post_in_chunks(echo, [b" " * 65536] * 40, end=False)
    reply = await send(echo.url, endless)
    assert reply.statuses == [413]
    await expect_echo_works(echo)


async def test_a_declared_length_alone_uses_no_memory(echo: Bridge) -> None:
    claim = request(PATH, JSON, host=netloc(echo.url), body=b"")
    claim = claim.replace(b"Content-Length: 0", b"Content-Length: 99999999999")
    reply = await send(echo.url, claim, wait=1.0)
    assert reply.statuses in ([], [413])
    await expect_echo_works(echo)


async def test_a_compressed_body_is_limited_by_its_decompressed_size(echo: Bridge) -> None:
    for kind in ("gzip", "deflate"):
        packer = zlib.compressobj(wbits=31 if kind == "gzip" else 15)
        bomb = packer.compress(chat(user='"' + "x" * 50_000_000 + '"').encode()) + packer.flush()
        headers = (JSON, f"Content-Encoding: {kind}")
        data = request(PATH, *headers, host=netloc(echo.url), body=bomb)
        reply = await send(echo.url, data)
        assert reply.statuses in ([413], [400]), reply.data[:500]
        await expect_echo_works(echo)


@pytest.mark.parametrize(
    "kind",
    ["gzip", "deflate", "br", "zstd", "nonsense"],
)
async def test_a_body_with_a_wrong_content_encoding_causes_no_server_error(
    echo: Bridge, kind: str
) -> None:
    data = request(PATH, JSON, f"Content-Encoding: {kind}", host=netloc(echo.url))
    reply = await send(echo.url, data)
    assert len(reply.statuses) == 1
    assert reply.statuses[0] in ((200, 400, 415) if kind == "nonsense" else (400, 415)), reply.data
    await expect_echo_works(echo)


# Too deep

NESTS = {
    "lists": "[" * DEEP + "]" * DEEP,
    "objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "lists without an end": "[" * DEEP,
    "schemas": '{"properties":{"a":' * (DEEP // 2) + "{}" + "}}" * (DEEP // 2),
}
PLACES = {
    "the body": "{nest}",
    "messages": chat(messages="{nest}"),
    "a content": chat(messages='[{"role": "user", "content": {nest}}]'),
    "a tool's schema": chat(
        tools='[{"type": "function", "function": {"name": "f", "parameters": {nest}}}]'
    ),
    "an unknown field": chat(colour="{nest}"),
    "a part's unknown field": chat(
        messages='[{"role": "user", "content": [{"type": "text", "text": "a", "b": {nest}}]}]'
    ),
    "a call's arguments": chat(
        messages='[{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": '
        '[{"id": "c", "function": {"name": "f", "arguments": {nest}}}]}]'
    ),
    "the format of the answer": chat(
        response_format='{"type": "json_schema", "json_schema": {"name": "f", "schema": {nest}}}'
    ),
}


@pytest.mark.parametrize("nest", list(NESTS))
@pytest.mark.parametrize("place", list(PLACES))
async def test_deep_nesting_is_rejected(large: Bridge, place: str, nest: str) -> None:
    await expect_rejection(large, PLACES[place].replace("{nest}", NESTS[nest]))


@pytest.mark.parametrize("depth", [60, 150, 190, 250, 900, 1000, 5000])
@pytest.mark.parametrize("place", list(PLACES)[3:])
async def test_nesting_of_any_depth_causes_no_server_error(
    large: Bridge, place: str, depth: int
) -> None:
    """Depths between the limits of the parser and of Python's recursion."""
    for nest in (
        '{"a":' * depth + "{}" + "}" * depth,
        '{"type":"object","properties":{"a":' * (depth // 2) + "{}" + "}}" * (depth // 2),
        '{"anyOf":[' * (depth // 2) + "{}" + "]}" * (depth // 2),
    ):
        await expect_no_server_error(large, PLACES[place].replace("{nest}", nest))


@pytest.mark.parametrize("depth", [60, 150, 190, 250, 1000])
@pytest.mark.parametrize("place", list(PLACES)[3:])
async def test_nesting_in_a_request_to_claude_causes_no_server_error(
    bridge: Bridge, place: str, depth: int
) -> None:
    """The rules of a real model walk through more of the request than the echo's."""
    schema = '{"type":"object","properties":{"a":' * (depth // 2) + "{}" + "}}" * (depth // 2)
    body = PLACES[place].replace("{nest}", schema).replace("bridge-echo", "claude-sonnet-5-5")
    reply = await post(bridge, body)
    assert len(reply.statuses) == 1
    assert b"internal_error" not in reply.data, reply.data[:2000]
    if reply.statuses != [200]:
        assert reply.error["message"]
    await expect_echo_works(bridge)


@pytest.mark.parametrize("depth", [150, 1000, DEEP])
async def test_nesting_in_the_arguments_of_a_call_causes_no_server_error(
    large: Bridge, depth: int
) -> None:
    """Arguments are JSON in a string, which is parsed a second time."""
    nest = json.dumps('{"a":' * depth + "{}" + "}" * depth)
    await expect_no_server_error(large, PLACES["a call's arguments"].replace("{nest}", nest))


@pytest.mark.parametrize("depth", [150, DEEP])
async def test_nesting_in_a_prompt_is_only_text(large: Bridge, depth: int) -> None:
    message = "call f " + '{"a":' * depth + "{}" + "}" * depth
    tools = '[{"type": "function", "function": {"name": "f"}}]'
    words = json.dumps([{"role": "user", "content": message}])
    await expect_no_server_error(large, chat(messages=words, tools=tools))


@pytest.mark.parametrize("ref", ["#", "#/properties/a", "#/$defs/a", "http://127.0.0.1:9/x"])
async def test_a_schema_that_refers_to_itself_ends(echo: Bridge, ref: str) -> None:
    looped = {"$defs": {"a": {"$ref": ref}}, "type": "object", "properties": {"a": {"$ref": ref}}}
    for place in ("a tool's schema", "the format of the answer"):
        await expect_no_server_error(echo, PLACES[place].replace("{nest}", json.dumps(looped)))


# Numbers

NUMBERS = {
    "1e400": "1e400",
    "-1e400": "-1e400",
    "10**5000": "1" + "0" * 5000,
    "-10**5000": "-1" + "0" * 5000,
    "2**64": str(2**64),
    "2**63": str(2**63),
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "1e-400": "1e-400",
    "a long fraction": "0." + "1" * 5000,
    "0": "0",
    "-1": "-1",
    "a string of digits": '"1' + "0" * 5000 + '"',
    "true": "true",
}


@pytest.mark.parametrize("number", list(NUMBERS))
@pytest.mark.parametrize(
    "field",
    ["max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "seed", "colour", "stop"],
)
async def test_a_number_of_any_size_causes_no_server_error(
    echo: Bridge, field: str, number: str
) -> None:
    await expect_no_server_error(echo, chat(**{field: NUMBERS[number]}))


@pytest.mark.parametrize("number", ["1e400", "NaN", "Infinity", "10**5000"])
@pytest.mark.parametrize("place", ["a tool's schema", "a call's arguments", "a content"])
async def test_a_value_that_is_not_a_number_causes_no_server_error(
    echo: Bridge, place: str, number: str
) -> None:
    nest = '{"type": "object", "maximum": ' + NUMBERS[number] + "}"
    await expect_no_server_error(echo, PLACES[place].replace("{nest}", nest))


@pytest.mark.parametrize("number", ["1e400", "10**5000", "NaN", "-10**5000"])
async def test_no_answer_is_longer_than_the_largest_number(echo: Bridge, number: str) -> None:
    assert (await post(echo, chat(max_tokens=NUMBERS[number]))).statuses == [400]


# Text that is not text

LONE = "\\ud800"
TEXTS = {
    "a lone surrogate": chat(messages=f'[{{"role": "user", "content": "{LONE}"}}]'),
    "a lone low surrogate": chat(messages='[{"role": "user", "content": "a\\udfffb"}]'),
    "a surrogate as the model": chat(model=f'"{LONE}"'),
    "a surrogate as a name": chat(**{LONE: "1"}),
    "a surrogate as a tool": chat(
        tools=f'[{{"type": "function", "function": {{"name": "{LONE}"}}}}]'
    ),
    "a surrogate in a stop": chat(stop=f'"{LONE}"'),
    "a surrogate as a user": chat(user=f'"{LONE}"'),
    "a surrogate in bytes": chat(user='"\ud800"'),
    "NUL": chat(messages='[{"role": "user", "content": "a\\u0000b"}]'),
    "a bare NUL": chat(messages='[{"role": "user", "content": "a\x00b"}]'),
    "a header in the model": chat(model='"bridge-echo\\r\\nX-A: b"'),
    "a header in an unknown field": chat(**{"a\\r\\nX-A: b": "1"}),
    "a header in a tool": chat(
        tools='[{"type": "function", "function": {"name": "f\\r\\nX-A: b"}}]'
    ),
    "a name of any script": chat(**{"\U0001f600\u202e\u2028": "1"}),
    "a very long unknown name": chat(**{"x" * 100_000: "1"}),
    "a very long model": chat(model='"' + "x" * 100_000 + '"'),
}


@pytest.mark.parametrize("stream", ["true", "false"])
@pytest.mark.parametrize("name", list(TEXTS))
async def test_any_text_causes_no_server_error(echo: Bridge, name: str, stream: str) -> None:
    body = TEXTS[name].removesuffix("}") + f', "stream": {stream}}}'
    reply = await post(echo, body)
    assert len(reply.statuses) == 1
    assert reply.statuses[0] in (200, 400, 404), reply.data[:2000]
    assert b"\r\nX-A: b" not in reply.data
    assert b"internal_error" not in reply.data
    if reply.statuses != [200]:
        assert reply.error["message"]
    await expect_echo_works(echo)


@pytest.mark.parametrize("field", [{}, {"stream": "true"}, {"n": "2"}])
async def test_many_unknown_fields_do_not_make_the_headers_too_long(
    echo: Bridge, field: dict[str, str]
) -> None:
    many = {f"unknown_{number}": "1" for number in range(20_000)}
    reply = await post(echo, chat(**many, **field))
    assert reply.statuses in ([200], [400])
    assert len(reply.data.partition(b"\r\n\r\n")[0]) < 16_000


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"\x00",
        b"null",
        b"true",
        b"1",
        b'"x"',
        b"[]",
        b"{}",
        b"{",
        b"}",
        b"{'model': 'bridge-echo'}",
        b"\xef\xbb\xbf",
        b"\xff\xfe" + BODY.decode().encode("utf-16-le"),
        BODY.decode().encode("utf-16-le"),
        BODY.decode().encode("utf-32-be"),
        BODY[:-1],
        BODY + BODY,
        BODY + b"x",
        BODY + b"\x00",
        BODY.replace(b"hi", b"\xff"),
        BODY.replace(b"hi", b"\xc0\xaf"),
        BODY.replace(b"hi", b"\xed\xa0\x80"),
        BODY.replace(b'"hi"', b"// a comment\n'hi'"),
        BODY.replace(b'"hi"', b'"hi",'),
        BODY.replace(b'"bridge-echo"', b"\xff"),
    ],
    ids=lambda raw: ascii(raw)[:40],
)
async def test_a_body_that_is_not_json_is_rejected(echo: Bridge, raw: bytes) -> None:
    await expect_rejection(echo, raw)


async def test_a_byte_order_mark_causes_no_server_error(echo: Bridge) -> None:
    await expect_no_server_error(echo, b"\xef\xbb\xbf" + BODY)
    await expect_no_server_error(echo, b"\xef\xbb\xbf" + BODY[:-1])


@pytest.mark.parametrize("wrong", [b"\xef\xbb\xbf", b"NaN", b"1e400", b"\\ud800", b"1" * 5000])
async def test_a_body_with_two_mistakes_is_rejected_with_a_message(
    echo: Bridge, wrong: bytes
) -> None:
    """The first parser may accept what the second one, which finds the field's name, does not."""
    part = b'"' + wrong + b'"' if wrong.startswith(b"\\") else wrong
    await expect_rejection(echo, b'{"model": 3, "messages": [], "colour": ' + part + b"}")


@pytest.mark.parametrize(
    "twice",
    [
        '{"model": "claude-opus-5-5", "model": "bridge-echo", "messages": ' + HI + "}",
        '{"model": "bridge-echo", "messages": [], "messages": ' + HI + "}",
        '{"model": "bridge-echo", "messages": ' + HI + ', "messages": 3}',
        '{"model": "bridge-echo", "messages": [{"role": "robot", "role": "user", "content": "a"}]}',
    ],
)
async def test_a_duplicate_name_causes_no_server_error(echo: Bridge, twice: str) -> None:
    await expect_no_server_error(echo, twice)


# Too many


async def test_ten_thousand_messages_cause_no_server_error(large: Bridge) -> None:
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": f"{n}"} for n in range(10_001)]
    await expect_no_server_error(large, json.dumps({**CHAT, "messages": messages}))


async def test_ten_thousand_wrong_messages_get_a_short_error(large: Bridge) -> None:
    messages = [{"role": "robot", "content": 3}] * 10_000
    error = await expect_rejection(large, json.dumps({**CHAT, "messages": messages}))
    assert len(error["message"]) < 2000


async def test_five_thousand_tools_cause_no_server_error(large: Bridge) -> None:
    tools = [
        {"type": "function", "function": {"name": f"f{n}", "parameters": {"type": "object"}}}
        for n in range(5000)
    ]
    await expect_no_server_error(large, json.dumps({**CHAT, "tools": tools}))


async def test_five_thousand_calls_and_results_cause_no_server_error(large: Bridge) -> None:
    calls = [{"id": f"c{n}", "function": {"name": "f", "arguments": "{}"}} for n in range(5000)]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "x"} for call in calls]
    asked = [{"role": "user", "content": "hi"}]
    messages = [*asked, {"role": "assistant", "tool_calls": calls}, *results]
    message = {"role": "assistant", "content": "done"}
    await expect_no_server_error(
        large, json.dumps({**CHAT, "messages": [*messages, message, *asked]})
    )


async def test_ten_thousand_parts_cause_no_server_error(large: Bridge) -> None:
    parts = [{"type": "text", "text": "x"}] * 10_000
    message = [{"role": "assistant", "content": "done"}, {"role": "user", "content": "hi"}]
    await expect_no_server_error(
        large, json.dumps({**CHAT, "messages": [{"role": "user", "content": parts}, *message]})
    )


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64,",
        "data:image/png;base64,!!!!",
        "data:image/png;base64,aGVsbG8=",
        "data:,",
        "data:",
        "file:///etc/passwd",
        "http://127.0.0.1:1/x.png",
        "javascript:alert(1)",
        "",
        "\x00",
        "data:image/png;base64," + "A" * 500_000,
        "data:image/svg+xml;base64,PHN2Zy8+",
    ],
    ids=lambda url: ascii(url)[:30],
)
async def test_an_invalid_image_causes_no_server_error(echo: Bridge, url: str) -> None:
    parts = [{"type": "image_url", "image_url": {"url": url}}]
    reply = await post(echo, json.dumps({**CHAT, "messages": [{"role": "user", "content": parts}]}))
    assert reply.statuses in ([200], [400]), reply.data[:2000]
    assert b"root:" not in reply.data
    await expect_echo_works(echo)

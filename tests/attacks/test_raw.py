"""Raw requests: rebound DNS names, other sites, smuggled requests, odd paths, wrong tokens."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bridge.keys import KeyChain, Keys, NamedKey
from bridge.server.state import Bridge
from bridge.settings import find_paths
from bridge.wire.control import Switches
from tests.attacks.wire import BODY, PATH, Reply, netloc, request, send
from tests.conftest import StartBridge

JSON = "Content-Type: application/json"


@pytest.fixture
async def echo(start_bridge: StartBridge) -> Bridge:
    """A bridge that answers with the echo, so that a successful attack gets an answer."""
    return await start_bridge(backend="offline")


async def post(bridge: Bridge, *headers: str, host: str | None = "") -> Reply:
    """A chat with JSON's content type and these headers; by default to the right host."""
    named = netloc(bridge.url) if host == "" else host
    return await send(bridge.url, request(PATH, JSON, *headers, host=named))


def is_untouched(bridge: Bridge) -> bool:
    untouched = Switches(model="claude-sonnet-5-5", backend="offline")
    return not bridge.stopping and bridge.switches == untouched


async def test_a_normal_request_is_answered(echo: Bridge) -> None:
    """Otherwise the rejections below would prove nothing."""
    assert (await post(echo)).statuses == [200]
    utf8 = request(PATH, f"{JSON}; charset=utf-8", host=netloc(echo.url))
    assert (await send(echo.url, utf8)).statuses == [200]


# DNS rebinding


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example",
        "127.0.0.1.evil.example:{port}",
        "localhost.evil.example:{port}",
        "localhost.",
        "0x7f.1",
        "0x7f.1:{port}",
        "2130706433",
        "127.1:{port}",
        "0177.0.0.1",
        "0.0.0.0:{port}",
        "127.0.0.1@evil.example",
        "evil.example@127.0.0.1:{port}",
        "127.0.0.1:{port}@evil.example",
        "127.0.0.1#.evil.example",
        "127.0.0.1/.evil.example",
        "127.0.0.1?.evil.example",
        "127.0.0.1\\.evil.example",
        "127.0.0.1, evil.example",
        "evil.example 127.0.0.1",
        "127.0.0.1\t.evil.example",
        "127.0.0.1:{port}.evil.example",
        "127.0.0.1:evil",
        "127.0.0.1:99999999",
        "[::ffff:8.8.8.8]",
        "[::1].evil.example",
        "[::1",
        "http://127.0.0.1",
        "\xe4vil.example",
    ],
)
async def test_a_host_of_another_computer_is_rejected(echo: Bridge, host: str) -> None:
    port = netloc(echo.url).rpartition(":")[2]
    assert (await post(echo, host=host.replace("{port}", port))).rejected


async def test_an_empty_host_is_rejected(echo: Bridge) -> None:
    assert (await send(echo.url, request(PATH, JSON, "Host: ", host=None))).rejected


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"])
async def test_a_missing_host_is_rejected(echo: Bridge, version: bytes) -> None:
    data = request(PATH, JSON, host=None).replace(b"HTTP/1.1", version)
    assert (await send(echo.url, data)).rejected


@pytest.mark.parametrize("names", [("{own}", "evil.example"), ("evil.example", "{own}")])
async def test_two_hosts_are_rejected(echo: Bridge, names: tuple[str, str]) -> None:
    first, second = (name.replace("{own}", netloc(echo.url)) for name in names)
    assert (await post(echo, f"Host: {second}", host=first)).rejected


async def test_a_forwarded_host_does_not_replace_the_host(echo: Bridge) -> None:
    own = netloc(echo.url)
    claims = (f"X-Forwarded-Host: {own}", f"Forwarded: host={own}", f"X-Host: {own}")
    assert (await post(echo, *claims, host="evil.example")).rejected


@pytest.mark.parametrize("path", ["/", "/health", "/metrics", "/v1/models"])
async def test_a_rebound_dns_name_reads_nothing(echo: Bridge, path: str) -> None:
    reply = await send(echo.url, request(path, method="GET", host="evil.example"))
    assert reply.statuses == [403]
    assert b"sonnet" not in reply.data


# Other origins


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        "http://evil.example",
        "file://",
        "chrome-extension://x",
        "moz-extension://x",
        "https://127.0.0.1",
        "https://localhost:8000",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
        "http://evil.example#@127.0.0.1",
        "http://127.0.0.1.evil.example",
        "http://0.0.0.0",
        "http://2130706433",
        "127.0.0.1.evil.example",
        "*",
        "data:,",
        "javascript://127.0.0.1/",
    ],
)
async def test_another_origin_is_rejected(echo: Bridge, origin: str) -> None:
    assert (await post(echo, f"Origin: {origin}")).statuses == [403]


async def test_an_empty_origin_is_not_ours(echo: Bridge) -> None:
    assert (await post(echo, "Origin: ")).rejected


@pytest.mark.parametrize(
    "origins",
    [
        ("https://evil.example", "{own}"),
        ("{own}", "https://evil.example"),
    ],
    ids=["foreign first", "own first"],
)
async def test_a_second_origin_does_not_excuse_the_first(
    echo: Bridge, origins: tuple[str, str]
) -> None:
    assert (
        await post(echo, *(f"Origin: {o.replace('{own}', echo.url)}" for o in origins))
    ).rejected


async def test_an_address_without_a_scheme_is_no_origin(echo: Bridge) -> None:
    assert (await post(echo, "Origin: //localhost")).rejected


@pytest.mark.parametrize("site", ["cross-site", "same-site", "CROSS-SITE", "", "cross-site, none"])
async def test_a_cross_site_request_is_rejected(echo: Bridge, site: str) -> None:
    assert (await post(echo, f"Sec-Fetch-Site: {site}")).statuses == [403]


@pytest.mark.parametrize(
    "words",
    [
        ("cross-site", "none"),
        ("none", "cross-site"),
    ],
    ids=["foreign first", "own first"],
)
async def test_a_second_sec_fetch_site_does_not_excuse_the_first(
    echo: Bridge, words: tuple[str, str]
) -> None:
    assert (await post(echo, *(f"Sec-Fetch-Site: {word}" for word in words))).rejected


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/plain; application/json",
        "text/plain;charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json",
        "application/json, text/plain",
        "text/plain, application/json",
        "application/jsonp",
        "application/json-seq",
        "text/json",
        "",
        "json",
    ],
)
@pytest.mark.parametrize("path", [PATH, "/control/stop"])
async def test_a_post_that_is_not_declared_as_json_is_rejected(
    echo: Bridge, path: str, kind: str
) -> None:
    token = f"Authorization: Bearer {echo.control_token}"
    data = request(path, f"Content-Type: {kind}", token, host=netloc(echo.url))
    assert (await send(echo.url, data)).statuses == [415]
    assert is_untouched(echo)


async def test_a_post_without_a_content_type_is_rejected(echo: Bridge) -> None:
    assert (await send(echo.url, request(PATH, host=netloc(echo.url)))).statuses == [415]


async def test_two_content_types_are_not_json(echo: Bridge) -> None:
    for kinds in (("text/plain", "application/json"), ("application/json", "text/plain")):
        headers = [f"Content-Type: {kind}" for kind in kinds]
        assert (await send(echo.url, request(PATH, *headers, host=netloc(echo.url)))).rejected


# Smuggling

SMUGGLED = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"


def build_framed_request(bridge: Bridge, *framing: bytes, body: bytes) -> bytes:
    """A kept-alive chat with the framing given, and a second request in its tail."""
    host = b"Host: " + netloc(bridge.url).encode()
    lines = [b"POST /v1/chat/completions HTTP/1.1", host, JSON.encode(), *framing]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
LENGTH = b"Content-Length: %d" % len(BODY)

FRAMINGS: dict[str, tuple[list[bytes], bytes]] = {
    "CL.TE": ([LENGTH, b"Transfer-Encoding: chunked"], CHUNKED + SMUGGLED),
    "TE.CL": ([b"Transfer-Encoding: chunked", LENGTH], CHUNKED + SMUGGLED),
    "CL 0 and TE": ([b"Content-Length: 0", b"Transfer-Encoding: chunked"], CHUNKED + SMUGGLED),
    "two lengths": ([LENGTH, b"Content-Length: 0"], BODY + SMUGGLED),
    "two lengths, shorter first": ([b"Content-Length: 0", LENGTH], BODY + SMUGGLED),
    "a list of lengths": ([LENGTH + b", 0"], BODY + SMUGGLED),
    "a signed length": ([b"Content-Length: +%d" % len(BODY)], BODY + SMUGGLED),
    "a negative length": ([b"Content-Length: -1"], BODY + SMUGGLED),
    "a hexadecimal length": ([b"Content-Length: 0x10"], BODY + SMUGGLED),
    "a length with a space": ([b"Content-Length: 1 0"], BODY + SMUGGLED),
    "a length with a grouping": ([b"Content-Length: 1_0"], BODY + SMUGGLED),
    "a space before the colon": ([b"Content-Length : %d" % len(BODY)], BODY + SMUGGLED),
    "an overflowing length": ([b"Content-Length: 18446744073709551617"], BODY + SMUGGLED),
    "chunked, identity": ([b"Transfer-Encoding: chunked, identity"], CHUNKED + SMUGGLED),
    "identity": ([b"Transfer-Encoding: identity", LENGTH], BODY + SMUGGLED),
    "xchunked": ([b"Transfer-Encoding: xchunked"], CHUNKED + SMUGGLED),
    "chunked twice": ([b"Transfer-Encoding: chunked, chunked"], CHUNKED + SMUGGLED),
    "chunked in two headers": ([b"Transfer-Encoding: chunked"] * 2, CHUNKED + SMUGGLED),
    "chunked with a vertical tab": ([b"Transfer-Encoding: \x0bchunked"], CHUNKED + SMUGGLED),
    "a folded encoding": ([b"Transfer-Encoding:\r\n chunked"], CHUNKED + SMUGGLED),
    "a folded length": ([b"Content-Length:\r\n %d" % len(BODY)], BODY + SMUGGLED),
    "a folded header": ([LENGTH, b"X-A: b\r\n c: d"], BODY + SMUGGLED),
    "a header without a colon": ([LENGTH, b"nonsense"], BODY + SMUGGLED),
    "a header with NUL": ([LENGTH, b"X-A: b\x00c"], BODY + SMUGGLED),
    "a header with a bare CR": ([LENGTH, b"X-A: b\rX-B: c"], BODY + SMUGGLED),
    "garbage as a chunk size": ([b"Transfer-Encoding: chunked"], b"zz\r\n" + BODY + SMUGGLED),
    "a signed chunk size": ([b"Transfer-Encoding: chunked"], b"+" + CHUNKED + SMUGGLED),
    "a prefixed chunk size": ([b"Transfer-Encoding: chunked"], b"0x" + CHUNKED + SMUGGLED),
    "a negative chunk size": ([b"Transfer-Encoding: chunked"], b"-1\r\n" + BODY + SMUGGLED),
    "an overflowing chunk size": (
        [b"Transfer-Encoding: chunked"],
        b"fffffffffffffffff\r\n" + BODY + SMUGGLED,
    ),
    "a chunk longer than its size": (
        [b"Transfer-Encoding: chunked"],
        b"1\r\n" + BODY + b"\r\n0\r\n\r\n" + SMUGGLED,
    ),
    "a chunk with a bare LF": (
        [b"Transfer-Encoding: chunked"],
        CHUNKED.replace(b"\r\n", b"\n") + SMUGGLED,
    ),
    "an extension with a bare LF": (
        [b"Transfer-Encoding: chunked"],
        CHUNKED.replace(b"\r\n", b";a\nb\r\n", 1) + SMUGGLED,
    ),
}


async def test_well_framed_requests_are_answered_one_by_one(echo: Bridge) -> None:
    """Otherwise the missing answers to smuggled requests would prove nothing."""
    for framing, body in ((LENGTH, BODY), (b"Transfer-Encoding: chunked", CHUNKED)):
        reply = await send(echo.url, build_framed_request(echo, framing, body=body + SMUGGLED))
        assert reply.statuses == [200, 200]


@pytest.mark.parametrize("name", list(FRAMINGS))
async def test_an_ambiguous_request_is_rejected_and_nothing_after_it_answered(
    echo: Bridge, name: str
) -> None:
    framing, body = FRAMINGS[name]
    reply = await send(echo.url, build_framed_request(echo, *framing, body=body))
    assert reply.rejected, reply.data
    assert b'"object": "list"' not in reply.data
    assert reply.closed


async def test_bare_line_feeds_do_not_end_a_line(echo: Bridge) -> None:
    data = build_framed_request(echo, LENGTH, body=b"").replace(b"\r\n", b"\n") + BODY + SMUGGLED
    reply = await send(echo.url, data)
    assert reply.rejected, reply.data


async def test_the_body_of_a_rejected_request_is_not_the_next_request(echo: Bridge) -> None:
    """The page's form is refused before its body is read; the body must not be taken up."""
    inner = request("/v1/models", method="GET", host="localhost")
    for headers in (["Content-Type: text/plain"], [JSON, "Origin: https://evil.example"]):
        data = request(PATH, *headers, host=netloc(echo.url), body=inner)
        reply = await send(echo.url, data.replace(b"Connection: close\r\n", b"", 1))
        assert reply.rejected, reply.data


async def test_the_body_of_a_get_is_not_the_next_request(echo: Bridge) -> None:
    head = b"GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    reply = await send(echo.url, head % len(SMUGGLED) + SMUGGLED)
    assert len(reply.statuses) == 1


async def test_an_upgrade_has_no_effect(echo: Bridge) -> None:
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    for target in (PATH, "/control/stop"):
        data = request(target, *upgrade, key, method="GET", host=netloc(echo.url))
        reply = await send(echo.url, data)
        assert reply.rejected
        assert 101 not in reply.statuses


# Paths


@pytest.mark.parametrize(
    "target",
    [
        "/control/stop",
        "/../control/stop",
        "/v1/../control/stop",
        "//control/stop",
        "///control/stop",
        "/control//stop",
        "/./control/stop",
        "/v1/%2e%2e/control/stop",
        "/v1/%2e%2e%2fcontrol%2fstop",
        "/control%2fstop",
        "/control%2Fstop",
        "/%63ontrol/stop",
        "/control/stop/",
        "/control/stop%00",
        "/control/stop%0d%0aX-A:%20b",
        "/control/stop;a=b",
        "/control/stop#a",
        "/CONTROL/STOP",
        "/health/../control/stop",
        "http://evil.example/control/stop",
        "http://localhost/control/stop",
        "http:control/stop",
        "//evil.example/control/stop",
        "*",
        "control/stop",
        "/%",
        "/%zz",
        "/%ff%fe",
        "/\xff\xfe",
        "/v1/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/v1/models/" + "a" * 7000,
        "/" + "a" * 7000,
        "/" + "a" * 100_000,
        "/" + "../" * 2000,
        "/" + "%25" * 2000,
        "/a\x00b",
        "/a\x01b",
        "/a\x7fb",
        "/a\tb",
        "/a b",
    ],
    ids=lambda target: ascii(target)[:40],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_path_does_not_lead_to_control(echo: Bridge, method: str, target: str) -> None:
    data = request(target, JSON, method=method, host=netloc(echo.url), body=b"{}")
    reply = await send(echo.url, data)
    assert reply.rejected, reply.data
    assert b"\r\nX-A: b" not in reply.data
    assert is_untouched(echo)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "TRACE", "CONNECT", "BREW"])
async def test_control_accepts_no_other_method(echo: Bridge, method: str) -> None:
    token = f"Authorization: Bearer {echo.control_token}"
    data = request("/control/stop", JSON, token, method=method, host=netloc(echo.url))
    assert (await send(echo.url, data)).rejected
    assert is_untouched(echo)


async def test_a_method_is_not_overridden_by_a_header(echo: Bridge) -> None:
    claims = ("X-HTTP-Method-Override: POST", f"Authorization: Bearer {echo.control_token}")
    data = request("/control/stop", JSON, *claims, method="GET", host=netloc(echo.url))
    assert (await send(echo.url, data)).statuses == [405]
    assert is_untouched(echo)


async def test_an_absolute_request_target_does_not_hide_the_host(echo: Bridge) -> None:
    target = f"{echo.url}/health"
    reply = await send(echo.url, request(target, method="GET", host="evil.example"))
    assert reply.statuses == [403]


async def test_an_absolute_request_target_of_another_host_is_rejected(echo: Bridge) -> None:
    """RFC 9112, 3.2.2: it stands in for `Host`."""
    data = request("http://evil.example/health", method="GET", host=netloc(echo.url))
    assert (await send(echo.url, data)).rejected


# The control token

SWITCHES = json.dumps({"model": "claude-opus-5-5"}).encode()


def build_switch_request(
    bridge: Bridge, *headers: str, query: str = "", body: bytes = SWITCHES
) -> bytes:
    target = f"/control/switches{query}"
    return request(target, JSON, *headers, host=netloc(bridge.url), body=body)


async def test_the_token_gives_access(echo: Bridge) -> None:
    bearer = f"Authorization: Bearer {echo.control_token}"
    assert (await send(echo.url, build_switch_request(echo, bearer))).statuses == [200]
    assert echo.switches.model == "claude-opus-5-5"


@pytest.mark.parametrize("name", ["token", "access_token", "control_token", "Authorization", "key"])
async def test_the_token_is_not_read_from_the_query(echo: Bridge, name: str) -> None:
    data = build_switch_request(echo, query=f"?{name}={echo.control_token}")
    assert (await send(echo.url, data)).statuses == [403]
    assert is_untouched(echo)


@pytest.mark.parametrize("name", ["token", "control_token", "control-token", "Authorization"])
async def test_the_token_is_not_read_from_a_cookie(echo: Bridge, name: str) -> None:
    data = build_switch_request(echo, f"Cookie: {name}={echo.control_token}")
    assert (await send(echo.url, data)).statuses == [403]
    assert is_untouched(echo)


@pytest.mark.parametrize("name", ["X-Token", "Proxy-Authorization", "X-Authorization"])
async def test_the_token_is_not_read_from_another_header(echo: Bridge, name: str) -> None:
    data = build_switch_request(echo, f"{name}: Bearer {echo.control_token}")
    assert (await send(echo.url, data)).statuses == [403]
    assert is_untouched(echo)


async def test_the_token_is_not_read_from_the_body(echo: Bridge) -> None:
    body: dict[str, Any] = {**json.loads(SWITCHES), "token": echo.control_token}
    data = build_switch_request(echo, body=json.dumps(body).encode())
    assert (await send(echo.url, data)).statuses == [403]
    assert is_untouched(echo)


async def test_a_wrong_token_of_any_length_is_rejected(echo: Bridge) -> None:
    own = echo.control_token
    parts = [own[:length] for length in range(len(own))]
    longer = [own + "x", own + own, own * 100, f"{own}, {own}", f"x{own}"]
    others = ["x" * length for length in range(1, 2 * len(own))]
    twisted = [own.swapcase(), own[::-1], "*", "null", "undefined"]
    for given in (*parts, *longer, *others, *twisted):
        data = build_switch_request(echo, f"Authorization: Bearer {given}")
        assert (given, (await send(echo.url, data)).statuses) == (given, [403])
    assert is_untouched(echo)


@pytest.mark.parametrize("given", ["\xff\xfe", "\xe4" * 43, "\xed\xb2\x80"], ids=ascii)
async def test_a_token_that_is_not_text_is_rejected(echo: Bridge, given: str) -> None:
    reply = await send(echo.url, build_switch_request(echo, f"Authorization: Bearer {given}"))
    assert reply.statuses == [403], reply.data


async def test_a_second_authorization_does_not_add_to_the_first(echo: Bridge) -> None:
    wrong, right = "Authorization: Bearer x", f"Authorization: Bearer {echo.control_token}"
    assert (await send(echo.url, build_switch_request(echo, wrong, right))).rejected
    assert is_untouched(echo)


async def test_a_page_of_another_site_is_rejected_even_with_the_token(echo: Bridge) -> None:
    right = f"Authorization: Bearer {echo.control_token}"
    data = build_switch_request(echo, right, "Origin: https://evil.example")
    assert (await send(echo.url, data)).statuses == [403]
    assert is_untouched(echo)


# The access key


@pytest.fixture
async def keyed(start_bridge: StartBridge) -> Bridge:
    """A bridge with the access key `cb-own`."""
    keys = Keys().with_key("bridge", NamedKey("a", "cb-own"))
    await asyncio.to_thread(KeyChain(find_paths().data).save, keys)
    return await start_bridge(backend="offline")


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "api-key"])
async def test_a_wrong_key_of_any_bytes_is_rejected(keyed: Bridge, name: str) -> None:
    for given in ("", "cb-ow", "cb-ownx", "CB-OWN", "*", "cb-own, x", "x" * 7000):
        assert (await post(keyed, f"{name}: {given}")).statuses == [401]
    assert (await post(keyed, f"{name}: cb-own")).statuses == [200]


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "api-key"])
async def test_a_key_that_is_not_text_is_rejected(keyed: Bridge, name: str) -> None:
    assert (await post(keyed, f"{name}: Bearer \xff\xfe")).statuses == [401]


@pytest.mark.parametrize(
    "target",
    [
        "//v1/models",
        "/./v1/models",
        "/V1/models",
        "/%76%31/models",
        "/v1%2fmodels",
        "/x/../v1/models",
    ],
)
async def test_no_spelling_of_a_path_avoids_the_key(keyed: Bridge, target: str) -> None:
    reply = await send(keyed.url, request(target, method="GET", host=netloc(keyed.url)))
    assert reply.statuses in ([401], [404], [400])

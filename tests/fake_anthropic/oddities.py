"""What comes back when something else than Claude's API answers, or its answer is damaged."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping

from tests.fake_anthropic.script import RawHttp

EVENTS = (
    {
        "type": "message_start",
        "message": {
            "id": "msg_odd",
            "type": "message",
            "role": "assistant",
            "model": "claude-opus-5-5",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 3, "output_tokens": 1},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hé."}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 2},
    },
    {"type": "message_stop"},
)
SSE = "".join(
    f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n" for event in EVENTS
).encode()
MESSAGE = json.dumps({"type": "message", "content": [{"type": "text", "text": "Hé."}]}).encode()
ERROR = json.dumps({"type": "error", "error": {"type": "api_error", "message": "Oh no."}}).encode()
LIMITED = ERROR.replace(b"api_error", b"rate_limit_error")
HTML = (
    b"<!DOCTYPE html>\n<html><head><title>Hotel\n Wi-Fi</title></head><body>Sign in</body></html>"
)


def http(
    status: str, body: bytes = b"", *, cut: bool = False, abort: bool = False, **headers: str
) -> RawHttp:
    """Build a response; `cut` announces more than there is."""
    length = len(body) + (100 if cut else 0)
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {length}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return RawHttp("\r\n".join(lines).encode() + b"\r\n\r\n" + body, abort)


def _stream(body: bytes, **headers: str) -> RawHttp:
    named = {"content_type": "text/event-stream", **headers}
    return http("200 OK", body, cut=False, abort=False, **named)


RIGHT: Mapping[str, RawHttp] = {
    "plain": _stream(SSE),
    "text_plain": _stream(SSE, content_type="text/plain"),
    "said_to_be_html": _stream(SSE, content_type="text/html; charset=iso-8859-1"),
    "without_type": http("200 OK", SSE),
    "wrong_charset_named": _stream(SSE, content_type="text/event-stream; charset=utf-16"),
    "byte_order_mark": _stream(b"\xef\xbb\xbf" + SSE),
    "comment_first": _stream(b": hello\n\n" + SSE),
    "unknown_field_first": _stream(b"x-trace: 7\n" + SSE),
    "blank_lines_first": _stream(b"\r\n\r\n" + SSE),
    "gzip": _stream(gzip.compress(SSE), content_encoding="gzip"),
    "deflate": _stream(zlib.compress(SSE), content_encoding="deflate"),
    "raw_deflate": _stream(zlib.compress(SSE)[2:-4], content_encoding="deflate"),
    "identity": _stream(SSE, content_encoding="identity"),
    "encoding_only_named": _stream(SSE, content_encoding="br"),
    "status_201": http("201 Created", SSE, content_type="text/event-stream"),
    "hints_first": RawHttp(
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + _stream(SSE).content
    ),
    "continue_first": RawHttp(b"HTTP/1.1 100 Continue\r\n\r\n" + _stream(SSE).content),
}
"""Streams that are odd, but complete: the answer is right."""

WRONG: Mapping[str, tuple[RawHttp, str]] = {
    "html": (http("200 OK", HTML, content_type="text/html"), "upstream_web_page"),
    "html_as_stream": (_stream(HTML), "upstream_web_page"),
    "html_latin1": (http("200 OK", HTML + b"<p>\xe9"), "upstream_web_page"),
    "html_401": (http("401 Unauthorized", HTML), "upstream_web_page"),
    "html_403": (http("403 Forbidden", HTML), "upstream_web_page"),
    "html_404": (http("404 Not Found", HTML), "upstream_web_page"),
    "html_502": (http("502 Bad Gateway", HTML), "upstream_web_page"),
    "html_503": (http("503 Busy", HTML), "overloaded"),
    "html_429": (http("429 Slow down", HTML, retry_after="7"), "rate_limit_exceeded"),
    "json": (http("200 OK", MESSAGE, content_type="application/json"), "upstream_not_streaming"),
    "json_as_stream": (_stream(b"  " + MESSAGE), "upstream_not_streaming"),
    "json_other": (http("200 OK", b'{"ok": true}'), "upstream_unrecognized"),
    "json_list": (http("200 OK", b"[1, 2]"), "upstream_unrecognized"),
    "json_deep": (http("200 OK", b'{"a":' * 100_000), "upstream_unrecognized"),
    "json_deep_error": (http("500 No", b"[" * 100_000), "upstream_error"),
    "error_200": (http("200 OK", LIMITED), "rate_limit_exceeded"),
    "text": (http("200 OK", b"upstream connect error\x1b[31m"), "upstream_unrecognized"),
    "xml": (http("200 OK", b"<?xml version='1.0'?><Error/>"), "upstream_unrecognized"),
    "error_text": (http("500 No", b"upstream connect error"), "upstream_error"),
    "error_detail": (http("422 No", b'{"detail": "No such thing."}'), "upstream_error"),
    "error_string": (http("500 No", b'{"error": "Broken."}'), "upstream_error"),
    "error_null": (http("500 No", b"null"), "upstream_error"),
    "br": (_stream(b"\x0b\x02\x80hello\x03", content_encoding="br"), "upstream_encoded"),
    "zstd": (_stream(b"\x28\xb5\x2f\xfd\x04", content_encoding="zstd"), "upstream_encoded"),
    "gzip_unnamed": (_stream(gzip.compress(SSE)), "upstream_encoded"),
    "gzip_damaged": (_stream(b"hello", content_encoding="gzip"), "upstream_encoded"),
    "br_error": (http("500 No", b"\x0b\x02\x80", content_encoding="br"), "upstream_encoded"),
    "gzip_error": (
        http("429 No", gzip.compress(LIMITED), content_encoding="gzip"),
        "rate_limit_exceeded",
    ),
    "utf16": (_stream(SSE.decode().encode("utf-16")), "upstream_not_utf8"),
    "utf16_unmarked": (_stream(SSE.decode().encode("utf-16-le")), "upstream_not_utf8"),
    "latin1": (http("200 OK", "Schöne Grüße".encode("latin-1")), "upstream_not_utf8"),
    "empty": (_stream(b""), "upstream_empty"),
    "blank": (_stream(b"\r\n \r\n"), "upstream_empty"),
    "status_204": (RawHttp(b"HTTP/1.1 204 No Content\r\n\r\n"), "upstream_empty"),
    "status_101": (
        RawHttp(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
        "upstream_unrecognized",
    ),
    "redirect_301": (http("301 Moved", location="http://127.0.0.1:9/"), "upstream_redirected"),
    "redirect_302": (http("302 Found", HTML, location="/login"), "upstream_redirected"),
    "redirect_307": (http("307 Moved", location="http://127.0.0.1:9/"), "upstream_redirected"),
    "redirect_308": (http("308 Moved", location="\x7f http://["), "upstream_redirected"),
    "redirect_nowhere": (http("304 Not Modified"), "upstream_redirected"),
    "error_cut": (http("400 No", ERROR[:30], cut=True), "upstream_error_cut"),
    "error_aborted": (http("500 No", ERROR[:30], cut=True, abort=True), "upstream_error_cut"),
    "limit_cut": (http("429 No", ERROR[:30], cut=True), "rate_limit_exceeded"),
    "nothing": (RawHttp(b""), "stream_broken"),
    "not_http": (RawHttp(b"SSH-2.0-OpenSSH_9.2\r\n"), "upstream_unrecognized"),
    "bad_length": (
        RawHttp(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
        "upstream_unrecognized",
    ),
    "stray_header": (
        RawHttp(b"HTTP/1.1 500 No\r\nrequest-id: a\xffb\r\nContent-Length: 0\r\n\r\n"),
        "upstream_error",
    ),
}
"""Answers that are none, and the code of the error that a client gets."""

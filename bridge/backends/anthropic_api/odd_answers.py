"""Recognize answers that are not from Claude's API, or were changed on the way. Pure.

Between the bridge and Claude's API there may be a gateway, a proxy, a firewall or the sign-in page
of a Wi-Fi. What they answer gets an error of its own, so that the user looks in the right place.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.errors import (
    BridgeError,
    GatewayFailed,
    NotClaudeApi,
    UpstreamEmpty,
    UpstreamEncoded,
    UpstreamErrorCut,
    UpstreamNotStreaming,
    UpstreamNotUtf8,
    UpstreamRedirected,
    UpstreamWebPage,
    error_for_status,
)

INFLATED = ("gzip", "x-gzip", "deflate")
"""The values of `Content-Encoding` that can be decoded, though they are never requested."""

_TELLING_STATUSES = (401, 402, 404, 408, 413, 429, 503, 504, 529)
"""Statuses that say enough without the text of the error."""
_TEMPORARY_STATUSES = (408, 429, 503, 504, 529)
"""Statuses that a gateway sends with a page of its own, and that say when to try again."""

_BOM = codecs.BOM_UTF8
_BLANK = b" \t\r\n"
_FIELDS = (b"event:", b"data:", b"id:", b"retry:", b":")
_LINE = re.compile(rb"[A-Za-z][\w.-]*[:\r\n]")
_LONGEST_START = 4096
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"PK\x03\x04")
_HTML = re.compile(rb"<!doctype html|<html|<head|<body|<title", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>(.{1,500}?)</title", re.IGNORECASE | re.DOTALL)
_QUOTED_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Oddity:
    """What a body is instead of an answer; `words` continue "answered with status 200 and"."""

    kind: type[BridgeError]
    words: str


def is_event_stream(start: bytes, headers: Mapping[str, str]) -> bool | None:
    """Return whether a body begins as server-sent events do; None while it is too short to say.

    `Content-Type` is not asked first: gateways send streams as `text/plain`, and pages as streams.
    """
    if _BOM.startswith(start):
        return None
    text = start.removeprefix(_BOM).lstrip(_BLANK)
    if text.startswith(_FIELDS):
        return True
    is_short = len(start) < _LONGEST_START
    if not text or any(field.startswith(text) for field in _FIELDS):
        return None if is_short else False
    # A field that the standard does not know is ignored, if this is said to be a stream.
    if headers.get("content-type", "").startswith("text/event-stream"):
        if _LINE.match(text):
            return True
        if is_short and text.isalnum():
            return None
    return False


def list_encodings(headers: Mapping[str, str]) -> list[str]:
    """List what `Content-Encoding` names besides `identity`, in lower case."""
    encoding = headers.get("content-encoding")
    if encoding is None:
        return []
    names = [name.strip().lower() for name in encoding.split(",")]
    return [name for name in names if name not in ("", "identity")]


def recognize(headers: Mapping[str, str], body: bytes) -> Oddity:
    """Say what a body is that holds no error object of Claude's API."""
    unknown = [name for name in list_encodings(headers) if name not in INFLATED]
    content = body.removeprefix(_BOM).strip()
    if unknown:
        names = ", ".join(_quote(name.encode("utf-8", "replace")) for name in unknown)
        return Oddity(UpstreamEncoded, f"content in the encoding {names}, which was not requested")
    if not content:
        return Oddity(UpstreamEmpty, "no content")
    if content.startswith(_COMPRESSED):
        return Oddity(UpstreamEncoded, "compressed data")
    if content.startswith(b"<") and _HTML.search(content[:2048]):
        title = _TITLE.search(content)
        words = f"the web page {_quote(title[1])}" if title else "a web page"
        return Oddity(UpstreamWebPage, words)
    if not _is_utf8(content):
        return Oddity(UpstreamNotUtf8, "text that is not UTF-8")
    if content.startswith(b"{"):
        return _recognize_json(content)
    return Oddity(NotClaudeApi, f"the text {_quote(content)}")


def explain_success(status: int, headers: Mapping[str, str], body: bytes) -> BridgeError:
    """Build the error for a response with a 2xx status that holds no answer."""
    oddity = recognize(headers, body)
    return build_odd_error(oddity.kind, status, oddity.words)


def explain_failure(
    status: int, headers: Mapping[str, str], body: bytes, *, cut: bool
) -> tuple[type[BridgeError], str]:
    """Return the class and the message for an error status without an error object of the API.

    `cut`: the connection broke before the body was complete.
    """
    if status < 200 or 300 <= status < 400:
        return _explain_redirect(status, headers)
    oddity, kind = recognize(headers, body), error_for_status(status)
    if cut and status not in _TELLING_STATUSES:
        kind = UpstreamErrorCut
    elif oddity.kind is UpstreamWebPage and status not in _TEMPORARY_STATUSES:
        # Not by its status: it is not Anthropic that refuses a key with a web page.
        kind = UpstreamWebPage if status < 500 else GatewayFailed
    elif oddity.kind in (UpstreamEncoded, UpstreamNotUtf8) and status not in _TELLING_STATUSES:
        kind = oddity.kind
    broken = " The connection broke before the text of the error was complete." if cut else ""
    return kind, f"{_describe(status, oddity.words)}{broken}{_get_hint(kind)}"


def build_odd_error(kind: type[BridgeError], status: int, words: str) -> BridgeError:
    """Build an error that says what came with which status, and what to do."""
    return kind(f"{_describe(status, words)}{_get_hint(kind)}")


def _describe(status: int, words: str) -> str:
    return f"The address of Claude's API answered with status {status} and {words}."


def _get_hint(kind: type[BridgeError]) -> str:
    # Clients see the message alone. The other classes are about requests that reached Claude.
    own = issubclass(kind, NotClaudeApi | UpstreamEmpty | UpstreamErrorCut)
    return f" {kind.hint}" if own else ""


def _explain_redirect(status: int, headers: Mapping[str, str]) -> tuple[type[BridgeError], str]:
    if status < 300:
        kind: type[BridgeError] = NotClaudeApi
        return kind, _describe(status, "no answer") + _get_hint(kind)
    target = headers.get("location", "").encode("utf-8", "replace")
    words = f"a redirect to {_quote(target)}, which is not followed" if target else "a redirect"
    return UpstreamRedirected, _describe(status, words) + _get_hint(UpstreamRedirected)


def _recognize_json(content: bytes) -> Oddity:
    if re.search(rb'"type"\s*:\s*"message"', content):
        return Oddity(UpstreamNotStreaming, "the answer in one piece instead of a stream")
    is_whole = content.endswith(b"}")
    if not is_whole and b'"error"' in content:
        return Oddity(UpstreamErrorCut, "an error whose text broke off")
    return Oddity(NotClaudeApi, f"the JSON {_quote(content)}")


def _is_utf8(content: bytes) -> bool:
    # The last character may be incomplete, as a long body is not read to its end.
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return False
    # UTF-16 is also valid UTF-8, with a zero byte in every character.
    return "\0" not in text


def _quote(content: bytes) -> str:
    """Quote the start of a text on one line, without what a terminal would interpret."""
    text = " ".join(content[: 4 * _QUOTED_LENGTH].decode("utf-8", "replace").split())
    clean = "".join(character for character in text if character.isprintable())
    return f"“{clean[:_QUOTED_LENGTH]}{'…' if len(clean) > _QUOTED_LENGTH else ''}”"

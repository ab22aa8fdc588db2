"""Build the bytes of requests to the bridge, and parse its address."""

import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Optional
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True)
class PlainText:
    """ASCII text without quotes or backslashes, such as a data URL: JSON takes it as it is.

    Encoding a picture of some megabytes as JSON would block speech recognition.
    """

    ascii: bytes


class BadSetting(Exception):
    """A setting cannot be used; the message is a sentence for the user."""


@dataclass(frozen=True)
class Address:
    """The bridge's address: a numeric host, a port, and the path before `/v1`."""

    # Numeric, because a name look-up would block Talon's script thread.

    host: str
    port: int
    path: str = ""

    @property
    def netloc(self) -> str:
        """Host and port as in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(url: str) -> Address:
    """Parse a base URL, with or without `/v1` at its end; raise BadSetting."""
    try:
        return _check_address(urlsplit(url.strip()))
    except ValueError:
        raise BadSetting(
            "Set user.claude_bridge_url to an address like http://127.0.0.1:8000."
        ) from None


def build_request(
    address: Address,
    method: str,
    path: str,
    key: str = "",
    body: Optional[dict[str, Any]] = None,
    keep_alive: bool = False,
) -> bytes:
    """Return the bytes of one request.

    `path` begins with a slash. `key` is the bearer token, or empty. With `keep_alive`, another
    request follows on the same connection. Raise BadSetting for a key that cannot be sent in a
    header.
    """
    data = b"" if body is None else _encode_json(body)
    lines = [
        f"{method} {address.path}{path} HTTP/1.1",
        f"Host: {address.netloc}",
        "Accept: text/event-stream, application/json",
        *(() if body is None else ("Content-Type: application/json",)),
        f"Content-Length: {len(data)}",
        *(() if keep_alive else ("Connection: close",)),
        *_build_authorization(key.strip()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + data


def _encode_json(body: dict[str, Any]) -> bytes:
    texts: list[bytes] = []

    def make_placeholder(value: PlainText) -> str:
        texts.append(value.ascii)
        return f"\0{len(texts)}"

    data = json.dumps(body, default=make_placeholder).encode()
    for number, text in enumerate(texts, 1):
        data = data.replace(b'"\\u0000%d"' % number, b'"' + text + b'"', 1)
    return data


def _check_address(parts: SplitResult) -> Address:
    """Return the address; raise ValueError unless it is plain HTTP to a numeric host."""
    path = parts.path.rstrip("/").removesuffix("/v1")
    if parts.scheme != "http" or not (path.isascii() and path.isprintable()) or " " in path:
        raise ValueError(path)
    name = parts.hostname or ""
    host = "127.0.0.1" if name == "localhost" else str(ip_address(name))
    return Address(host, parts.port or 80, path)


def _build_authorization(key: str) -> list[str]:
    if not key:
        return []
    if not (key.isascii() and key.isprintable()):
        raise BadSetting("Set user.claude_api_key to a key of plain letters and digits.")
    return [f"Authorization: Bearer {key}"]

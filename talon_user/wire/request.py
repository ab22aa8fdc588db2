"""Makes the requests to the bridge: where they go, and their bytes."""

import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Optional
from urllib.parse import SplitResult, urlsplit


class BadSetting(Exception):
    """A setting cannot be used; the message is a sentence for the user."""


@dataclass(frozen=True)
class Address:
    """A numeric host, so that no name look-up can ever block Talon, and what comes before /v1."""

    host: str
    port: int
    path: str = ""

    @property
    def netloc(self) -> str:
        """Return host and port as they stand in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(url: str) -> Address:
    """Return the address in `url`, with or without /v1 at its end."""
    try:
        return _address(urlsplit(url.strip()))
    except ValueError:
        raise BadSetting(
            "Set user.claude_bridge_url to an address like http://127.0.0.1:8000."
        ) from None


def request_bytes(
    address: Address, method: str, path: str, key: str = "", body: Optional[dict[str, Any]] = None
) -> bytes:
    """Return one request; `path` begins with a slash, `key` is the bearer token, if any."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} {address.path}{path} HTTP/1.1",
        f"Host: {address.netloc}",
        "Accept: text/event-stream, application/json",
        *(() if body is None else ("Content-Type: application/json",)),
        f"Content-Length: {len(data)}",
        "Connection: close",
        *_authorization(key.strip()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + data


def _address(parts: SplitResult) -> Address:
    path = parts.path.rstrip("/").removesuffix("/v1")
    if parts.scheme != "http" or not (path.isascii() and path.isprintable()) or " " in path:
        raise ValueError(path)
    name = parts.hostname or ""
    host = "127.0.0.1" if name == "localhost" else str(ip_address(name))
    return Address(host, parts.port or 80, path)


def _authorization(key: str) -> list[str]:
    if not key:
        return []
    if not (key.isascii() and key.isprintable()):
        raise BadSetting("Set user.claude_api_key to a key of plain letters and digits.")
    return [f"Authorization: Bearer {key}"]

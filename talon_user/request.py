"""Makes the request for one question: where it goes and its bytes."""

import json
from dataclasses import dataclass
from ipaddress import ip_address
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


def chat_request(address: Address, api_key: str, prompt: str) -> bytes:
    """Return the bytes that ask for a streamed chat completion."""
    body = {
        "model": "default",
        "stream": True,
        "messages": [{"role": "user", "content": prompt}],
    }
    data = json.dumps(body).encode()
    lines = [
        f"POST {address.path}/v1/chat/completions HTTP/1.1",
        f"Host: {address.netloc}",
        "Content-Type: application/json",
        "Accept: text/event-stream",
        f"Content-Length: {len(data)}",
        "Connection: close",
        *_authorization(api_key.strip()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + data


def _address(parts: SplitResult) -> Address:
    path = parts.path.rstrip("/").removesuffix("/v1")
    if parts.scheme != "http" or not (path.isascii() and path.isprintable()) or " " in path:
        raise ValueError(path)
    name = parts.hostname or ""
    host = "127.0.0.1" if name == "localhost" else str(ip_address(name))
    return Address(host, parts.port or 80, path)


def _authorization(api_key: str) -> list[str]:
    if not api_key:
        return []
    if not (api_key.isascii() and api_key.isprintable()):
        raise BadSetting("Set user.claude_api_key to a key of plain letters and digits.")
    return [f"Authorization: Bearer {api_key}"]

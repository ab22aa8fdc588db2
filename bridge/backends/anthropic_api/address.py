"""Where Claude's API is, and the headers of each request to it, as a key and variables say.

It is read without the `anthropic` SDK, whose import takes a second and 44 MB; a test compares both.
https://platform.claude.com/docs/en/api/overview
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from yarl import URL

from bridge import __version__
from bridge.errors import NotSignedIn, UpstreamUnreachable
from bridge.keys import NamedKey

_BASE_URL = "https://api.anthropic.com"
_API_VERSION = "2026-10-21"
"""The version whose requests and events `translate` is written for."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A name of a header: https://www.rfc-editor.org/rfc/rfc9110#name-tokens"""


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """`base` is the URL in front of `/v1/…`; the names of `headers` are in lower case."""

    base: URL
    headers: Mapping[str, str]
    secret: str
    """The key or the token."""

    def find(self, path: str) -> URL:
        """Return the URL of a path such as `/v1/messages`."""
        return self.base.with_path(self.base.path.rstrip("/") + path)

    def hide_secret(self, text: str) -> str:
        """Return a text of upstream without the key: a gateway may quote the request."""
        return text.replace(self.secret, "…") if self.secret else text


def build_address(key: NamedKey | None, environ: Mapping[str, str]) -> ApiAddress:
    """Return the address for a key, or for the key or token in the environment.

    Raises NotSignedIn for headers that cannot be sent, and UpstreamUnreachable for a base URL that
    is none.
    """
    base = _read_base_url(environ.get("ANTHROPIC_BASE_URL", "").strip() or _BASE_URL)
    secret = key.secret if key is not None else _find_secret(environ)
    headers = {
        "accept": "application/json",
        "content-type": "application/json",
        "user-agent": f"claude-bridge/{__version__}",
        "anthropic-version": _API_VERSION,
        "authorization": f"Bearer {secret}",
        # A compressed stream arrives in larger pieces, and so later.
        "accept-encoding": "identity",
        **_read_custom_headers(environ.get("ANTHROPIC_CUSTOM_HEADERS", "")),
        **_read_login(base),
    }
    _check_headers(headers)
    return ApiAddress(base.with_user(None), headers, secret)


def _find_secret(environ: Mapping[str, str]) -> str:
    return environ.get("ANTHROPIC_API_KEY") or environ.get("ANTHROPIC_AUTH_TOKEN") or ""


def _read_base_url(text: str) -> URL:
    try:
        url = URL(text)
        if url.scheme in ("http", "https") and url.host:
            return url
        problem = "it must begin with http:// or https://"
    except ValueError as error:
        problem = str(error)
    raise UpstreamUnreachable(f"ANTHROPIC_BASE_URL is no address of Claude's API: {problem}.")


def _read_login(base: URL) -> dict[str, str]:
    """Return the header for a user name in the URL, as of a gateway with a password."""
    if base.user is None:
        return {}
    login = f"{base.user}:{base.password or ''}".encode()
    return {"authorization": f"Basic {base64.b64encode(login).decode()}"}


def _read_custom_headers(text: str) -> dict[str, str]:
    """Read lines of `Name: value`."""
    lines = (line.partition(":") for line in text.split("\n"))
    return {name.strip().lower(): value.strip() for name, colon, value in lines if colon}


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise NotSignedIn("A name in ANTHROPIC_CUSTOM_HEADERS is no name of a header.")
        if any(character < " " or character == "\x7f" for character in value):
            raise NotSignedIn(
                f"The header `{name}` for Claude's API contains a control character, such as a "
                "line break, and cannot be sent. Set the key again without it."
            )

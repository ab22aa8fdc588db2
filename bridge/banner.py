"""What a terminal shows when the bridge has started."""

from __future__ import annotations

_TITLE = "Claude OpenAI Bridge"
_NO_KEY = "any text (this bridge requires none)"
_WITH_KEY = "an access key; for a new one: claude-bridge key set bridge --generate"


def format_banner(
    version: str,
    url: str,
    connection: str,
    *,
    needs_key: bool | None = None,
    how_to_quit: str,
    how_to_stay: str,
) -> str:
    """Return the lines that a new user needs: addresses, the connection to Claude, what next.

    `url` is the server's address without a path; `connection` is a phrase or sentences; without
    `needs_key` there is no line about access keys.
    """
    key = [] if needs_key is None else [("API key", _WITH_KEY if needs_key else _NO_KEY)]
    rows = (
        ("API", f"{url}/v1"),
        *key,
        ("Dashboard", f"claude-bridge dashboard ({url})"),
        ("Claude", f"{connection[:1].upper()}{connection[1:]}"),
        ("Quit", how_to_quit),
        ("Keep running", how_to_stay),
    )
    lines = (f"  {label.ljust(12)}  {text}" for label, text in rows)
    return "\n".join((f"{_TITLE} {version}", *lines))


def describe_connection(active: str | None, reason: str, hint: str | None) -> str:
    """Return the state of the connection to Claude, from the parts of `/health`."""
    if active is not None:
        return reason
    return f"Not connected. {hint or reason}"

"""Opens the bridge's own pages, with the token that lets them change it."""

from __future__ import annotations

import webbrowser
from pathlib import Path


def page_url(url: str, token: str, page: str = "/") -> str:
    """Behind the # it goes to no server and into no log; the page takes it out of the address."""
    return f"{url}{page}#token={token}" if token else f"{url}{page}"


def read_token(path: Path) -> str:
    """The control token, or nothing where no server was ever started."""
    try:
        return path.read_text("ascii").strip()
    except OSError:
        return ""


def open_page(url: str, token: str, page: str = "/") -> bool:
    """Whether a browser could be told to."""
    return webbrowser.open(page_url(url, token, page))

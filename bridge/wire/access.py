"""Response types of the endpoints that give a browser access, and that prove who answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge.wire.doc import Doc


@dataclass(frozen=True, kw_only=True)
class IssuedTicket:
    """A one-time ticket; the page that it is for redeems it for a session token."""

    ticket: str


@dataclass(frozen=True, kw_only=True)
class IssuedCode:
    """A one-time code; the user types it into a page of the bridge, to unlock it."""

    code: Annotated[str, Doc("Such as `K7QM-2XDR`; shown to the user only.")]
    seconds: Annotated[float, Doc("How long it is valid.")]


@dataclass(frozen=True, kw_only=True)
class RedirectFile:
    """A file that opens a page of the dashboard, with access to its controls."""

    file: Annotated[str, Doc("Path of an HTML file, which exists until it was used, or a minute.")]


@dataclass(frozen=True, kw_only=True)
class SignedOut:
    """`POST /control/sign-out`: what was ended."""

    sessions: Annotated[int, Doc("How many pages were signed out.")]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """`POST /proof`: the server has the control token, which this does not show."""

    proof: Annotated[
        str,
        Doc('HMAC-SHA256 of "claude-bridge control|NONCE|HOST:PORT" with the token, in hex.'),
    ]

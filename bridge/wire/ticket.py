"""Response type of `POST /control/tickets`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class IssuedTicket:
    """A one-time ticket; a page of the dashboard redeems it for the control token."""

    ticket: str

"""The recorded requests of one conversation."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.inspect.exchange import Exchange
from bridge.inspect.prefix import find_first_message

MOST_REQUESTS = 30
"""Of one conversation; each has all messages before it."""


def list_conversation(earlier: Sequence[Exchange], exchange: Exchange) -> list[Exchange]:
    """Return the requests of the same client that begin with the same message, this one the last.

    Of many, only the last ones.
    """
    first = find_first_message(exchange)
    if first is None:
        return [exchange]
    request = exchange.request
    same = [
        other
        for other in earlier
        if (other.request.client, other.request.key) == (request.client, request.key)
        and find_first_message(other) == first
    ]
    return [*same, exchange][-MOST_REQUESTS:]


def has_answer(exchange: Exchange, response: str) -> bool:
    """Return whether an exchange's answer is the response of an id."""
    return any(response.encode() in moment.data for moment in exchange.written)

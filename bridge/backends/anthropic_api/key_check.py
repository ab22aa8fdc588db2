"""Check an Anthropic API key with one free request, before it is saved."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from bridge.backends.anthropic_api.address import build_address
from bridge.backends.anthropic_api.errors import read_error_object
from bridge.errors import BridgeError, UpstreamUnreachable
from bridge.keys import NamedKey

if TYPE_CHECKING:
    from bridge.backends.anthropic_api.transport import DirectSender

SECONDS = 6.0
"""Time limit of the whole check: the user waits for it."""

NEW_KEY = "Copy the key again, or create another one at platform.claude.com."


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """The result; `words` are a phrase: upstream's own, or why the key could not be checked."""

    state: Literal["accepted", "rejected", "unchecked"]
    words: str = ""
    is_offline: bool = False
    """Whether there was no connection to Anthropic."""

    def describe(self) -> str:
        """Return the result as sentences for the user."""
        match self.state:
            case "accepted":
                return "Anthropic accepted the key."
            case "rejected":
                return f"Anthropic rejected the key: {self.words}. {NEW_KEY}"
            case "unchecked":
                return f"The key is unchecked: {self.words}. The first request will check it."


def has_own_upstream() -> bool:
    """Return whether requests go to a gateway, whose keys may look different."""
    return bool(os.environ.get("ANTHROPIC_BASE_URL", "").strip())


async def check_key(secret: str, seconds: float = SECONDS) -> KeyCheck:
    """Ask Anthropic for one entry of its list of models, which costs nothing.

    Only a 401, or a 403 in the API's own format, is about the key. After anything else, such as no
    network, a limit, or the page of a proxy, the key is `unchecked`.
    """
    try:
        # The certificates are read before the clock starts.
        sender = await _make_sender(secret, seconds)
    except BridgeError as error:
        return KeyCheck("unchecked", error.message)
    try:
        async with asyncio.timeout(seconds):
            result = await _try_key(sender)
    except TimeoutError:
        return KeyCheck("unchecked", f"Anthropic did not respond within {seconds:.0f} s")
    finally:
        await sender.close()
    # A gateway may repeat the key in its error.
    words = result.words.replace(secret, "…").strip().removesuffix(".")
    return replace(result, words=words)


async def _make_sender(secret: str, seconds: float) -> DirectSender:
    # Imported on use: it loads aiohttp's client.
    from bridge.backends.anthropic_api.tls import get_tls_context
    from bridge.backends.anthropic_api.transport import DirectSender

    address = build_address(NamedKey("new", secret), os.environ)
    return DirectSender(address, seconds, await asyncio.to_thread(get_tls_context))


async def _try_key(sender: DirectSender) -> KeyCheck:
    try:
        answer = await sender.try_key()
    except BridgeError as error:
        return KeyCheck("unchecked", error.message, isinstance(error, UpstreamUnreachable))
    text = answer.body.decode(errors="replace")
    if not 200 <= answer.status < 300:
        return _judge_refusal(answer.status, text)
    if _lists_models(text):
        return KeyCheck("accepted")
    return KeyCheck("unchecked", "something other than Anthropic's API answered")


def _judge_refusal(status: int, text: str) -> KeyCheck:
    words = (read_error_object(text.encode())[1] if _is_json(text) else None) or ""
    if status == 401 or (status == 403 and _is_json(text)):
        return KeyCheck("rejected", words or f"status {status}")
    return KeyCheck("unchecked", f"the answer was status {status}{words and f': {words}'}")


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _lists_models(text: str) -> bool:
    # Whoever answers in place of Anthropic, such as the page of a hotel's network, may say 200.
    return _is_json(text) and isinstance(json.loads(text).get("data"), list)

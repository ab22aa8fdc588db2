"""Check an Anthropic API key with one free request, before it is saved."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from bridge.errors import BridgeError

if TYPE_CHECKING:
    import anthropic
    from anthropic import AsyncAnthropic

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
    # The SDK is loaded before the clock starts: that takes seconds on a slow computer.
    client = await asyncio.to_thread(_make_client, secret, seconds)
    try:
        async with asyncio.timeout(seconds), client:
            result = await _list_one_model(client)
    except TimeoutError:
        return KeyCheck("unchecked", f"Anthropic did not respond within {seconds:.0f} s")
    # A gateway may repeat the key in its error.
    words = result.words.replace(secret, "…").strip().removesuffix(".")
    return replace(result, words=words)


async def _list_one_model(client: AsyncAnthropic) -> KeyCheck:
    import anthropic

    from bridge.backends.anthropic_api import sdk_errors

    try:
        with sdk_errors.translate_errors():
            response = await client.models.with_raw_response.list(limit=1)
            text = await response.text()
    except BridgeError as error:
        cause = error.__cause__
        if isinstance(cause, anthropic.APIStatusError):
            return _judge_refusal(cause)
        is_offline = isinstance(cause, anthropic.APIConnectionError) and not isinstance(
            cause, anthropic.APITimeoutError
        )
        return KeyCheck("unchecked", error.message, is_offline)
    if _lists_models(text):
        return KeyCheck("accepted")
    return KeyCheck("unchecked", "something other than Anthropic's API answered")


def _judge_refusal(error: anthropic.APIStatusError) -> KeyCheck:
    is_from_api = error.type is not None or _is_json(error.response.text)
    status, words = error.status_code, (error.api_message if is_from_api else None) or ""
    if status == 401 or (status == 403 and is_from_api):
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


def _make_client(secret: str, seconds: float) -> AsyncAnthropic:
    from anthropic import AsyncAnthropic, DefaultAioHttpClient

    from bridge.backends.anthropic_api.tls import get_tls_context

    return AsyncAnthropic(
        api_key=secret,
        # A redirect would take the API key to whatever address it names.
        http_client=DefaultAioHttpClient(follow_redirects=False, verify=get_tls_context()),
        max_retries=0,
        timeout=seconds,
    )

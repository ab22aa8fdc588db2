"""`claude-bridge ask`: ask Claude one question, and print the answer as it arrives."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from bridge.cli.client import BridgeClient, ClientError, open_client
from bridge.cli.exit_codes import ExitCode
from bridge.cli.locate import add_address_flags
from bridge.cli.text import clean, print_error
from bridge.errors import SettingsError

_ENDINGS = {
    "length": "The answer is cut off: it reached the longest length of the model.",
    "content_filter": "Claude declined to answer.",
}
"""What to say about a `finish_reason` other than `stop`; both are failures for a script."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ask`."""
    parser.epilog = (
        "Text from a pipe is the context: git diff | claude-bridge ask 'Write a commit message.' "
        "The answer goes to stdout, everything else to stderr."
    )
    parser.add_argument("prompt", nargs="*", help="the question; without it, the text from a pipe")
    parser.add_argument(
        "--model", default="default", help="the model to ask (default: the active one)"
    )
    add_address_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask, and print the answer; return the exit code. Raises ClientError."""
    message = _build_message(" ".join(arguments.prompt).strip(), _read_pipe())
    body = {
        "model": arguments.model,
        "messages": [{"role": "user", "content": message}],
        "stream": True,
    }
    # Closing the connection ends the answer, also after Ctrl+C.
    with closing(open_client(arguments)) as client:
        reason = _print_answer(_stream_chunks(client, body))
    if ending := _ENDINGS.get(reason):
        print_error(ending)
    return ExitCode.OK if reason == "stop" else ExitCode.ERROR


def _read_pipe() -> str:
    """Return what is piped into the command; empty at a terminal."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    # A pipe may have bytes that are not text, such as those of a binary diff.
    return sys.stdin.buffer.read().decode("utf-8", "replace").strip()


def _build_message(prompt: str, context: str) -> str:
    """Return the user's message: the context, then the question. Raises SettingsError."""
    if not prompt and not context:
        raise SettingsError('nothing to ask. Try: claude-bridge ask "How do I undo a commit?"')
    # The question last: Claude reads long documents better before it.
    return "\n\n".join(part for part in (context, prompt) if part)


def _stream_chunks(client: BridgeClient, body: Mapping[str, Any]) -> Iterator[Any]:
    for chunk in client.stream_events("/v1/chat/completions", body, on_notice=_print_notice):
        if error := chunk.get("error"):
            # What has arrived stays on the screen; the message begins on a line of its own.
            print(flush=True)
            raise ClientError(str(error["message"]))
        yield chunk


def _print_notice(notice: str) -> None:
    print_error(f"Note: {notice}")


def _print_answer(chunks: Iterator[Any]) -> str:
    """Print the text of the chunks as it arrives; return why the answer ended."""
    reason, last = "", ""
    for chunk in chunks:
        for choice in chunk["choices"]:
            text = clean(choice["delta"].get("content") or "")
            print(text, end="", flush=True)
            last = text or last
            reason = choice["finish_reason"] or reason
    if not last.endswith("\n"):
        print(flush=True)
    return reason

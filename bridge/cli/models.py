"""`claude-bridge models`: list the models that clients can ask for."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from bridge.cli.client import open_client
from bridge.cli.exit_codes import ExitCode
from bridge.cli.locate import add_address_flags
from bridge.cli.text import clean_line
from bridge.models.rules import ECHO

_TIMEOUT_SECONDS = 60.0
"""The first list may be fetched from Anthropic."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `models`."""
    parser.add_argument("--json", action="store_true", help="print the bridge's answer as JSON")
    add_address_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print one model a line; return the exit code. Raises ClientError."""
    with closing(open_client(arguments, timeout=_TIMEOUT_SECONDS)) as client:
        answer = client.send("GET", "/v1/models").json()
    if arguments.json:
        print(json.dumps(answer, indent=2))
        return ExitCode.OK
    models = answer["data"]
    width = max((len(clean_line(model["id"])) for model in models), default=0)
    for model in models:
        print(f"{clean_line(model['id']).ljust(width)}  {_describe_model(model)}".rstrip())
    return ExitCode.OK


def _describe_model(model: Mapping[str, Any]) -> str:
    if alias_of := model.get("alias_of"):
        return f"stands for {clean_line(alias_of)}"
    parts = []
    if model.get("id") == ECHO:
        parts.append("repeats your message, to test a client; not Claude")
    if model.get("type") == "embedding":
        parts.append("for embeddings")
    if context := model.get("max_input_tokens"):
        parts.append(f"context {context:,} tokens")
    if output := model.get("max_output_tokens"):
        parts.append(f"answer at most {output:,}")
    if retires := model.get("retires"):
        parts.append(f"retires on {clean_line(retires)}")
    return ", ".join(parts)

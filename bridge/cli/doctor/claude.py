"""Checks of what connects to Claude: Claude Code's sign-in, the keyring and the API keys."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from bridge.cli.doctor.report import Check, State
from bridge.errors import SettingsError
from bridge.keys import KeyChain, KeysUnreadable
from bridge.paths import find_paths
from bridge.running import list_servers
from bridge.settings import load_settings

_VARIABLE = "ANTHROPIC_API_KEY"


def check_claude_code(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Ask Claude Code whether the user is signed in."""
    from bridge.backends.claude_code.command import ADD_HINT, find_bundled_cli
    from bridge.backends.claude_code.sign_in.status import SignInStatusReader

    cli = _find_configured_cli() or find_bundled_cli()
    if cli is None:
        state: State = "note" if _has_other_way() else "fail"
        yield Check("Sign-in", state, "Claude Code is not installed", ADD_HINT)
        return
    reader = SignInStatusReader(cli, os.environ, find_paths().claude_code)
    result = asyncio.run(reader.get_status())
    if result.problem is not None:
        text = f"Claude Code can't be used: {result.problem}"
        yield Check("Sign-in", "warn", text, result.hint or "")
    elif result.signed_in:
        yield Check("Sign-in", "ok", f"signed in to Claude Code ({result.method})")
    # A server that runs and is not connected has failed the check before this one.
    elif _has_other_way() or list_servers(find_paths().data):
        yield Check("Sign-in", "note", "not signed in to Claude Code")
    else:
        text = "not connected to Claude: not signed in to Claude Code, and no API key"
        fix = "claude-bridge login, or: claude-bridge key set anthropic"
        yield Check("Sign-in", "fail", text, fix)


def _has_other_way() -> bool:
    """Return whether there may be an answer without a sign-in: by a key, a cloud or the echo."""
    try:
        settings = load_settings()
        keys = KeyChain(find_paths().data).load()
    except SettingsError:
        # Both have a check of their own.
        return True
    has_key = bool(keys.anthropic or os.environ.get(_VARIABLE, "").strip())
    return has_key or bool(settings.clouds) or settings.backend == "offline"


def _find_configured_cli() -> Path | None:
    try:
        path = load_settings().claude_cli
    except SettingsError:
        # The check of the settings has said it.
        return None
    return None if path == "bundled" else Path(path)


def check_keyring(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Report where keys are stored."""
    import keyring

    backend = keyring.get_keyring()
    if float(getattr(backend, "priority", 0)) > 0:
        yield Check("Keyring", "ok", backend.name)
    else:
        file = find_paths().data / "keys.json"
        yield Check("Keyring", "note", f"none; keys are stored in {file}, for you alone")


def check_keys(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Ask Anthropic whether it accepts the API keys."""
    try:
        keys = KeyChain(find_paths().data).load()
    except KeysUnreadable as error:
        yield Check("API keys", "fail", str(error))
        return
    secrets = {f"“{key.name}”": key.secret for key in keys.anthropic}
    if variable := os.environ.get(_VARIABLE, "").strip():
        secrets[_VARIABLE] = variable
    if not secrets:
        yield Check("API keys", "note", "none for Anthropic")
    for name, secret in secrets.items():
        yield _check_key(name, secret)
    count = len(keys.bridge)
    text = f"{count} saved; clients must send one" if count else "none; clients may send any text"
    yield Check("Access keys", "ok", text)


def _check_key(name: str, secret: str) -> Check:
    from bridge.backends.anthropic_api.key_check import NEW_KEY, check_key

    check = asyncio.run(check_key(secret))
    match check.state:
        case "accepted":
            return Check("API keys", "ok", f"{name}: Anthropic accepted it")
        case "rejected":
            return Check("API keys", "fail", f"{name}: rejected: {check.words}", NEW_KEY)
        case "unchecked":
            fix = "Check your network, and run this again."
            return Check("API keys", "warn", f"{name}: could not be checked: {check.words}", fix)

"""Which credential is used, with and without the SDK."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from bridge.backends.anthropic_api.backend import MessagesApiBackend
from bridge.backends.anthropic_api.credential_source import (
    API_KEY,
    AUTH_TOKEN,
    find_given,
    may_have_profile,
)
from bridge.errors import UpstreamUnreachable

SECRETS = (None, "", "secret")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize(("api_key", "token"), list(product(SECRETS, SECRETS)))
async def test_the_sdk_uses_what_is_given(
    api_key: str | None, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from anthropic import AsyncAnthropic

    for name, secret in (("ANTHROPIC_API_KEY", api_key), ("ANTHROPIC_AUTH_TOKEN", token)):
        if secret is not None:
            monkeypatch.setenv(name, secret)

    async with AsyncAnthropic() as client:
        used = API_KEY if client.api_key else AUTH_TOKEN if client.auth_token else None
        assert find_given(None, os.environ) == used


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"ANTHROPIC_PROFILE": "work"},
        {"ANTHROPIC_CONFIG_DIR": "claude"},
        {"ANTHROPIC_FEDERATION_RULE_ID": "rule", "ANTHROPIC_ORGANIZATION_ID": "organization"},
    ],
    ids=lambda variables: next(iter(variables), "none"),
)
@pytest.mark.parametrize("folder", [False, True])
def test_the_sdk_finds_a_profile_only_where_there_may_be_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: bool
) -> None:
    from anthropic import AnthropicError
    from anthropic.lib.credentials import default_credentials

    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ANTHROPIC_IDENTITY_TOKEN", "token")
    if folder:
        profile = home / ".config" / "anthropic" / "configs" / "default.json"
        profile.parent.mkdir(parents=True)
        profile.write_text("{}")

    try:
        is_found = default_credentials() is not None
    except AnthropicError:
        # A profile that cannot be used is found, too.
        is_found = True

    assert may_have_profile(os.environ) or not is_found
    assert may_have_profile(os.environ) == (folder or bool(variables))


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ANTHROPIC_API_KEY": "sk-ant-x"}, "ANTHROPIC_API_KEY is set, not checked yet"),
        ({}, "no Anthropic API key found"),
    ],
    ids=["key", "none"],
)
def test_the_state_of_a_key_needs_no_sdk(environ: dict[str, str], words: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from bridge.backends.anthropic_api.backend import MessagesApiBackend\n"
        "backend = MessagesApiBackend(60.0, lambda _: None)\n"
        "print(asyncio.run(backend.readiness()))\n"
        "asyncio.run(backend.warm())\n"
        "sys.exit('anthropic' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert words in ended.stdout


async def test_certificates_that_cannot_be_read_are_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-x")
    monkeypatch.setenv("SSL_CERT_FILE", str(home / "missing.pem"))
    backend = MessagesApiBackend(60.0, lambda part, type: None)

    with pytest.raises(UpstreamUnreachable, match=r"SSL_CERT_FILE is .*missing\.pem"):
        await backend.models()

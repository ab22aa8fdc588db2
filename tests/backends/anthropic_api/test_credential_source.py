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
    find_in_client,
)
from bridge.keys import NamedKey

KEYS = (None, NamedKey("work", "sk-ant-work"))
SECRETS = (None, "", "secret")


@pytest.mark.parametrize(("key", "api_key", "token"), list(product(KEYS, SECRETS, SECRETS)))
async def test_what_is_found_without_the_sdk_is_what_the_sdk_uses(
    key: NamedKey | None,
    api_key: str | None,
    token: str | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    from anthropic import AsyncAnthropic

    monkeypatch.setenv("HOME", str(tmp_path))
    for name, secret in (("ANTHROPIC_API_KEY", api_key), ("ANTHROPIC_AUTH_TOKEN", token)):
        monkeypatch.delenv(name, raising=False)
        if secret is not None:
            monkeypatch.setenv(name, secret)

    async with AsyncAnthropic(api_key=key.secret if key is not None else None) as client:
        assert find_given(key, os.environ) == find_in_client(key, client)


def test_a_key_comes_before_a_token() -> None:
    both = {"ANTHROPIC_API_KEY": "a", "ANTHROPIC_AUTH_TOKEN": "b"}
    assert find_given(None, both) is API_KEY
    assert find_given(None, {"ANTHROPIC_AUTH_TOKEN": "b"}) is AUTH_TOKEN


def test_the_state_of_a_key_needs_no_sdk() -> None:
    code = (
        "import asyncio, sys\n"
        "from bridge.backends.anthropic_api.backend import MessagesApiBackend\n"
        "backend = MessagesApiBackend(60.0, lambda _: None)\n"
        "print(asyncio.run(backend.readiness()))\n"
        "sys.exit('anthropic' in sys.modules)"
    )
    environ = {**os.environ, "ANTHROPIC_API_KEY": "sk-ant-x"}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert "ANTHROPIC_API_KEY is set, not checked yet" in ended.stdout


async def test_a_key_that_the_sdk_cannot_use_is_not_ready_from_then_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-x")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    backend = MessagesApiBackend(60.0, lambda _: None)
    assert (await backend.readiness()).ready

    with pytest.raises(FileNotFoundError):
        await backend.models()

    with pytest.raises(FileNotFoundError):
        await backend.readiness()

"""Keys are stored in the keyring or a private file, never shown, and checked on requests."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import keyring
import keyring.backend
import keyring.errors
import openai
import pytest
from openai import AsyncOpenAI

from bridge.errors import SettingsError
from bridge.keys import KeyChain, Keys, NamedKey
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.conftest import StartBridge

WORK = NamedKey("work", "sk-ant-1234567890abcd")
OWN = NamedKey("default", "cb-own-key")


class Memory(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1
    entries: dict[tuple[str, str], str]
    locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked("locked")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Memory:
    memory = Memory()  # type: ignore[no-untyped-call]  # keyring has no types
    memory.entries = {}
    monkeypatch.setattr(keyring, "get_keyring", lambda: memory)
    monkeypatch.setattr(keyring, "get_password", memory.get_password)
    monkeypatch.setattr(keyring, "set_password", memory.set_password)
    return memory


def test_a_key_is_in_no_repr() -> None:
    assert repr(WORK) == "NamedKey(name='work')"
    assert WORK.hint == "…abcd"


def test_without_a_keyring_keys_are_stored_in_a_private_file(tmp_path: Path) -> None:
    chain = KeyChain(tmp_path / "data")
    keys = Keys().with_key("anthropic", WORK).with_key("bridge", OWN)
    assert chain.save(keys) == str(tmp_path / "data" / "keys.json")
    assert KeyChain(tmp_path / "data").load() == keys
    if sys.platform != "win32":
        assert stat.S_IMODE(os.stat(tmp_path / "data" / "keys.json").st_mode) == 0o600


def test_with_a_keyring_no_file_contains_the_keys(tmp_path: Path, ring: Memory) -> None:
    chain = KeyChain(tmp_path)
    assert chain.save(Keys(anthropic=(WORK,))) == "the system's keyring"
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("keys-kept", "")]
    assert chain.load() == Keys(anthropic=(WORK,))
    chain.save(Keys())
    assert list(tmp_path.iterdir()) == []


def test_the_keyring_is_not_read_while_there_are_no_keys(tmp_path: Path, ring: Memory) -> None:
    ring.locked = True
    assert KeyChain(tmp_path).load() == Keys()


def test_keys_move_from_the_file_into_a_new_keyring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    KeyChain(tmp_path).save(Keys(anthropic=(WORK,)))
    request.getfixturevalue("ring")
    chain = KeyChain(tmp_path)
    keys = chain.load()
    assert keys == Keys(anthropic=(WORK,))
    chain.save(keys)
    assert not (tmp_path / "keys.json").exists()


def test_a_locked_keyring_does_not_disable_access_control(tmp_path: Path, ring: Memory) -> None:
    chain = KeyChain(tmp_path)
    chain.save(Keys(anthropic=(WORK,)))
    ring.locked = True
    assert chain.load() == Keys()
    ring.locked = False
    chain.save(Keys(bridge=(OWN,)))
    ring.locked = True
    with pytest.raises(SettingsError, match="cannot read the keyring"):
        chain.load()


def test_a_key_replaces_one_of_the_same_name() -> None:
    other = NamedKey("work", "sk-ant-other")
    keys = Keys().with_key("anthropic", WORK).with_key("anthropic", other)
    assert keys == Keys(anthropic=(other,))
    assert keys.without("anthropic", "work") == Keys()


def run_key(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bridge", "key", *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_sets_lists_and_removes() -> None:
    assert run_key("list").stdout == "No saved keys.\n"
    saved = run_key("set", "anthropic", "--name", "work", stdin=f"{WORK.secret}\n")
    place = find_paths().data / "keys.json"
    assert (saved.returncode, saved.stderr) == (0, f"Saved to {place} as “work” (anthropic).\n")
    listed = run_key("list").stdout
    assert listed.split() == ["anthropic", "work", "…abcd"]
    assert WORK.secret not in listed
    made = run_key("set", "bridge", "--generate")
    assert KeyChain(find_paths().data).load().bridge[0].secret == made.stdout.strip()
    assert run_key("remove", "anthropic", "--name", "work").returncode == 0
    assert run_key("remove", "anthropic", "--name", "work").stderr == (
        "claude-bridge: no key is saved as “work” for anthropic\n"
    )


@pytest.mark.parametrize("typed", ["", "\n", "two words\n", "schlüssel\n"])
def test_an_invalid_key_is_not_saved(typed: str) -> None:
    result = run_key("set", "anthropic", stdin=typed)
    assert result.returncode == 2
    assert "not a valid key" in result.stderr


async def models(bridge: Bridge, key: str) -> Any:
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key=key, max_retries=0) as client:
        return await client.models.list()


async def test_a_bridge_with_an_access_key_requires_it(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    assert (await models(bridge, "anything")).data
    await asyncio.to_thread(KeyChain(find_paths().data).save, Keys(bridge=(OWN,)))
    await bridge.keys.reload()
    assert (await models(bridge, OWN.secret)).data
    for wrong in ("anything", "cb-own-ke", "cb-own-keyy"):
        with pytest.raises(openai.AuthenticationError, match="requires an access key") as caught:
            await models(bridge, wrong)
        assert caught.value.code == "invalid_api_key"


def test_a_public_address_needs_an_access_key() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "bridge", "serve", "--host", "0.0.0.0", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2
    assert "claude-bridge key set bridge --generate" in result.stderr


async def test_claude_code_is_not_offered_on_a_public_address(start_bridge: StartBridge) -> None:
    await asyncio.to_thread(KeyChain(find_paths().data).save, Keys(bridge=(OWN,)))
    bridge = await start_bridge(host="0.0.0.0", backend="claude-code")
    status = await bridge.selection.get_status()
    assert status.active is None
    assert "while the bridge listens on 127.0.0.1" in status.reason


@pytest.mark.parametrize("path", ["/usage", "/metrics"])
async def test_usage_and_metrics_need_the_access_key(start_bridge: StartBridge, path: str) -> None:
    keys = Keys(bridge=(OWN,))
    await asyncio.to_thread(KeyChain(find_paths().data).save, keys)
    bridge = await start_bridge(backend="offline")
    async with aiohttp.ClientSession() as session:
        for key, status in (("", 401), ("other", 401), (OWN.secret, 200)):
            headers = {"Authorization": f"Bearer {key}"}
            async with session.get(bridge.url + path, headers=headers) as answer:
                assert answer.status == status
        headers = {"Authorization": f"Bearer {bridge.control_token}"}
        async with session.get(bridge.url + path, headers=headers) as answer:
            assert answer.status == 200
        async with session.get(f"{bridge.url}/v1/models", headers=headers) as answer:
            assert answer.status == 200
        async with session.get(f"{bridge.url}/v1/responses/x", headers=headers) as answer:
            assert answer.status == 404

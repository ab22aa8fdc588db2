"""Keys are stored in the keyring or a private file, never shown, and checked on requests."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
import keyring
import keyring.backend
import keyring.errors
import openai
import pytest
from keyring.backends import fail
from openai import AsyncOpenAI

from bridge.errors import SettingsError
from bridge.keys import KeyChain, Keys, KeysUnreadable, NamedKey
from bridge.keys.keyring_entry import KeyringEntry
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic

WORK = NamedKey("work", "sk-ant-1234567890abcd")
OWN = NamedKey("default", "cb-own-key")


class Memory(keyring.backend.KeyringBackend):
    """A keyring in memory, as odd as a test wants it."""

    priority = 1
    entries: dict[tuple[str, str], Any]
    failure: BaseException | None = None
    hangs: threading.Event | None = None
    """Reading waits for it, as for a user who has to type a password."""
    forgetful = False
    """Stores nothing, and reports a success."""

    def get_password(self, service: str, username: str) -> Any:
        if self.hangs is not None:
            self.hangs.wait(20)
        if self.failure is not None:
            raise self.failure
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if not self.forgetful:
            self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Memory:
    memory = Memory()  # type: ignore[no-untyped-call]  # keyring has no types
    memory.entries = {}
    monkeypatch.setattr(keyring, "get_keyring", lambda: memory)
    for name in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(keyring, name, getattr(memory, name))
    return memory


def list_files(folder: Path) -> set[str]:
    """Return the names of the files, but the lock's."""
    return {path.name for path in folder.iterdir()} - {"keys.lock"}


def test_a_key_is_in_no_repr() -> None:
    assert WORK.secret not in repr(WORK)
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
    assert list_files(tmp_path) == {"keys-kept"}
    assert (tmp_path / "keys-kept").read_text() == "keyring\n"
    assert chain.load() == Keys(anthropic=(WORK,))
    chain.save(Keys())
    assert list_files(tmp_path) == set()
    assert WORK.secret not in str(ring.entries)


def test_the_keyring_is_not_read_while_there_are_no_keys(tmp_path: Path, ring: Memory) -> None:
    ring.failure = keyring.errors.KeyringLocked("locked")
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


def test_the_file_of_a_session_without_a_keyring_is_newer_than_its_entry(
    tmp_path: Path, ring: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry of the desktop session is forgotten over SSH, and a key is saved there."""
    KeyChain(tmp_path).save(Keys(anthropic=(WORK,)))
    with monkeypatch.context() as over_ssh:
        over_ssh.setattr(keyring, "get_keyring", fail.Keyring)
        assert KeyChain(tmp_path).reset() == "this session has no keyring"
        KeyChain(tmp_path).save(Keys(bridge=(OWN,)))
    assert KeyChain(tmp_path).load() == Keys(bridge=(OWN,))


LOCKED = Keys(anthropic=(WORK,), bridge=(OWN,))


def lose_keyring(ring: Memory, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keyring, "get_keyring", fail.Keyring)


def raise_from_priority(ring: Memory, patch: pytest.MonkeyPatch) -> None:
    def get_keyring() -> Any:
        raise RuntimeError("no D-Bus")

    patch.setattr(keyring, "get_keyring", get_keyring)


def lock(ring: Memory, patch: pytest.MonkeyPatch) -> None:
    ring.failure = keyring.errors.KeyringLocked("locked")


def raise_another_error(ring: Memory, patch: pytest.MonkeyPatch) -> None:
    ring.failure = ValueError("odd")


def raise_timeout(ring: Memory, patch: pytest.MonkeyPatch) -> None:
    ring.failure = TimeoutError()


def hang(ring: Memory, patch: pytest.MonkeyPatch) -> None:
    ring.hangs = threading.Event()


def delete_entry(ring: Memory, patch: pytest.MonkeyPatch) -> None:
    ring.entries.clear()


def return_value(value: Any) -> Callable[[Memory, pytest.MonkeyPatch], None]:
    def damage(ring: Memory, patch: pytest.MonkeyPatch) -> None:
        (entry,) = ring.entries
        ring.entries[entry] = value

    return damage


DAMAGED_TEXTS = [
    "", " \n", "{", "[]", "null", "7", '"keys"', "{}", '{"other": 1}', "[" * 100_000,
    '{"bridge": null}', '{"bridge": {"a": "b"}}', '{"bridge": ["cb-own-key"]}',
    '{"bridge": [{"name": "default"}]}', '{"bridge": [{"name": "default", "secret": ""}]}',
    '{"bridge": [{"name": 1, "secret": "x"}]}', '{"bridge": []}', '{"anthropic": []}',
    '{"anthropic": [{"name": "work", "secret": "sk-ant-1"}]}',
]  # fmt: skip


@pytest.mark.parametrize(
    "damage",
    [
        lose_keyring, raise_from_priority, lock, raise_another_error, raise_timeout, hang,
        delete_entry, *map(return_value, [b"{}", 7, object(), *DAMAGED_TEXTS]),
    ],
)  # fmt: skip
def test_a_keyring_that_cannot_be_read_does_not_disable_access_control(
    tmp_path: Path,
    ring: Memory,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Memory, pytest.MonkeyPatch], None],
) -> None:
    KeyChain(tmp_path).save(LOCKED)
    damage(ring, monkeypatch)
    chain = KeyChain(tmp_path, KeyringEntry(0.2))
    assert chain.may_need_access_key()
    with pytest.raises(KeysUnreadable, match=r"cannot be read: .*key reset") as caught:
        chain.load()
    assert caught.value.access_required
    with pytest.raises(KeysUnreadable):
        chain.update(lambda keys: keys.with_key("anthropic", NamedKey("new", "sk-ant-new")))
    assert "key-required" in list_files(tmp_path)


def replace_by_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def replace_by_link(file: Path) -> None:
    file.rename(file.with_name("elsewhere.json"))
    file.symlink_to("elsewhere.json")


def replace_by_broken_link(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere")


def replace_by_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def let_others_write(file: Path) -> None:
    file.chmod(0o666)


def give_to_another_user(file: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")
    os.chown(file, 12345, 12345)


def write_text(text: str) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        file.write_text(text)

    return damage


DAMAGES: list[Callable[[Path], Any]] = [
    Path.unlink, replace_by_folder, replace_by_link, replace_by_broken_link, replace_by_pipe,
    let_others_write, give_to_another_user, lambda file: file.write_bytes(b"\xff\xfe"),
    *map(write_text, DAMAGED_TEXTS),
]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="modes and pipes of POSIX")
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_cannot_be_read_does_not_disable_access_control(
    tmp_path: Path, damage: Callable[[Path], Any]
) -> None:
    chain = KeyChain(tmp_path)
    chain.save(LOCKED)
    damage(tmp_path / "keys.json")
    assert chain.may_need_access_key()
    with pytest.raises(KeysUnreadable) as caught:
        chain.load()
    assert caught.value.access_required
    assert "key-required" in list_files(tmp_path)


@pytest.mark.parametrize("lost", [["key-required"], ["keys-kept"], ["keys-kept", "key-required"]])
def test_a_lost_mark_does_not_disable_access_control(tmp_path: Path, lost: list[str]) -> None:
    chain = KeyChain(tmp_path)
    chain.save(LOCKED)
    for name in lost:
        (tmp_path / name).unlink()
    assert chain.may_need_access_key()
    assert chain.load() == LOCKED
    (tmp_path / "keys.json").write_text("")
    with pytest.raises(KeysUnreadable) as caught:
        chain.load()
    assert caught.value.access_required


@pytest.mark.parametrize("name", ["key-required", "keys-kept"])
def test_a_damaged_mark_counts_as_set(tmp_path: Path, name: str) -> None:
    KeyChain(tmp_path).save(Keys(anthropic=(WORK,)))
    mark = tmp_path / name
    mark.unlink(missing_ok=True)
    mark.symlink_to("nowhere")
    assert KeyChain(tmp_path).may_need_access_key()
    with pytest.raises(KeysUnreadable) as caught:
        KeyChain(tmp_path).load()
    assert caught.value.access_required


def test_keys_without_an_access_key_require_none_when_they_cannot_be_read(
    tmp_path: Path, ring: Memory
) -> None:
    KeyChain(tmp_path).save(Keys(anthropic=(WORK,)))
    ring.failure = keyring.errors.KeyringLocked("locked")
    assert not KeyChain(tmp_path).may_need_access_key()
    with pytest.raises(KeysUnreadable, match="locked") as caught:
        KeyChain(tmp_path).load()
    assert not caught.value.access_required


def test_the_keys_of_the_version_before_are_read(tmp_path: Path, ring: Memory) -> None:
    """Its `keys-kept` was empty."""
    chain = KeyChain(tmp_path)
    chain.save(LOCKED)
    (tmp_path / "keys-kept").write_text("")
    assert chain.load() == LOCKED
    chain.save(LOCKED)
    assert (tmp_path / "keys-kept").read_text() == "keyring access-key\n"


def test_a_keyring_that_stores_nothing_is_not_used(tmp_path: Path, ring: Memory) -> None:
    ring.forgetful = True
    assert KeyChain(tmp_path).save(LOCKED) == str(tmp_path / "keys.json")
    assert KeyChain(tmp_path).load() == LOCKED


def test_a_first_key_that_cannot_be_saved_leaves_no_mark(tmp_path: Path) -> None:
    (tmp_path / "keys.json").mkdir()
    chain = KeyChain(tmp_path)
    with pytest.raises(SettingsError, match="cannot write"):
        chain.save(LOCKED)
    assert list_files(tmp_path) == {"keys.json"}


def test_only_removing_the_last_access_key_removes_the_mark(tmp_path: Path) -> None:
    chain = KeyChain(tmp_path)
    chain.save(LOCKED)
    chain.update(lambda keys: keys.without("anthropic", "work"))
    assert chain.may_need_access_key()
    chain.update(lambda keys: keys.without("bridge", "default"))
    assert not chain.may_need_access_key()
    assert chain.load() == Keys()


def test_two_processes_that_save_at_once_lose_no_key(tmp_path: Path) -> None:
    names = [f"key{number}" for number in range(8)]

    def add(name: str) -> None:
        key = NamedKey(name, f"cb-{name}")
        KeyChain(tmp_path).update(lambda keys: keys.with_key("bridge", key))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, names))
    assert sorted(key.name for key in KeyChain(tmp_path).load().bridge) == names


def test_reset_forgets_keys_that_cannot_be_read(tmp_path: Path) -> None:
    chain = KeyChain(tmp_path)
    chain.save(LOCKED)
    (tmp_path / "keys.json").write_text("{")
    assert chain.reset() is None
    assert chain.load() == Keys()
    assert not chain.may_need_access_key()


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
    assert run_key("list").stdout.startswith("No saved keys.")
    saved = run_key("set", "anthropic", "--name", "work", stdin=f"{WORK.secret}\n")
    place = find_paths().data / "keys.json"
    assert saved.returncode == 0
    assert saved.stderr.startswith(
        f"Saved to {place} as “work” (anthropic). The key is unchecked: Cannot connect to "
    )
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


def test_a_key_is_not_saved_where_the_others_cannot_be_read() -> None:
    chain = KeyChain(find_paths().data)
    chain.save(LOCKED)
    (find_paths().data / "keys.json").write_text("")
    result = run_key("set", "anthropic", stdin="sk-ant-new\n")
    assert (result.returncode, "it is empty" in result.stderr) == (2, True)
    assert run_key("reset").stderr.endswith("To confirm, add --yes\n")
    assert chain.may_need_access_key()
    assert run_key("reset", "--yes").stderr == "All saved keys are forgotten.\n"
    assert not chain.may_need_access_key()


async def test_the_command_checks_a_key_before_it_saves_it(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    wrong = await asyncio.to_thread(run_key, "set", "anthropic", stdin="sk-ant-wrong\n")
    assert wrong.returncode == 2
    assert "not saved. Anthropic rejected the key: invalid bearer token." in wrong.stderr
    right = await asyncio.to_thread(run_key, "set", "anthropic", stdin='"sk-ant-test"\n')
    assert (right.returncode, "Anthropic accepted the key." in right.stderr) == (0, True)
    fake.keys = ()
    checked = await asyncio.to_thread(run_key, "check")
    assert (checked.returncode, "Anthropic rejected the key" in checked.stdout) == (1, True)
    assert "sk-ant-test" not in checked.stdout + right.stderr + wrong.stderr


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

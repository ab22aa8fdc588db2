"""Connecting and undoing: byte for byte, or only our values, and never half."""

from __future__ import annotations

import json
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bridge.connect.data import Change, Item
from bridge.connect.files import write_config
from bridge.connect.formats import FormatName, find_format
from bridge.connect.ledger import Ledger, Record
from bridge.connect.refusal import CannotConnect, NotParsable
from bridge.connect.writer import FileChange, UndoResult, plan_file, undo, write_plans
from bridge.errors import SettingsError
from bridge.private_files import make_private_folder, write_private
from tests.connect.configs import KINDS
from tests.connect.test_files import posix_only

MODEL = Change(("model",), "default")


@dataclass
class Home:
    """A folder with one config file, and a ledger beside it."""

    root: Path
    ledger: Ledger
    format: FormatName = "json"
    program: str = "p"
    changes: tuple[Change, ...] = (MODEL,)

    @property
    def config(self) -> Path:
        return self.root / "config"

    def connect(self, *changes: Change, secret: bool = False) -> Record:
        change = FileChange(self.config, self.format, changes or self.changes, secret)
        with self.ledger.lock():
            plans = [plan_file(change, self.ledger, self.program)]
            return write_plans(
                self.ledger,
                plans,
                program=self.program,
                model="default",
                base_url="http://x/v1",
                at=1.0,
            )

    def undo(self) -> UndoResult:
        record = self.ledger.read(self.program)
        assert record is not None
        with self.ledger.lock():
            ((path, result),) = undo(self.ledger, record)
        assert path == self.config.resolve()
        return result

    def list_stored(self) -> list[str]:
        return sorted(path.name for path in self.ledger.folder.iterdir() if path.suffix)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, Ledger(tmp_path / "data" / "connections"))


def test_connect_and_undo_give_the_same_bytes(home: Home) -> None:
    home.config.write_bytes(b'\xef\xbb\xbf{ // mine\r\n\t"a": 1 // one\r\n}')
    home.connect()
    assert home.config.read_bytes() == (
        b'\xef\xbb\xbf{ // mine\r\n\t"a": 1, // one\r\n\t"model": "default"\r\n}'
    )
    assert home.undo() == "restored"
    assert home.config.read_bytes() == b'\xef\xbb\xbf{ // mine\r\n\t"a": 1 // one\r\n}'
    assert home.list_stored() == []


def test_a_file_that_the_bridge_made_is_removed(home: Home) -> None:
    home.connect()
    assert home.config.read_bytes() == b'{\n  "model": "default"\n}\n'
    assert home.undo() == "removed"
    assert not home.config.exists()


def test_after_an_edit_of_the_user_only_our_values_go(home: Home) -> None:
    home.config.write_bytes(b'{"a": 1, "model": "mine"}')
    home.connect(MODEL, Change(("provider", "bridge"), {"x": [1]}))
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace('"a": 1', '"a": 2 /* mine */'), "utf-8")
    assert home.undo() == "keys"
    assert home.config.read_bytes() == b'{"a": 2 /* mine */, "model": "mine"}'


def test_a_value_that_the_user_changed_stays(home: Home) -> None:
    home.config.write_bytes(b"{}")
    home.connect(MODEL, Change(("b",), 1))
    home.config.write_bytes(b'{"model": "theirs", "b": 1}')
    assert home.undo() == "keys"
    assert home.config.read_bytes() == b'{"model": "theirs"}'


def test_connecting_twice_still_undoes_to_the_beginning(home: Home) -> None:
    home.config.write_bytes(b'{"a": 1}')
    home.connect()
    home.connect(Change(("model",), "opus"))
    assert home.config.read_bytes() == b'{"a": 1, "model": "opus"}'
    assert home.undo() == "restored"
    assert home.config.read_bytes() == b'{"a": 1}'


@pytest.mark.parametrize("format", ["json", "toml", "yaml"])
def test_a_value_that_is_no_longer_written_goes(home: Home, format: FormatName) -> None:
    home.format = format
    kind = find_format(format)
    before = {"json": '{"a": 1}', "toml": "a = 1\n", "yaml": "a: 1\n"}[format]
    home.config.write_text(before, "utf-8")
    home.connect(MODEL, Change(("bridge",), {"url": "u", "auth": {"key": "secret"}}))
    home.connect(MODEL, Change(("bridge",), {"url": "u", "variable": "V"}))
    assert kind.parse(home.config.read_text("utf-8")) == {
        "a": 1,
        "model": "default",
        "bridge": {"url": "u", "variable": "V"},
    }
    assert home.undo() == "restored"
    assert home.config.read_text("utf-8") == before


def test_a_value_that_is_no_longer_written_gives_back_the_users(home: Home) -> None:
    home.config.write_bytes(b'{"key": "mine", "b": 1}')
    home.connect(MODEL, Change(("key",), "secret"), Change(("b",), 2))
    home.config.write_bytes(home.config.read_bytes().replace(b'"b": 2', b'"b": 3'))
    home.connect()
    assert json.loads(home.config.read_bytes()) == {"key": "mine", "b": 3, "model": "default"}
    assert home.undo() == "keys"
    assert home.config.read_bytes() == b'{"key": "mine", "b": 3}'


def test_an_edit_between_two_connections_is_kept(home: Home) -> None:
    home.config.write_bytes(b'{"a": 1}')
    home.connect()
    home.config.write_bytes(b'{"a": 2, "model": "default"}')
    home.connect(Change(("model",), "opus"))
    assert home.undo() == "keys"
    assert home.config.read_bytes() == b'{"a": 2}'


def test_a_file_that_was_removed_stays_removed(home: Home) -> None:
    home.config.write_bytes(b"{}")
    home.connect()
    home.config.unlink()
    assert home.undo() == "gone"
    assert not home.config.exists()


def test_a_broken_file_is_refused_and_nothing_is_written(home: Home) -> None:
    home.config.write_bytes(b'{"a": 1,, }')
    with pytest.raises(CannotConnect) as caught:
        home.connect()
    assert str(caught.value) == (
        f"{home.config.resolve()} is not changed: it is not valid JSON: "
        "unexpected ',' (line 1, column 9)."
    )
    assert home.config.read_bytes() == b'{"a": 1,, }'
    assert home.list_stored() == []


def test_a_file_that_became_broken_is_not_undone_and_the_backup_is_named(home: Home) -> None:
    home.config.write_bytes(b'{"a": 1}')
    home.connect()
    home.config.write_bytes(b"{")
    with pytest.raises(CannotConnect, match="Its old content is in ") as caught:
        home.undo()
    backup = Path(str(caught.value).rpartition(" in ")[2].rstrip("."))
    assert backup.read_bytes() == b'{"a": 1}'
    assert home.config.read_bytes() == b"{"


@posix_only
def test_a_file_with_a_key_is_only_for_the_user_until_undo(home: Home) -> None:
    home.config.write_bytes(b"{}")
    home.config.chmod(0o644)
    home.connect(secret=True)
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600
    assert {stat.S_IMODE(p.stat().st_mode) for p in home.ledger.folder.iterdir() if p.suffix} == {
        0o600
    }
    assert stat.S_IMODE(home.ledger.folder.stat().st_mode) == 0o700
    assert home.undo() == "restored"
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o644


PROVIDER = Change(("providers", "bridge"), {"url": "http://x/v1", "auth": {"key": "secret"}})


def test_our_values_go_although_the_user_added_one_beside_them(home: Home) -> None:
    home.config.write_bytes(b'{"a": 1}')
    home.connect(MODEL, PROVIDER)
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace('"key"', '"theirs": 1, "key"'), "utf-8")
    assert home.undo() == "keys"
    assert json.loads(home.config.read_text("utf-8")) == {
        "a": 1,
        "providers": {"bridge": {"auth": {"theirs": 1}}},
    }


def test_our_values_of_two_connections_go_after_an_edit(home: Home) -> None:
    home.config.write_bytes(b'{"a": 1}')
    home.connect(PROVIDER)
    home.connect(Change(PROVIDER.path, {**PROVIDER.value, "url": "http://x:8001/v1"}))
    text = home.config.read_text("utf-8")
    home.config.write_text(text.replace('"a": 1', '"a": 2'), "utf-8")
    assert home.undo() == "keys"
    assert json.loads(home.config.read_text("utf-8")) == {"a": 2}


MODELS = Change(
    ("models", Item("name", "Bridge")), {"name": "Bridge", "apiBase": "http://x/v1", "apiKey": "k"}
)


@pytest.mark.parametrize("added", [False, True])
def test_an_element_that_was_written_twice_goes_after_an_edit(home: Home, added: bool) -> None:
    home.format = "yaml"
    home.config.write_bytes(b"a: 1\nmodels:\n  - name: Theirs\n")
    home.connect(MODELS)
    home.connect(Change(MODELS.path, {**MODELS.value, "apiBase": "http://x:8001/v1"}))
    text = home.config.read_text("utf-8").replace("a: 1", "a: 2")
    if added:
        text = text.replace('apiKey: "k"', 'apiKey: "k"\n    roles: [chat]')
    home.config.write_text(text, "utf-8")
    assert home.undo() == "keys"
    left = [{"name": "Bridge", "roles": ["chat"]}] if added else []
    assert find_format("yaml").parse(home.config.read_text("utf-8")) == {
        "a": 2,
        "models": [{"name": "Theirs"}, *left],
    }


@posix_only
def test_undo_of_one_program_does_not_show_the_key_of_another(home: Home) -> None:
    home.config.write_bytes(b"{}")
    home.config.chmod(0o644)
    other = Home(home.root, home.ledger, program="q")
    home.connect(Change(("tools",), "on"))
    other.connect(Change(("key",), "secret"), secret=True)
    assert home.undo() == "keys"
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600
    assert json.loads(home.config.read_bytes()) == {"key": "secret"}


def test_a_file_that_cannot_be_written_does_not_count_as_connected(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, data: bytes, mode: int) -> None:
        raise CannotConnect(f"{path} is not changed: Permission denied.")

    home.config.write_bytes(b"{}")
    monkeypatch.setattr("bridge.connect.writer.write_config", refuse)
    with pytest.raises(CannotConnect):
        home.connect()
    assert home.ledger.read("p") is None
    assert home.list_stored() == []


def test_a_backup_that_was_changed_is_not_written_back(home: Home) -> None:
    home.config.write_bytes(b'{"a": 1}')
    home.connect()
    (backup,) = home.ledger.folder.glob("*.backup")
    backup.write_bytes(b"")
    with pytest.raises(SettingsError, match="was changed"):
        home.undo()
    assert json.loads(home.config.read_bytes()) == {"a": 1, "model": "default"}
    assert home.ledger.read("p") is not None


def test_a_file_that_cannot_be_given_back_keeps_no_other_from_it(home: Home) -> None:
    other = home.root / "other"
    home.config.write_bytes(b'{"a": 1}')
    other.write_bytes(b'{"b": 1}')
    with home.ledger.lock():
        plans = [plan_file(FileChange(path, "json", (MODEL,))) for path in (home.config, other)]
        write_plans(home.ledger, plans, program="p", model="m", base_url="u", at=1.0)
    home.config.write_bytes(b"{")
    record = home.ledger.read("p")
    assert record is not None
    with pytest.raises(CannotConnect), home.ledger.lock():
        list(undo(home.ledger, record))
    assert other.read_bytes() == b'{"b": 1}'
    left = home.ledger.read("p")
    assert left is not None
    assert [file.path for file in left.files] == [str(home.config.resolve())]


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"files": [{"path": 1}]}'])
def test_a_damaged_record_is_named(home: Home, text: str) -> None:
    make_private_folder(home.ledger.folder)
    write_private(home.ledger.folder / "p.json", text)
    with pytest.raises(SettingsError, match=r"it is damaged\. To forget"):
        home.ledger.read("p")


def test_a_lock_that_is_no_file_is_named(home: Home) -> None:
    (home.ledger.folder / ".lock").mkdir(parents=True)
    with pytest.raises(SettingsError, match="cannot lock"), home.ledger.lock():
        pass


def test_a_value_that_contains_itself_is_refused(home: Home) -> None:
    home.format = "yaml"
    home.config.write_bytes(b"x: &x\n  - *x\n")
    with pytest.raises(CannotConnect, match="contains itself"):
        home.connect()


def test_a_number_of_too_many_digits_is_refused(home: Home) -> None:
    home.format = "toml"
    home.config.write_bytes(b"a = " + b"9" * 5000)
    with pytest.raises(CannotConnect, match="not valid TOML"):
        home.connect()


def test_the_difference_shows_no_keys_of_others(home: Home) -> None:
    home.config.write_bytes(b"OPENAI_API_KEY=sk-proj-abcdefghijklmnopqrstuvwxyz0123456789\n")
    plan = plan_file(FileChange(home.config, "env", (Change(("OPENAI_API_KEY",), "any"),)))
    assert "-OPENAI_API_KEY=[secret]" in plan.format_diff()


class Interruption(BaseException):
    """What ends a process in the middle, as far as a test can have it."""


@dataclass
class Countdown:
    """Interrupts before or after the n-th write."""

    left: int

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Interruption


class InterruptedLedger(Ledger):
    """A ledger each of whose writes may be the last."""

    def __init__(self, folder: Path, countdown: Countdown) -> None:
        super().__init__(folder)
        self._count = countdown.count

    def write(self, record: Record) -> None:
        self._count()
        super().write(record)
        self._count()

    def write_backup(self, program: str, path: Path, data: bytes) -> None:
        self._count()
        super().write_backup(program, path, data)
        self._count()

    def remove(self, record: Record) -> None:
        self._count()
        super().remove(record)


@pytest.fixture
def countdown(monkeypatch: pytest.MonkeyPatch) -> Countdown:
    """Interrupts writes of config files; not before it is set."""
    countdown = Countdown(1_000_000)
    write = write_config

    def write_counted(path: Path, data: bytes, mode: int) -> None:
        countdown.count()
        write(path, data, mode)
        countdown.count()

    monkeypatch.setattr("bridge.connect.writer.write_config", write_counted)
    return countdown


def act(home: Home, action: str) -> None:
    if action == "undo" and home.ledger.has("p"):
        home.undo()
    elif action != "undo":
        home.connect(Change(("model",), action))


@pytest.mark.parametrize("actions", [("a",), ("a", "b"), ("a", "undo"), ("a", "b", "undo")])
def test_an_interruption_at_any_write_loses_nothing(
    tmp_path: Path, countdown: Countdown, actions: tuple[str, ...]
) -> None:
    """Each action is interrupted at each of its writes; then undo gives the first bytes."""
    for at in range(12):
        root = tmp_path / str(at)
        root.mkdir()
        home = Home(root, InterruptedLedger(root / "data", countdown))
        home.config.write_bytes(b'{"a": 1, // mine\n}')
        countdown.left = 1_000_000
        for action in actions[:-1]:
            act(home, action)
        countdown.left = at
        with suppress(Interruption):
            act(home, actions[-1])
        countdown.left = 1_000_000
        find_format("json").parse(home.config.read_text("utf-8"))
        act(home, "undo")
        assert home.config.read_bytes() == b'{"a": 1, // mine\n}'


@posix_only
@pytest.mark.parametrize(("old", "result"), [("{}", "restored"), ("{}", "keys"), ("", "removed")])
def test_a_file_behind_a_link_made_since_is_undone(home: Home, old: str, result: str) -> None:
    """People move their settings into a repository, and leave links."""
    if old:
        home.config.write_text(old)
    home.connect()
    real = home.root / "repository"
    home.config.rename(real)
    home.config.symlink_to(real)
    if result == "keys":
        real.write_text(f"{real.read_text()}\n")
    record = home.ledger.read("p")
    assert record is not None
    with home.ledger.lock():
        assert [done for _, done in undo(home.ledger, record)] == [result]
    assert home.config.is_symlink()
    assert ("".join(real.read_text().split()) if real.exists() else "") == old


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=40)
@given(data=st.data())
def test_any_file_has_its_old_bytes_after_undo(name: FormatName, data: st.DataObject) -> None:
    text, end = data.draw(KINDS[name][0]()), data.draw(st.sampled_from(["\n", "\r\n"]))
    mark = data.draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    try:
        find_format(name).parse(text)
    except NotParsable:
        assume(False)
    raw = mark + text.replace("\n", end).encode()
    with TemporaryDirectory() as folder:
        root = Path(folder)
        home = Home(root, Ledger(root / "data"), name, changes=KINDS[name][1])
        real = root / "real"
        if data.draw(st.booleans()):
            home.config.symlink_to(real)
        home.config.write_bytes(raw)
        home.connect()
        record = home.ledger.read("p")
        assert record is not None
        with home.ledger.lock():
            results = [result for _, result in undo(home.ledger, record)]
        assert results == ["restored"]
        assert home.config.read_bytes() == raw
        assert sorted(path.name for path in root.iterdir() if path.name != "data") in (
            ["config"],
            ["config", "real"],
        )

"""The file of the user's decisions on programs."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from bridge.computer.apps import store as store_module
from bridge.computer.apps.app import App
from bridge.computer.apps.store import AppStore
from bridge.errors import SettingsError
from tests.computer.fake_desktop import make_app

NOTES, MAIL = make_app("notes"), make_app("mail")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "computer-apps.json"


def open_store(path: Path) -> AppStore:
    store = AppStore(path, clock=lambda: 1000.0)
    store.load()
    return store


def test_a_decision_is_remembered_after_a_restart(path: Path) -> None:
    script = App("/usr/bin/python3", "/opt/mail.py")
    open_store(path).remember((NOTES, script), "click", "the dashboard")
    again = open_store(path)
    assert [again.find_level(app) for app in (NOTES, script, MAIL)] == ["click", "click", None]
    assert again.find_level(App("/usr/bin/python3", "/home/x/other.py")) is None
    assert again.find_level(App("/home/x/notes")) is None, "another path is another program"
    (first, _) = again.list_decisions()
    assert (first.at, first.by) == (1000.0, "the dashboard")


def test_a_decision_can_be_changed_and_forgotten(path: Path) -> None:
    store = open_store(path)
    store.remember((NOTES,), "everything", "me")
    store.remember((NOTES,), "view", "me")
    assert [decision.level for decision in store.list_decisions()] == ["view"]
    assert store.forget(NOTES.id) is not None
    assert store.forget(NOTES.id) is None
    assert open_store(path).list_decisions() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_user_can_read_the_file(path: Path) -> None:
    open_store(path).remember((NOTES,), "click", "me")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0
    path.chmod(0o666)
    with pytest.raises(SettingsError, match="other users may have changed it"):
        open_store(path)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{", "null", '{"apps": 5}', '{"other": []}'),
        '{"apps": [{"path": "/a", "level": "all", "at": 0, "by": ""}]}',
        '{"apps": [{"path": "", "level": "view", "at": 0, "by": ""}]}',
    ],
)
def test_a_damaged_file_is_an_error_and_stays_as_it_is(text: str, path: Path) -> None:
    """Without the decisions, programs that Claude may only look at would be open to it."""
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match=r"computer-apps\.json"):
        open_store(path)
    assert path.read_text() == text


def test_a_full_table_refuses_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_APPS", 2)
    store = open_store(path)
    store.remember((NOTES, MAIL), "view", "me")
    with pytest.raises(SettingsError, match="2 apps are remembered already"):
        store.remember((make_app("third"),), "click", "me")
    assert len(json.loads(path.read_text())["apps"]) == 2
    store.remember((MAIL,), "click", "me")
    assert store.find_level(MAIL) == "click"


def test_the_id_is_the_same_after_a_restart_and_differs_by_script() -> None:
    assert NOTES.id == make_app("notes").id
    assert App("/a b", "").id != App("/a", "b").id
    assert NOTES.label == "notes (/usr/bin/notes)"
    assert App("/usr/bin/python3", "/opt/mail.py").label == (
        "mail.py (/opt/mail.py, run by /usr/bin/python3)"
    )
    assert App("flatpak:org.gnome.Maps").name == "org.gnome.Maps"
    assert "‹U+202E›" in App("/opt/\u202efdp.exe").label, "every character is visible"

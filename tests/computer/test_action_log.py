"""The action log: written line by line, and read again."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bridge.computer import action_log
from bridge.computer.action_log import ActionLog, Entry, read_log
from bridge.computer.actions import read_action
from bridge.computer.batch import Outcome
from bridge.computer.describe import describe
from bridge.computer.desktop import Window
from bridge.computer.elements.base import Element
from bridge.computer.screen.geometry import Rect, Size, View
from bridge.computer.screen.pictures import encode
from bridge.errors import SettingsError

VIEW = View(Rect(-1280, 0, 1280, 1024), Size(640, 512))


def make_entry(member: str = "left_click", *, risks: tuple[str, ...] = (), **given: Any) -> Entry:
    action = read_action(member, given)
    return Entry(1000.5, "a test", "the tray", VIEW, Outcome(action, "OK", what="…", risks=risks))


def test_a_log_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "log.jsonl"
    log = ActionLog(path)
    log.write(make_entry(coordinate=[3, 4]))
    log.write(make_entry("type", text="é\n世 👋"))
    clicked, typed = read_log(path)
    assert clicked.action == read_action("left_click", {"coordinate": [3, 4]})
    assert (clicked.at, clicked.picture, clicked.screen) == (1000.5, VIEW.picture, VIEW.area)
    assert typed.action == read_action("type", {"text": "é\n世 👋"})
    assert path.stat().st_mode & 0o777 == 0o600


def test_text_that_may_be_a_password_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    ActionLog(path).write(make_entry("type", text="hunter2", risks=("a password",)))
    assert "hunter2" not in path.read_text("utf-8")
    (step,) = read_log(path)
    assert step.action is None
    assert step.what == "Type 7 characters (left out: a password)"


def test_text_for_a_password_field_is_not_written_whatever_its_window_is(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    action, field = read_action("type", {"text": "hunter2"}), Element("password field", "PIN")
    window = Window("Welcome", "firefox", Rect(0, 0, 9, 9), active=True)
    what = describe(action, window, field)
    outcome = Outcome(action, "OK", what=what, window=window, element=field)
    ActionLog(path).write(Entry(1.0, "a", "b", VIEW, outcome))
    assert "hunter2" not in path.read_text("utf-8")
    assert next(read_log(path)).what == "Type 7 characters (left out: a password)"


@pytest.mark.parametrize(
    ("member", "title", "failed", "reason"),
    [
        ("type", "Log in - Bank", False, "a password"),  # whatever the user's own rules are
        ("key", "Enter the password", False, "a password"),
        ("hold_key", "Enter the password", False, "a password"),
        ("type", None, True, "its window is unknown"),  # behind a failed action, or refused
        ("key", None, True, "its window is unknown"),
        ("type", "Notes", True, None),
        ("type", None, False, None),
    ],
)
def test_what_may_be_a_password_is_left_out_in_every_form(
    member: str, title: str | None, failed: bool, reason: str | None, tmp_path: Path
) -> None:
    action = read_action(member, {"text": "x", **({"duration": 1} if member == "hold_key" else {})})
    window = None if title is None else Window(title, "firefox", Rect(0, 0, 9, 9), active=True)
    what = describe(action, window)
    path = tmp_path / "log.jsonl"
    ActionLog(path).write(
        Entry(1.0, "a", "b", VIEW, Outcome(action, "…", failed, what=what, window=window))
    )
    (step,) = read_log(path)
    if reason is None:
        assert (step.action, step.what) == (action, what)
    else:
        assert (step.action, step.what) == (None, f"Type 1 characters (left out: {reason})")


def test_keys_that_type_nothing_are_logged_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    ActionLog(path).write(make_entry("key", text="ctrl+s", risks=("a password",)))
    (step,) = read_log(path)
    assert step.action == read_action("key", {"text": "ctrl+s"})


@pytest.mark.parametrize("wanted", [True, False])
def test_thumbnails_are_written_only_if_requested(wanted: bool, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    picture = encode(Image.new("RGB", (1456, 819), "navy"))
    outcome = Outcome(read_action("screenshot", {}), "OK", picture=picture)
    ActionLog(path, thumbnails=wanted).write(Entry(1.0, "a", "b", VIEW, outcome))
    row = json.loads(path.read_text("utf-8"))
    assert ("thumbnail" in row) is wanted
    if wanted:
        small = Image.open(io.BytesIO(base64.b64decode(row["thumbnail"])))
        assert max(small.size) == 320


def test_a_full_log_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_log, "MAX_BYTES", 100)
    path = tmp_path / "log.jsonl"
    for _ in range(3):
        ActionLog(path).write(make_entry())
    assert len(list(read_log(path))) == 1
    assert len(list(read_log(tmp_path / "log.jsonl.1"))) == 1


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"at":1,"action":{"action":"fly"}}'])
def test_an_invalid_line_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    ActionLog(path).write(make_entry())
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    with pytest.raises(SettingsError, match="line 2"):
        list(read_log(path))


def test_a_missing_log_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        list(read_log(tmp_path / "none.jsonl"))


@given(st.text(max_size=50))
def test_any_text_survives_writing_and_reading(text: str) -> None:
    row = make_entry("type", text=text).to_row(thumbnails=False)
    line = json.dumps(row, ensure_ascii=False)
    given_back = json.loads(line)["action"]
    assert given_back == {"action": "type", "text": text}

"""The policy: what is risky, and which windows are never used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bridge.computer.actions import InputAction
from bridge.computer.desktop import Window
from bridge.computer.effects import InputState, find_effects
from bridge.computer.policy import (
    DEFAULT,
    Judgement,
    Policy,
    PolicyFile,
    join_judgements,
    judge,
    read_policy,
)
from bridge.computer.screen.geometry import Point, Rect, Size, View
from bridge.errors import SettingsError
from tests.computer.input_actions import read_input

VIEW = View(Rect(0, 0, 100, 100), Size(100, 100))


def window(title: str = "Notes", program: str = "gedit", *names: str) -> Window:
    return Window(title, program, VIEW.area, active=True, names=names)


def judge_in(
    action: InputAction, where: Window | None, policy: Policy, typed: str = ""
) -> Judgement:
    """Judge an action on a desktop that is covered by one window, or by none."""
    state = InputState(Point(5, 5), typed=typed)
    return judge(find_effects(action, state, VIEW, [where] if where else []), policy)


@pytest.mark.parametrize(
    ("member", "given", "where", "risks"),
    [
        ("left_click", {}, window(), ()),
        ("type", {"text": "Dear Ada,"}, window(), ()),
        ("type", {"text": "ls"}, window(program="XTerm"), ("a terminal",)),
        ("type", {"text": "sudo reboot"}, window(), ("a command",)),
        ("key", {"text": "ctrl+a DELETE"}, window(), ("deleting",)),
        ("key", {"text": "alt+f4"}, window(), ("closing",)),
        ("left_click", {}, window("Checkout – Shop"), ("buying",)),
        ("left_click", {}, window("Compose: (no subject)"), ("sending",)),
        ("left_click", {}, window("Sign in to your bank"), ("a password",)),
        ("screenshot", {}, window("Sign in"), ()),
        ("scroll", {"scroll_direction": "up", "scroll_amount": 1}, window(program="xterm"), ()),
        ("left_click", {}, None, ()),
    ],
)
def test_risks_of_actions(
    member: str, given: dict[str, Any], where: Window | None, risks: tuple[str, ...]
) -> None:
    assert judge_in(read_input(member, given), where, DEFAULT) == Judgement(risks)


TERMINAL = ("a terminal",)
SCROLL = {"scroll_direction": "up", "scroll_amount": 0}
EDITOR = window("main.py", "Code")


@pytest.mark.parametrize(
    ("member", "given", "where", "risks"),
    [
        # Keys are keys, by whichever action.
        ("scroll", {**SCROLL, "text": "r"}, window(program="xterm"), TERMINAL),
        ("scroll", {**SCROLL, "text": "alt+F4"}, window(), ("closing",)),
        ("left_click", {"text": "alt+F4"}, window(), ("closing",)),
        ("hold_key", {"text": "alt+F4", "duration": 0}, window(), ("closing",)),
        # Other spellings of the same keys.
        ("key", {"text": "F4+alt"}, window(), ("closing",)),
        ("key", {"text": "Alt_R+F4"}, window(), ("closing",)),
        ("key", {"text": "alt+alt+f4"}, window(), ("closing",)),
        ("key", {"text": "ctrl+alt+F4"}, window(), ("closing",)),
        ("key", {"text": "altgr+F4"}, window(), ("closing",)),
        ("key", {"text": "Shift_R+del"}, window(), ("deleting",)),
        ("key", {"text": "cmd+Q"}, window(), ("closing",)),
        ("key", {"text": "a  b\talt+F4"}, window(), ("closing",)),
        # A command that is typed by keys, over tabs and blanks, or corrected.
        ("key", {"text": "s u d o space x"}, window(), ("a command",)),
        ("type", {"text": "sudo\treboot"}, window(), ("a command",)),
        ("type", {"text": "rm  -rf"}, window(), ("a command",)),
        ("type", {"text": "suxx\b\bdo x"}, window(), ("a command",)),
        ("type", {"text": "ｓｕｄｏ x"}, window(), ("a command",)),
        ("type", {"text": "su\u200bdo x"}, window(), ("a command",)),
        # Titles are chosen by pages.
        ("left_click", {}, window("Chеckоut"), ("buying",)),
        ("left_click", {}, window("Pass\u00adword"), ("a password",)),
        ("left_click", {}, window("Sign\u00a0 in"), ("a password",)),
        # Terminals, also in editors, where only keys are risky.
        ("type", {"text": "ls"}, window("A", "Renamed", "renamed", "xterm"), TERMINAL),
        ("left_click", {}, window(program="foot"), TERMINAL),
        ("type", {"text": "ls"}, EDITOR, TERMINAL),
        ("left_click", {"text": "Return"}, EDITOR, TERMINAL),
        ("left_click", {}, EDITOR, ()),
        ("key", {"text": "ctrl+alt+t"}, window(), TERMINAL),
        ("type", {"text": "let us meet"}, window("Steam", "steam"), ()),
        ("mouse_move", {"coordinate": [5, 5]}, window(program="xterm"), ()),
    ],
)
def test_a_rule_holds_for_every_spelling(
    member: str, given: dict[str, Any], where: Window | None, risks: tuple[str, ...]
) -> None:
    assert judge_in(read_input(member, given), where, DEFAULT) == Judgement(risks)


def test_return_is_a_key_however_it_is_pressed() -> None:
    policy = PolicyFile.model_validate(
        {"risky": [{"risk": "Return", "where": "keys", "words": ["Return"]}]}
    ).to_policy()
    for text in ("Return", "Enter", "KP_Enter", "\n", "ctrl+m", "ctrl+j", "shift+Return"):
        if text.strip():
            key = read_input("key", {"text": text})
            assert judge_in(key, window(), policy).risks == ("Return",)
    for text in ("\n", "\r", "a\r\nb"):
        typed = read_input("type", {"text": text})
        assert judge_in(typed, window(), policy).risks == ("Return",)
    assert judge_in(read_input("type", {"text": "a b"}), window(), policy).risks == ()


def test_a_command_may_be_typed_in_two_actions_but_is_a_risk_once() -> None:
    more = read_input("type", {"text": "do ls"})
    assert judge_in(more, window(), DEFAULT, typed="su").risks == ("a command",)
    assert judge_in(more, window(), DEFAULT, typed="sudo ls; ").risks == ()
    assert judge_in(more, window(), DEFAULT, typed="sux\b").risks == ("a command",)


def test_every_name_of_a_program_is_searched() -> None:
    renamed = window("A", "Renamed", "renamed", "keepassxc")
    assert judge_in(read_input("left_click", {}), renamed, DEFAULT).never == "keepass"
    scroll = read_input("scroll", SCROLL)
    assert judge_in(scroll, renamed, DEFAULT).never == "keepass"
    move = read_input("mouse_move", {"coordinate": [5, 5]})
    assert judge_in(move, renamed, DEFAULT).never == "keepass"


def test_windows_on_the_never_list_are_refused() -> None:
    vault = window("Vault", "Bitwarden")
    assert judge_in(read_input("left_click", {}), vault, DEFAULT).never == "bitwarden"
    batch = [read_input("wait", {"duration": 1}), read_input("type", {"text": "a"})]
    judgements = [judge_in(action, vault, DEFAULT) for action in batch]
    assert join_judgements(judgements).never == "bitwarden"


def test_a_batch_has_each_risk_of_its_actions_once() -> None:
    batch = [read_input("key", {"text": "Delete"})] * 2 + [read_input("left_click", {})]
    where = [window(), window(), window("Payment")]
    judgements = [judge_in(*pair, DEFAULT) for pair in zip(batch, where, strict=True)]
    assert join_judgements(judgements).risks == ("deleting", "buying")


def test_a_users_file_replaces_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "computer-policy.toml"
    assert read_policy(path) == DEFAULT
    path.write_text(
        'never = ["Diary"]\n[[risky]]\nrisk = "x"\nwhere = "title"\nwords = ["notes"]\n'
    )
    mine = read_policy(path)
    click = read_input("left_click", {})
    assert judge_in(click, window("My Notes"), mine).risks == ("x",)
    assert judge_in(click, window("my diary"), mine).never == "Diary"


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("never = 5\nrisky = []", "never"),
        ("nonsense", "computer-policy"),
        pytest.param("never = " + "[" * 100_000, "computer-policy", id="deep"),
        ("x = 1", "x: Extra inputs"),
        ('[[risky]]\nrisk = "a"\nwhere = "title"', "`words` are needed"),
        ('[[risky]]\nrisk = "a"\nwhere = "keys"\nwords = ["hyper"]', "not a known key"),
    ],
)
def test_an_invalid_policy_names_the_place(tmp_path: Path, written: str, named: str) -> None:
    path = tmp_path / "computer-policy.toml"
    path.write_text(written)
    with pytest.raises(SettingsError, match=named):
        read_policy(path)


def test_the_example_in_the_docs_is_valid(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "computer-use.md").read_text("utf-8")
    (sample,) = re.findall(r"```toml\n(never = .*?)```", page, re.DOTALL)
    path = tmp_path / "computer.toml"
    path.write_text(sample, "utf-8")
    policy = read_policy(path)
    assert policy.never == ("KeePass", "Bank of Somewhere")
    risks = [rule.risk for rule in policy.risky]
    assert risks == ["sending", "a command", "archiving", "a terminal"]


def test_rules_that_cannot_be_read_are_not_replaced_by_the_built_in_ones(tmp_path: Path) -> None:
    path = tmp_path / "computer.toml"
    path.symlink_to("nowhere")
    with pytest.raises(SettingsError, match="cannot read"):
        read_policy(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(SettingsError, match="cannot read"):
        read_policy(path)
    path.rmdir()
    path.write_text("\n")
    with pytest.raises(SettingsError, match="is empty"):
        read_policy(path)
    path.write_text("# Only a comment.\n")
    assert read_policy(path) == DEFAULT

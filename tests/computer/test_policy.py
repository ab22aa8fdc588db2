"""The policy: what is risky, and which windows are never used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bridge.computer.actions import read_action
from bridge.computer.desktop import Window
from bridge.computer.policy import DEFAULT, Judgement, judge, judge_all, read_policy
from bridge.computer.screen.geometry import Rect
from bridge.errors import SettingsError


def window(title: str = "Notes", program: str = "gedit") -> Window:
    return Window(title, program, Rect(0, 0, 100, 100), active=True)


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
    assert judge(read_action(member, given), where, DEFAULT) == Judgement(risks)


def test_windows_on_the_never_list_are_refused() -> None:
    vault = window("Vault", "Bitwarden")
    assert judge(read_action("left_click", {}), vault, DEFAULT).never == "bitwarden"
    batch = [read_action("wait", {"duration": 1}), read_action("type", {"text": "a"})]
    assert judge_all(batch, [None, vault], DEFAULT).never == "bitwarden"


def test_a_batch_has_each_risk_of_its_actions_once() -> None:
    batch = [read_action("key", {"text": "Delete"})] * 2 + [read_action("left_click", {})]
    where = [window(), window(), window("Payment")]
    assert judge_all(batch, where, DEFAULT).risks == ("deleting", "buying")


def test_a_users_file_replaces_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "computer-policy.toml"
    assert read_policy(path) == DEFAULT
    path.write_text(
        'never = ["Diary"]\n[[risky]]\nrisk = "x"\nwhere = "title"\nwords = ["notes"]\n'
    )
    mine = read_policy(path)
    click = read_action("left_click", {})
    assert judge(click, window("My Notes"), mine).risks == ("x",)
    assert judge(click, window("my diary"), mine).never == "Diary"


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("never = 5\nrisky = []", "never"),
        ("nonsense", "computer-policy"),
        ("x = 1", "x: Extra inputs"),
    ],
)
def test_an_invalid_policy_names_the_place(tmp_path: Path, written: str, named: str) -> None:
    path = tmp_path / "computer-policy.toml"
    path.write_text(written)
    with pytest.raises(SettingsError, match=named):
        read_policy(path)


def test_the_example_in_the_docs_is_valid(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (sample,) = re.findall(r"```toml\n(never = .*?)```", readme, re.DOTALL)
    path = tmp_path / "computer.toml"
    path.write_text(sample, "utf-8")
    policy = read_policy(path)
    assert policy.never == ("KeePass", "Bank of Somewhere")
    assert [rule.risk for rule in policy.risky] == ["posting"]


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

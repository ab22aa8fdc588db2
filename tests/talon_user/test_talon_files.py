"""Tests that every name in the Talon files is declared."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.talon_user.conftest import TALON_USER, load_world
from tests.talon_world import TalonWorld
from tests.talon_world.cross_check import problems_in, problems_in_text

pytest.importorskip("tree_sitter")  # the test extra has it


def test_the_talon_files_use_only_declared_names(any_world: TalonWorld) -> None:
    assert any_world.problems() == []


def test_the_cursorless_files_use_only_declared_names() -> None:
    with load_world(community=True, cursorless=True) as world:
        assert world.problems() == []


@pytest.mark.parametrize(
    ("planted", "problem"),
    [
        ("claude foo: user.claude_aks()\n", "no action user.claude_aks"),
        ("claude foo: user.claude_stop(1)\n", "user.claude_stop with 1 arguments"),
        ("claude <user.claude_words>$: user.claude_stop()\n", "no capture <user.claude_words>"),
        ("claude {user.claude_words}: user.claude_stop()\n", "no list {user.claude_words}"),
        ("claude ask <phrase>: user.claude_ask(phrase)\n", "free text, and no $ at its end"),
        ("model stop: user.claude_stop()\n", "belongs to another package"),
        (
            "settings():\n    user.claude_api_key = 1\n",
            "no mod.setting declares user.claude_api_key",
        ),
        ("application: Code\n-\nclaude foo: user.claude_stop()\n", "header application"),
        ("claude foo: user.claude_stop(\n", "does not parse"),
    ],
)
def test_a_planted_mistake_is_found(
    world: TalonWorld, tmp_path: Path, planted: str, problem: str
) -> None:
    shutil.copytree(TALON_USER, tmp_path / "copy", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "copy" / "planted.talon").write_text(planted)
    (found,) = problems_in(world, tmp_path / "copy")
    assert found.startswith("planted.talon: ")
    assert problem in found


def test_the_commented_settings_are_valid(world: TalonWorld) -> None:
    lines = (TALON_USER / "settings.talon").read_text(encoding="utf-8").splitlines()
    body = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[2:])
    assert "settings():\n" in body
    assert problems_in_text(world, f"-\n{body}\n") == []


def test_the_settings_file_changes_nothing_by_default(world: TalonWorld) -> None:
    world.open()
    world.forget_setting("user.claude_bridge_url")
    world.forget_setting("user.claude_timeout_seconds")
    for name, (_, default) in world.declarations.settings.items():
        assert world.setting(name, None) == default


def test_the_settings_file_lists_every_setting(world: TalonWorld) -> None:
    text = (TALON_USER / "settings.talon").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^#     (user\.claude_\w+) = (.+)$", text, re.M))
    literals: dict[type, Callable[[Any], str]] = {
        str: json.dumps,
        bool: lambda one: str(one).lower(),
        float: str,
        int: str,
    }
    assert shown == {
        name: literals[kind](default)
        for name, (kind, default) in world.declarations.settings.items()
    }

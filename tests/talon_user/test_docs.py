"""Tests that the documentation lists the commands, and that the files can run in Talon."""

import ast
import importlib
import re
import sys
from pathlib import Path

import pytest

from talon_user.core.help_lines import PREFIX, format_rule
from talon_user.core.plan import DESTINATIONS, SOURCES
from tests.talon_user.conftest import TALON_USER, load_world
from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld
from tests.talon_world.talon_files import read_talon_file, read_talon_list

ROOT = TALON_USER.parent
README = TALON_USER / "README.md"
GONE_IN_3_13 = {
    "aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "mailcap", "msilib", "nis",
    "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib",
}  # fmt: skip
PYTHON = sorted(TALON_USER.rglob("*.py"))


def test_the_table_lists_exactly_the_commands() -> None:
    rows = re.findall(r"^\| `(claude [^`]+)` \|", README.read_text("utf-8"), re.MULTILINE)
    commands = [
        format_rule(command.rule.text, "claude")
        for path in TALON_USER.rglob("*.talon")
        for command in read_talon_file(path).commands
        if PREFIX in command.rule.text
    ]
    documented = [row for row in rows if not row.startswith("claude-bridge")]
    assert sorted(documented) == sorted(commands)


def test_the_readme_lists_every_source_and_destination() -> None:
    readme = (TALON_USER / "README.md").read_text("utf-8")
    sources = read_talon_list(TALON_USER / "claude_source.talon-list").items
    places = read_talon_list(TALON_USER / "claude_destination.talon-list").items
    assert set(sources.values()) == set(SOURCES) - {"none"}
    assert set(places.values()) == set(DESTINATIONS) - {"shell"}
    assert all(f"`{one}`" in readme for one in sources)
    assert all(f"`{one}`" in readme or f"`to {one}`" in readme for one in set(places.values()))


def test_the_readme_names_what_other_packages_may_use(world: TalonWorld) -> None:
    readme, declared = README.read_text("utf-8"), world.declarations
    captures = [f"<{name}>" for name in declared.captures if name.startswith("user.claude_")]
    lists = [name for name in declared.lists if name.startswith("user.claude_")]
    assert captures
    assert lists
    assert [
        name for name in (*captures, *lists, "user.claude_listening") if name not in readme
    ] == []


def test_the_commands_that_the_readme_suggests_work(
    world: TalonWorld, scripted: ScriptedBridge
) -> None:
    (sample,) = re.findall(r"```talon\n(shorter .*?)```", README.read_text("utf-8"), re.DOTALL)
    world.add_commands(sample)
    notes = world.open()
    notes.write("one two")
    notes.select("two")
    world.say("shorter to clip")
    world.advance(1)
    scripted.answer(world, "2")
    assert world.clipboard.text == "2"
    world.say("page summary")
    world.advance(1)
    (content,) = scripted.streams[-1].body["input"][0]["content"]
    assert "<text>\none two\n</text>" in content["text"]
    world.press_key("f13")
    world.advance(4)
    assert scripted.open_stream is None


def test_a_question_uses_communitys_vocabulary_as_the_readme_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (sample,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    with load_world(community=True) as world:
        bridge = ScriptedBridge()
        bridge.attach(world, monkeypatch)
        context = importlib.import_module("talon").Context()
        exec(sample, {"ctx": context})  # noqa: S102 - the documentation's own
        known = world.declarations.captures
        known["user.text"] = type(known["user.text"])("<phrase>", lambda _: "my vocabulary")
        world.open()
        world.say("claude ask hello")
        (content,) = bridge.streams[0].body["input"][0]["content"]
        assert content["text"] == "my vocabulary"


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(TALON_USER)))
def test_a_file_needs_only_the_standard_library(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 11))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        for name in names:
            top = name.split(".")[0]
            assert top == "talon" or top in sys.stdlib_module_names - GONE_IN_3_13, name


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(TALON_USER)))
def test_core_and_wire_do_not_import_talon(path: Path) -> None:
    if path.parent.name in ("core", "wire"):
        assert not re.search(r"^\s*(?:from|import) talon\b", path.read_text("utf-8"), re.MULTILINE)
        assert "from ..desktop" not in path.read_text("utf-8")
        assert "from ..voice" not in path.read_text("utf-8")


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(TALON_USER)))
def test_no_function_is_long(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 35, node.name

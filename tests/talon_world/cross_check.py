"""Finds undeclared names and rule violations in Talon files."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.talon_world.community import BUILTIN_CAPTURES
from tests.talon_world.talon_files import (
    HEADER_KEYS,
    FileProblem,
    TalonFile,
    arguments,
    nodes,
    read_talon_file,
    read_talon_list,
)

if TYPE_CHECKING:
    from tests.talon_world.world import TalonWorld

FREE_TEXT = {"phrase", "user.text", "user.claude_text", "user.claude_target_prompt"}
RESERVED_WORDS = {"model"}
"""talon-ai-tools uses it as its prefix."""


def problems_in(world: "TalonWorld", folder: Path) -> list[str]:
    """Return a sentence for each problem in the folder's Talon files."""
    problems: list[str] = []
    for path in sorted(folder.rglob("*.talon")):
        problems += [f"{path.name}: {problem}" for problem in _file_problems(world, path)]
    for path in sorted(folder.rglob("*.talon-list")):
        problems += [f"{path.name}: {problem}" for problem in _list_problems(world, path)]
    return problems


def problems_in_text(world: "TalonWorld", text: str) -> list[str]:
    """Return a sentence for each problem in the text of one `.talon` file."""
    return list(_tree_problems(world, read_talon_file(Path("text.talon"), text)))


def _file_problems(world: "TalonWorld", path: Path) -> Iterator[str]:
    try:
        file = read_talon_file(path)
    except FileProblem as problem:
        yield str(problem)
        return
    if not _needs_another_package(world, file):
        yield from _tree_problems(world, file)


def _needs_another_package(world: "TalonWorld", file: TalonFile) -> bool:
    """Return whether the header requires a tag of a package that is not loaded here."""
    tags = {value for key, value in file.header if key == "tag"}
    return bool(tags) and tags.isdisjoint(world.tags | world.declarations.tags)


def _list_problems(world: "TalonWorld", path: Path) -> Iterator[str]:
    try:
        name = read_talon_list(path).name
    except FileProblem as problem:
        yield str(problem)
        return
    if name not in world.declarations.lists:
        yield f"no mod.list declares {name}"


def _tree_problems(world: "TalonWorld", file: TalonFile) -> Iterator[str]:
    names = world.declarations
    for key, _ in file.header:
        if key not in HEADER_KEYS:
            yield f"header {key} matches nothing that Talon knows"
    for name, value in file.settings.items():
        kind = names.settings.get(name, (None,))[0]
        if kind is None or not isinstance(value, kind):
            yield f"no mod.setting declares {name} with a value like {value!r}"
    for node in nodes(file.tree):
        yield from _name_problems(world, node)
    for command in file.commands:
        yield from _rule_problems(command.rule)


def _name_problems(world: "TalonWorld", node: Any) -> Iterator[str]:
    names = world.declarations
    match node.type_name:
        case "action":
            yield from _action_problems(world, node)
        case "capture":
            name = node.capture_name.text
            if name not in names.captures and name not in BUILTIN_CAPTURES:
                yield f"no capture <{name}>"
        case "list":
            if node.list_name.text not in names.lists:
                yield f"no list {{{node.list_name.text}}}"
        case "word":
            if node.text in RESERVED_WORDS:
                yield f"the word {node.text!r} belongs to another package"
        case "if_statement" | "for_statement":
            yield "if and for exist only in newer Talon"


def _action_problems(world: "TalonWorld", node: Any) -> Iterator[str]:
    name = node.action_name.text
    function = world.find_action(name)
    if function is None:
        yield f"no action {name}"
        return
    args = arguments(node)
    try:
        inspect.signature(function).bind(*args)
    except TypeError as problem:
        yield f"{name} with {len(args)} arguments: {problem}"


def _rule_problems(rule: Any) -> Iterator[str]:
    free = any(n.type_name == "capture" and n.capture_name.text in FREE_TEXT for n in nodes(rule))
    if free and not rule.text.endswith("$"):
        yield f"free text, and no $ at its end: {rule.text}"

"""Parses `.talon` and `.talon-list` files."""

import functools
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HEADER_KEYS = {"os", "tag", "mode", "app.name", "app.exe", "app.bundle", "win.title", "language"}
SPOKEN = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")


class FileProblem(Exception):
    """The file is one that Talon would not load."""


@dataclass
class Command:
    """One command: the rule and the body, as tree-sitter-talon's nodes."""

    rule: Any
    body: Any


@dataclass
class TalonFile:
    """One `.talon` file."""

    path: Path
    header: list[tuple[str, str]] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Command] = field(default_factory=dict)
    tree: Any = None

    def active(self, facts: dict[str, str], tags: set[str], modes: set[str]) -> bool:
        """Return whether the header matches: at least one line of each key.

        A file with commands but without a mode is active in command mode.
        """
        listened: dict[str, list[str]] = {"mode": []}
        for key, pattern in self.header:
            listened.setdefault(key, []).append(pattern)
        spoken = listened.pop("mode") or (["command"] if self.commands else list(modes))
        if modes.isdisjoint(spoken):
            return False
        return all(
            any(_matches(key, pattern, facts, tags) for pattern in patterns)
            for key, patterns in listened.items()
        )


@dataclass
class TalonList:
    """One `.talon-list` file; `items` maps spoken forms to values."""

    path: Path
    name: str
    items: dict[str, str]


@functools.cache
def parse(text: str) -> Any:
    """Return the tree of `.talon` source; raise FileProblem."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tree_sitter_talon's dependencies warn on import
        import tree_sitter_talon

        try:
            return tree_sitter_talon.parse(text, raise_parse_error=True)
        except tree_sitter_talon.ParseError as problem:
            raise FileProblem(f"does not parse: {problem}") from None


def read_talon_file(path: Path, text: str | None = None) -> TalonFile:
    """Read one `.talon` file, or `text` in its place."""
    tree = parse(path.read_text(encoding="utf-8") if text is None else text)
    file = TalonFile(path, tree=tree)
    for node in nodes(tree):
        match node.type_name:
            case "match":
                file.header.append((node.left.text, node.right.text.strip()))
            case "command_declaration":
                file.commands.append(Command(node.left, node.right))
            case "key_binding_declaration":
                name = node.left.arguments.text.strip()
                file.keys[name] = Command(node.left, node.right)
            case "settings_declaration":
                file.settings.update(_assignments(node.right))
    return file


def read_talon_list(path: Path) -> TalonList:
    """Read one `.talon-list` file."""
    head, separator, body = path.read_text(encoding="utf-8").partition("\n-\n")
    name = re.search(r"^list: *(\S+)$", head, re.MULTILINE)
    if not separator or not name:
        raise FileProblem("has no `list:` line, or no `-` line after it")
    items: dict[str, str] = {}
    for line in body.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            spoken, _, value = (part.strip() for part in line.partition(":"))
            if spoken in items or not SPOKEN.fullmatch(spoken):
                raise FileProblem(f"spoken form {spoken!r} is there twice, or is not only letters")
            items[spoken] = value or spoken
    return TalonList(path, name[1], items)


def nodes(node: Any) -> Iterator[Any]:
    """Yield a node and its descendants in text order."""
    yield node
    below = [
        child
        for name in node.__dataclass_fields__
        for child in _as_list(getattr(node, name))
        if hasattr(child, "type_name")
    ]
    seen: set[int] = set()
    for child in sorted(
        below, key=lambda one: (one.start_position.line, one.start_position.column)
    ):
        if id(child) not in seen:
            seen.add(id(child))
            yield from nodes(child)


def arguments(action: Any) -> list[Any]:
    """Return the arguments of a call, as nodes."""
    args = action.arguments
    if args is None:
        return []
    return [one for one in _as_list(args.children) if one.type_name != "comment"]


def literal(node: Any) -> Any:
    """Return the value of a string, integer or float."""
    if node.type_name == "variable" and node.text in ("true", "false"):
        return node.text == "true"
    if node.type_name == "string":
        return node.text[1:-1]
    return {"integer": int, "float": float}[node.type_name](node.text)


def _assignments(block: Any) -> dict[str, Any]:
    return {
        node.left.text: literal(node.right)
        for node in nodes(block)
        if node.type_name == "assignment_statement"
    }


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _matches(key: str, pattern: str, facts: dict[str, str], tags: set[str]) -> bool:
    if key == "tag":
        return pattern in tags
    fact = facts.get(key, "")
    if pattern.startswith("/"):
        expression, _, flags = pattern[1:].rpartition("/")
        return re.search(expression, fact, re.IGNORECASE if "i" in flags else 0) is not None
    return pattern == fact

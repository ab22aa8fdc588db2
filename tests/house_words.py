"""Finds names and words that the style rules forbid, for `tests/test_house.py`."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

IRREGULAR = frozenset(
    (
        "told",
        "said",
        "given",
        "kept",
        "made",
        "sent",
        "seen",
        "shown",
        "found",
        "held",
        "built",
        "known",
        "spent",
        "left",
    )
)
NOUNS = frozenset(
    (
        "embedding",
        "heading",
        "logging",
        "padding",
        "pricing",
        "rating",
        "routing",
        "setting",
        "string",
    )
)
"""Names that end like a participle and are nouns of the field."""
VERBS = frozenset(
    (
        "bring",
        "embed",
        "feed",
        "need",
        "ping",
        "ring",
        "seed",
        "speed",
    )
)

OLD_WORDS = re.compile(
    r"\b(road|roads|leash|leashed|warden|wardens|seat|desk|hands|rim|told|cure|cures|patience|"
    r"patient|aside|anew|bears|bore|nobody|somebody|whoever|the person|errands|surroundings|"
    r"elsewhere|handover|lessons|seam|rooms)\b",
    re.IGNORECASE,
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
OLD_FIELDS = frozenset(("roads", "cure"))
"""Old names of response fields, sent beside the new ones for this version."""


def functions_of(tree: ast.AST) -> Iterator[Function]:
    """Yield every function and method, without properties, fixtures and dunder methods."""
    for node in ast.walk(tree):
        if isinstance(node, Function) and not node.name.startswith("__") and not _is_noun(node):
            yield node


def bare_participles(paths: Iterable[Path]) -> list[str]:
    """Return `path:line name` for functions named with a participle alone, such as `joined`."""
    return [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in _parse(paths)
        for node in functions_of(tree)
        if is_bare_participle(node.name)
    ]


def is_bare_participle(name: str) -> bool:
    """Tell `_joined`, `told` or `asking` from verbs, nouns and names of several words."""
    word = name.lstrip("_")
    if "_" in word or word in NOUNS | VERBS:
        return False
    return word in IRREGULAR or re.fullmatch(r"[a-z]+(ed|ing)", word) is not None


def repeated_private_names(paths: Iterable[Path], *, most: int) -> dict[str, list[str]]:
    """Return the private function names that stand in more than `most` modules, with these."""
    modules = defaultdict[str, set[str]](set)
    for path, tree in _parse(paths):
        for node in functions_of(tree):
            if node.name.startswith("_"):
                modules[node.name].add(str(path))
    return {name: sorted(where) for name, where in modules.items() if len(where) > most}


def old_words(paths: Iterable[Path]) -> list[str]:
    """Return `path:line word` for words of the old lexicon in names and strings."""
    return [
        f"{path}:{getattr(node, 'lineno', 1)} {match[0]}"
        for path, tree in _parse(paths)
        for node in ast.walk(tree)
        for match in OLD_WORDS.finditer(_words_of(node))
    ]


def old_words_on_page(path: Path) -> list[str]:
    """Return `line word` for words of the old lexicon in a page, but not in `code`."""
    return [
        f"{number} {match[0]}"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for match in OLD_WORDS.finditer(re.sub(r"`[^`]*`", "", line))
    ]


def _words_of(node: ast.AST) -> str:
    if isinstance(node, ast.ClassDef | Function):
        return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", node.name)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "" if node.value in OLD_FIELDS else node.value
    return ""


def _is_noun(node: Function) -> bool:
    decorators = {getattr(d, "id", getattr(d, "attr", "")) for d in node.decorator_list}
    return bool(decorators & {"property", "cached_property", "setter", "fixture", "overload"})


def _parse(paths: Iterable[Path]) -> Iterator[tuple[Path, ast.Module]]:
    for path in paths:
        yield path, ast.parse(path.read_text("utf-8"))

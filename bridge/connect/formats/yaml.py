"""YAML, edited in the text at the places that ruamel.yaml finds.

Its own writer keeps comments, but not quotes, indentation and the spaces in a line.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bridge.connect.data import Item, Path, find_existing, nest_value
from bridge.connect.edit import Splice, Splices
from bridge.connect.refusal import CannotEdit, NotParsable

_PLAIN = re.compile(r"[A-Za-z/][\w./@:-]*[\w/]")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "nan", "y", "n"})
_INDENT = "  "


class YamlFormat:
    """One YAML document of block mappings and lists."""

    name = "YAML"

    def parse(self, text: str) -> Any:
        """Return the values; None for an empty file. Raises NotParsable."""
        try:
            return YAML(typ="safe", pure=True).load(text)
        # It raises other errors for odd numbers and dates, and for brackets nested without end.
        except (YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise NotParsable(" ".join(str(error).split())) from error

    def propose_put(self, text: str, path: Path, value: Any) -> Iterable[Splices]:
        """Replace a value, or add lines behind the last entry of the mapping or list."""
        root = _compose(text)
        if root is None or _is_empty(root):
            before = "" if not text or text.endswith("\n") else "\n"
            body = "\n".join(_format_block(nest_value(path, value), ""))
            yield [Splice(len(text), len(text), f"{before}{body}\n")]
            return
        existing = find_existing(self.parse(text), path)
        node = _find_node(root, path[:existing])
        if _is_empty(node):
            node = _move_to_colon(text, root, path[:existing], node)
        if existing == len(path):
            yield _replace(text, node, value)
            return
        rest = nest_value(path[existing + 1 :], value)
        yield _add_entry(text, node, path[existing], rest)

    def propose_removal(self, text: str, path: Path) -> Iterable[Splices]:
        """Remove the lines of an entry."""
        root = _compose(text)
        if root is None:
            return
        parent = _find_node(root, path[:-1])
        start, end = _find_entry(text, parent, path[-1])
        line_start = text.rfind("\n", 0, start) + 1
        yield [Splice(line_start, min(_find_line_end(text, end) + 1, len(text)), "")]
        # A list whose items stand behind a key on the same line cannot lose its first line.
        yield [Splice(start, end, "")]


def _compose(text: str) -> Node | None:
    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, RecursionError) as error:
        raise NotParsable(str(error)) from error
    return node


def _find_node(node: Node, path: Path) -> Node:
    for step in path:
        node = _find_child(node, step)
    return node


def _find_child(node: Node, step: str | Item) -> Node:
    if isinstance(step, Item):
        return _find_element(node, step)
    for key, value in node.value if isinstance(node, MappingNode) else ():
        if key.value == step:
            return value  # type: ignore[no-any-return]
    raise CannotEdit(f"{step} is not written out in the file")


def _is_empty(node: Node) -> bool:
    return bool(node.start_mark.index == node.end_mark.index)


def _move_to_colon(text: str, root: Node, path: Path, node: Node) -> Node:
    """Return a value that is not written, right behind its key and not behind the comments there.

    Raises CannotEdit.
    """
    parent = _find_node(root, path[:-1])
    for key, value in parent.value if path and isinstance(parent, MappingNode) else ():
        if value is node:
            mark = copy.copy(key.end_mark)
            mark.index = text.index(":", key.end_mark.index) + 1
            return ScalarNode(node.tag, "", mark, mark)
    raise CannotEdit("the value there is empty")


def _find_element(node: Node, item: Item) -> Node:
    for element in node.value if isinstance(node, SequenceNode) else ():
        if isinstance(element, MappingNode) and any(
            key.value == item.key and value.value == item.value for key, value in element.value
        ):
            return element
    raise CannotEdit(f"{item.value} is not written out in the file")


def _find_entry(text: str, parent: Node, step: str | Item) -> tuple[int, int]:
    """Return where the text of a mapping's entry or a list's element begins and ends."""
    if isinstance(step, Item):
        element = _find_element(parent, step)
        dash = text.rfind("-", 0, element.start_mark.index)
        return dash, _find_end(text, element)
    for key, value in parent.value if isinstance(parent, MappingNode) else ():
        if key.value == step:
            colon: int = text.index(":", key.end_mark.index) + 1
            end = colon if _is_empty(value) else _find_end(text, value)
            return key.start_mark.index, end
    raise CannotEdit(f"{step} is not written out in the file")


def _find_end(text: str, node: Node) -> int:
    """Return the end of a node without the blanks and comments behind it."""
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _find_end(text, last[1] if isinstance(last, tuple) else last)
    end: int = node.end_mark.index
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return len(text[:end].rstrip())
    return end


def _find_line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _replace(text: str, node: Node, value: Any) -> Splices:
    start, end = node.start_mark.index, _find_end(text, node)
    if isinstance(value, dict | list) and value:
        raise CannotEdit("a list or a mapping is not replaced")
    blank = " " if start == end and text[start - 1 : start] == ":" else ""
    return [Splice(start, end, blank + _format_flow(value))]


def _add_entry(text: str, node: Node, step: str | Item, value: Any) -> Splices:
    entry: Any = {step: value} if isinstance(step, str) else [value]
    wanted = MappingNode if isinstance(step, str) else SequenceNode
    if _is_nothing(node):
        return _fill_nothing(text, node, entry)
    if not isinstance(node, wanted) or node.flow_style:
        raise CannotEdit("it has a value there that is not written as one line for each entry")
    indent = " " * node.start_mark.column
    at = _find_line_end(text, _find_end(text, node))
    lines = "".join(f"\n{line}" for line in _format_block(entry, indent))
    return [Splice(at, at, lines)]


def _is_nothing(node: Node) -> bool:
    if isinstance(node, MappingNode | SequenceNode):
        return not node.value
    return isinstance(node, ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _fill_nothing(text: str, node: Node, entry: Any) -> Splices:
    """Write the first entry of an empty mapping or list, such as `models: []`."""
    start, end = node.start_mark.index, node.end_mark.index
    line = text[text.rfind("\n", 0, start) + 1 : start]
    indent = line[: len(line) - len(line.lstrip(" "))] + _INDENT
    lines = "".join(f"\n{one}" for one in _format_block(entry, indent))
    if start == end:
        at = _find_line_end(text, start)
        return [Splice(at, at, lines)]
    at = _find_line_end(text, end)
    if text[end:at].strip():
        return [Splice(start, end, ""), Splice(at, at, lines)]
    return [Splice(start - 1 if text[start - 1] == " " else start, end, lines)]


def _format_block(value: Any, indent: str) -> list[str]:
    """Return the lines of a mapping or a list of mappings."""
    lines: list[str] = []
    if isinstance(value, list):
        for element in value:
            first, *others = _format_block(element, indent + _INDENT)
            lines += [f"{indent}- {first.lstrip()}", *others]
        return lines
    for key, one in value.items():
        if isinstance(one, dict) or (isinstance(one, list) and one and isinstance(one[0], dict)):
            lines += [f"{indent}{_format_flow(key)}:", *_format_block(one, indent + _INDENT)]
        else:
            lines.append(f"{indent}{_format_flow(key)}: {_format_flow(one)}")
    return lines


def _format_flow(value: Any) -> str:
    """Return a value on one line; JSON is YAML, too."""
    if isinstance(value, list):
        return f"[{', '.join(map(_format_flow, value))}]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)

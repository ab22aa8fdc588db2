"""JSON with comments, edited in the text, so that everything else stays byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from bridge.connect.data import Item, Path, find_existing, find_item, nest_value
from bridge.connect.edit import Splice, Splices
from bridge.connect.formats.json_syntax import Member, Node, parse_nodes, skip_blank
from bridge.connect.refusal import CannotEdit

_INDENT = "  "


class JsonFormat:
    """JSON; comments and trailing commas are accepted, and stay."""

    name = "JSON"

    def parse(self, text: str) -> Any:
        """Return the value, or None for an empty file. Raises NotParsable."""
        node = parse_nodes(text)
        return None if node is None else node.value

    def propose_put(self, text: str, path: Path, value: Any) -> Iterable[Splices]:
        """Replace a value, or insert a member behind the last one."""
        root = parse_nodes(text)
        if root is None:
            body = json.dumps(nest_value(path, value), indent=_INDENT, ensure_ascii=False)
            before = "" if not text or text.endswith("\n") else "\n"
            yield [Splice(len(text), len(text), f"{before}{body}\n")]
            return
        existing = find_existing(root.value, path)
        node = _find_node(root, path[:existing])
        if existing == len(path):
            new = _dump(value, _find_indent(text, node.start), is_inline=False)
            yield [Splice(node.start, node.end, new)]
            return
        step, rest = path[existing], path[existing + 1 :]
        key = step if isinstance(step, str) else None
        if node.kind != ("array" if key is None else "object"):
            raise CannotEdit("something else is in that place")
        yield _insert_member(text, node, key, nest_value(rest, value))

    def propose_removal(self, text: str, path: Path) -> Iterable[Splices]:
        """Remove a member with its comma and, if it was alone there, its lines."""
        root = parse_nodes(text)
        if root is None:
            return
        parent = _find_node(root, path[:-1])
        index = _find_member(parent, path[-1])
        yield _remove_member(text, parent, index)


def _find_node(node: Node, path: Path) -> Node:
    for step in path:
        node = node.members[_find_member(node, step)].node
    return node


def _find_member(node: Node, step: str | Item) -> int:
    if isinstance(step, Item):
        index = find_item(node.value, step)
        if index is None:
            raise CannotEdit(f"{step.value} is not in the list")
        return index
    return next(index for index, member in enumerate(node.members) if member.key == step)


def _insert_member(text: str, node: Node, key: str | None, value: Any) -> Splices:
    if not node.members:
        return _fill_empty(text, node, key, value)
    first, last = node.members[0], node.members[-1]
    is_inline = "\n" not in text[node.start : first.start]
    if is_inline:
        at = last.node.end
        member = _format_member(key, value, "", is_inline=True)
        if last.comma is not None:
            return [Splice(last.comma + 1, last.comma + 1, f" {member},")]
        return [Splice(at, at, f", {member}")]
    indent = _find_indent(text, first.start)
    member = f"\n{indent}{_format_member(key, value, indent, is_inline=False)}"
    comma, end = last.comma, last.node.end if last.comma is None else last.comma + 1
    # A comment on the same line belongs to the last member.
    at = _find_line_end(text, end)
    if comma is not None:
        return [Splice(at, at, f"{member},")]
    if at == end:
        return [Splice(end, end, f",{member}")]
    return [Splice(end, end, ","), Splice(at, at, member)]


def _fill_empty(text: str, node: Node, key: str | None, value: Any) -> Splices:
    outer = _find_indent(text, node.start)
    indent = outer + _INDENT
    member = f"\n{indent}{_format_member(key, value, indent, is_inline=False)}"
    at = node.start + 1
    inner = text[at : node.end - 1]
    if not inner.strip():
        return [Splice(at, node.end - 1, f"{member}\n{outer}")]
    # Only comments are in it; a comment to the end of the line needs its line break.
    return [Splice(at, at, f"{member}\n{indent}" if inner[0] not in "\n\r" else member)]


def _format_member(key: str | None, value: Any, indent: str, *, is_inline: bool) -> str:
    body = _dump(value, indent, is_inline=is_inline)
    return body if key is None else f"{json.dumps(key, ensure_ascii=False)}: {body}"


def _dump(value: Any, indent: str, *, is_inline: bool) -> str:
    if is_inline:
        return json.dumps(value, ensure_ascii=False)
    step = "\t" if indent.startswith("\t") else _INDENT
    body = json.dumps(value, indent=step, ensure_ascii=False)
    return body.replace("\n", f"\n{indent}")


def _find_indent(text: str, at: int) -> str:
    """Return the blanks at the beginning of the line."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _find_line_end(text: str, at: int) -> int:
    """Return the end of the comments that follow on the same line, or `at` if none does."""
    blank_end = skip_blank(text, at)
    line_end = text.find("\n", at, blank_end)
    if line_end < 0:
        line_end = blank_end
    rest = text[at:line_end]
    # A comment that continues on other lines is no comment on this one.
    if not rest.strip() or skip_blank(rest, 0) != len(rest):
        return at
    return line_end


def _remove_member(text: str, parent: Node, index: int) -> Splices:
    member = parent.members[index]
    start, end = member.start, member.node.end
    splices: list[Splice] = []
    if member.comma is not None:
        between = text[end : member.comma]
        if not between.strip():
            end = member.comma + 1
        else:
            splices.append(Splice(member.comma, member.comma + 1, ""))
    elif index:
        # The comma before it would be a trailing one, which strict programs refuse.
        comma = _get_comma(parent.members[index - 1])
        if not text[comma + 1 : start].strip():
            return [Splice(comma, end, "")]
        splices.append(Splice(comma, comma + 1, ""))
    line_start = text.rfind("\n", 0, start)
    line_end = text.find("\n", end)
    if (
        line_start >= 0
        and line_end >= 0
        and not text[line_start:start].strip()
        and not text[end:line_end].strip()
    ):
        start, end = line_start, line_end
    return [*splices, Splice(start, end, "")]


def _get_comma(member: Member) -> int:
    if member.comma is None:
        raise CannotEdit("a comma is missing")
    return member.comma

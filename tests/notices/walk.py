"""Finds every notice that the bridge's code can give, as a template with `{}` for what varies.

A notice is a text that is

- added or appended to something named `notices`,
- assigned to a name that contains `notice`,
- yielded or returned by a function whose name or docstring says that it gives notices,
- in the second argument of `ResolvedModel`.

Names, constants and functions of the same module are followed to the texts that they stand for.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import bridge

ROOT = Path(bridge.__file__).parent
_PARAMETERS = {
    ("translate/chat/thinking.py", "blocked"): (
        "translate/chat/request.py",
        "_find_thinking_blocker",
    ),
    ("translate/responses/tool_list.py", "reason"): (
        "translate/responses/client_tools.py",
        "explain_no_client_tool",
    ),
}
"""Variables whose texts come from a function of another module."""

_GIVES = re.compile(r"[Rr]eturn (?:a|the) notice")

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def list_notices() -> Mapping[str, str]:
    """Return the module of each notice, by the notice's template."""
    return {
        template: str(path.relative_to(ROOT))
        for path in sorted(ROOT.rglob("*.py"))
        for template in _Module(path).list_notices()
    }


def as_pattern(template: str) -> re.Pattern[str]:
    return re.compile(".+?".join(map(re.escape, template.split("{}"))))


@dataclass
class _Module:
    path: Path
    tree: ast.Module = field(init=False)
    functions: dict[str, _Function] = field(init=False)
    constants: dict[str, ast.expr] = field(init=False)

    def __post_init__(self) -> None:
        self.tree = ast.parse(self.path.read_text(encoding="utf-8"))
        nodes = ast.walk(self.tree)
        self.functions = {node.name: node for node in nodes if isinstance(node, _Function)}
        self.constants = _list_assigned(self.tree.body)

    def list_notices(self) -> Iterator[str]:
        # Not by name: two classes of a module may have methods of one name.
        for function in (node for node in ast.walk(self.tree) if isinstance(node, _Function)):
            scope = _Scope(self, _list_assigned(ast.walk(function)))
            for node in _find_notices(function):
                yield from scope.expand(node)


def _list_assigned(nodes: Iterator[ast.AST] | list[ast.stmt]) -> dict[str, ast.expr]:
    assigned: dict[str, ast.expr] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            assigned[node.target.id] = node.value
    return assigned


def _find_notices(function: _Function) -> Iterator[ast.expr]:
    gives = "notices" in function.name or _GIVES.search(ast.get_docstring(function) or "")
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(attr="add" | "append", value=to), args=[text]):
                if ast.unparse(to).endswith("notices"):
                    yield text
            case ast.Call(func=ast.Name("ResolvedModel"), args=[_, ast.Tuple(elts=texts)]):
                yield from texts
            case ast.Assign(targets=[ast.Name(name)], value=value) if "notice" in name:
                yield from value.elts if isinstance(value, ast.Tuple) else [value]
            case ast.Yield(value=text) | ast.Return(value=text) if gives and text is not None:
                yield text
            case _:
                pass


@dataclass(frozen=True)
class _Scope:
    module: _Module
    variables: Mapping[str, ast.expr]

    def expand(self, node: ast.expr) -> list[str]:
        """Return the templates of a text; none of an expression that is no text."""
        return [text for text in self._expand(node, 0) if text.strip("{}")]

    def _expand(self, node: ast.expr, depth: int) -> list[str]:
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.Constant():
                return []
            case ast.JoinedStr(values=parts):
                return self._join(parts, depth)
            case ast.BinOp(left=left, right=right):
                return self._join([left, right], depth)
            case ast.IfExp(body=body, orelse=orelse):
                return [*self._expand(body, depth), *self._expand(orelse, depth)]
            case ast.FormattedValue(value=value):
                return self._expand(value, depth) or ["{}"]
            case ast.Name(id=name) if depth < 4:
                return self._expand_name(name, depth + 1)
            case ast.Call(func=ast.Name(id=name)) if name in self.module.functions:
                return _list_returned(self.module, name)
            case ast.Call(func=ast.Attribute(attr="get", value=ast.Name(table)), args=[_, default]):
                return [*self._list_values(table), *self._expand(default, depth)]
            case _:
                return ["{}"]

    def _join(self, parts: list[ast.expr], depth: int) -> list[str]:
        if len(parts) > 2 and (table := self._find_table(parts)):
            # The name of the field is the key of its reason.
            return table
        expanded = [self._expand(part, depth) for part in parts]
        return ["".join(texts) for texts in itertools.product(*expanded)]

    def _find_table(self, parts: list[ast.expr]) -> list[str]:
        """Expand `{name} ignored: {TABLE.get(name, default)}` to a text for each key."""
        *before, last = parts
        match last:
            case ast.FormattedValue(
                ast.Call(ast.Attribute(ast.Name(table), "get"), [_, default])
            ) if isinstance(self.module.constants.get(table), ast.Dict):
                pairs = [*self._list_pairs(table), ("{}", self._expand(default, 0)[0])]
                around = "".join(self._expand(part, 0)[0] for part in before)
                return [around.replace("{}", key, 1) + value for key, value in pairs]
            case _:
                return []

    def _list_pairs(self, table: str) -> list[tuple[str, str]]:
        node = self.module.constants[table]
        pairs: dict[str, str] = ast.literal_eval(node)
        return list(pairs.items())

    def _list_values(self, table: str) -> list[str]:
        known = isinstance(self.module.constants.get(table), ast.Dict)
        return [value for _, value in self._list_pairs(table)] if known else ["{}"]

    def _expand_name(self, name: str, depth: int) -> list[str]:
        place = str(self.module.path.relative_to(ROOT))
        if (place, name) in _PARAMETERS:
            module, function = _PARAMETERS[place, name]
            return _list_returned(_Module(ROOT / module), function)
        node = self.variables.get(name) or self.module.constants.get(name)
        return ["{}"] if node is None else self._expand(node, depth)


def _list_returned(module: _Module, name: str) -> list[str]:
    """Return the texts that a function returns."""
    function = module.functions[name]
    scope = _Scope(module, _list_assigned(ast.walk(function)))
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    return [text for node in returned if node is not None for text in scope.expand(node)] or ["{}"]

"""Builds the table of what a message can have the fake upstream answer."""

from __future__ import annotations

import ast
import inspect
import textwrap

from tests.docs.markdown import build_table
from tests.fake_anthropic.directive import Directive


def build_directives() -> str:
    """List the keys of a directive, with their types and the comments behind them."""
    (kind,) = ast.parse(textwrap.dedent(inspect.getsource(Directive))).body
    assert isinstance(kind, ast.ClassDef)
    rows: list[list[str]] = []
    for part in kind.body:
        if isinstance(part, ast.AnnAssign):
            rows.append([f"`{ast.unparse(part.target)}`", f"`{ast.unparse(part.annotation)}`", ""])
        elif rows and isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant):
            rows[-1][2] = str(part.value.value)
    return build_table(("Key", "Type", "Meaning"), rows)
